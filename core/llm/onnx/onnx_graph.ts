/**
 * Writes ONNX models: enough of the format (onnx.proto) for graphs that infer.
 *
 * @module
 */
import { ProtobufWriter } from "./protobuf_writer.ts";

/** Element types, by the numbers of `TensorProto.DataType`. */
const DATA_TYPES = { float32: 1, uint8: 2, int64: 7, bool: 9 } as const;

/** An element type of ONNX. */
export type DataType = keyof typeof DATA_TYPES;

/** A size, or the name of one that varies from run to run. */
export type Dimension = number | string;

/** An attribute; what fraction a number has decides nothing, so floats say what they are. */
export type Attribute = number | readonly number[] | { readonly float: number };

/** Bytes of weights that the model refers to by path. */
export interface ExternalData {
  readonly path: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** A model without its weights, and these. */
export interface OnnxModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly weights: readonly ExternalData[];
}

/** ONNX version of the models, whose operators include RMSNormalization and Attention. */
const OPERATOR_SET = 23;
const IR_VERSION = 10;
const MICROSOFT = "com.microsoft";
/** `TensorProto.DataLocation.EXTERNAL`. */
const EXTERNAL = 1;

/** A graph under construction. Values are known by name. */
export class OnnxGraph {
  readonly #graph = new ProtobufWriter();
  readonly #weights: ExternalData[] = [];
  #names = 0;

  /** Declares an input and gives its name. */
  input(name: string, dims: readonly Dimension[], type: DataType = "float32"): string {
    this.#graph.message(11, valueInfo(name, type, dims));
    return name;
  }

  /** Declares a value to be an output called `name`. */
  output(name: string, value: string, dims: readonly Dimension[]) {
    this.#node("Identity", [value], [name], {}, "");
    this.#graph.message(12, valueInfo(name, "float32", dims));
  }

  /** Adds a node with one output and gives that. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string {
    const name = this.#name();
    this.#node(operator, inputs, [name], attributes, "");
    return name;
  }

  /** Adds a node of ONNX Runtime's own operators. */
  microsoftNode(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
  ): string {
    const name = this.#name();
    this.#node(operator, inputs, [name], attributes, MICROSOFT);
    return name;
  }

  /** Cuts the last axis into pieces of the given sizes. */
  split(value: string, sizes: readonly number[]): string[] {
    const names = sizes.map(() => this.#name());
    this.#node("Split", [value, this.integers(sizes)], names, { axis: -1 }, "");
    return names;
  }

  /** A one-dimensional constant of whole numbers, as shapes are. */
  integers(values: readonly number[]): string {
    const name = this.#name();
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    const tensor = tensorHead(name, "int64", [values.length]).bytes(9, data);
    this.#graph.message(5, tensor);
    return name;
  }

  /** A weight. Its data is not copied. */
  weight(type: DataType, dims: readonly number[], data: ArrayBufferView<ArrayBuffer>): string {
    const name = this.#name();
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#weights.push({ path: name, data: bytes });
    const tensor = tensorHead(name, type, dims)
      .message(13, entry("location", name))
      .message(13, entry("offset", "0"))
      .message(13, entry("length", String(bytes.length)))
      .integer(14, EXTERNAL);
    this.#graph.message(5, tensor);
    return name;
  }

  /** The finished model. */
  finish(): OnnxModel {
    const operators = (domain: string, version: number) =>
      new ProtobufWriter().text(1, domain).integer(2, version);
    const bytes = new ProtobufWriter()
      .integer(1, IR_VERSION)
      .text(2, "kvpim")
      .message(7, this.#graph.text(2, "segment"))
      .message(8, operators("", OPERATOR_SET))
      .message(8, operators(MICROSOFT, 1))
      .finish();
    return { bytes, weights: this.#weights };
  }

  #name(): string {
    return `v${this.#names++}`;
  }

  #node(
    operator: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    domain: string,
  ) {
    const node = new ProtobufWriter();
    for (const input of inputs) node.text(1, input);
    for (const output of outputs) node.text(2, output);
    node.text(4, operator).text(7, domain);
    for (const [name, value] of Object.entries(attributes)) node.message(5, attribute(name, value));
    this.#graph.message(1, node);
  }
}

/** `AttributeProto.AttributeType`: FLOAT 1, INT 2, INTS 7. */
function attribute(name: string, value: Attribute): ProtobufWriter {
  const writer = new ProtobufWriter().text(1, name);
  if (typeof value === "number") return writer.integer(3, value).integer(20, 2);
  if ("float" in value) return writer.float(2, value.float).integer(20, 1);
  for (const item of value) writer.integer(8, item);
  return writer.integer(20, 7);
}

function tensorHead(name: string, type: DataType, dims: readonly number[]): ProtobufWriter {
  const tensor = new ProtobufWriter();
  for (const size of dims) tensor.integer(1, size);
  return tensor.integer(2, DATA_TYPES[type]).text(8, name);
}

function entry(key: string, value: string): ProtobufWriter {
  return new ProtobufWriter().text(1, key).text(2, value);
}

function valueInfo(name: string, type: DataType, dims: readonly Dimension[]): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const size of dims) {
    const dimension = new ProtobufWriter();
    shape.message(
      1,
      typeof size === "number" ? dimension.integer(1, size) : dimension.text(2, size),
    );
  }
  const tensor = new ProtobufWriter().integer(1, DATA_TYPES[type]).message(2, shape);
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensor));
}
