import * as ort from "onnxruntime-node";
import { mappingLargeBlocks, returnFreeMemory } from "../free_memory.ts";
import { releaseBuffer } from "../release_buffer.ts";
import type { DataType, OnnxModel } from "./onnx_graph.ts";
import { ProviderError } from "./provider_error.ts";

/** Where segments run: the CPU, or an NVIDIA GPU if the installed ONNX Runtime has it. */
export type ExecutionProvider = "cpu" | "cuda";

/** How segments run. */
export interface SessionOptions {
  readonly provider: ExecutionProvider;
  /** Threads of one operator. */
  readonly threads: number;
}

/** An input: its elements and shape. */
export interface Feed {
  readonly data: Float32Array | Uint8Array;
  readonly dims: readonly number[];
}

/** A model loaded into ONNX Runtime. */
export class SegmentSession {
  private constructor(private readonly session: ort.InferenceSession) {}

  /**
   * Loads a model. ONNX Runtime copies the weights; the model's own are released.
   *
   * @throws {ProviderError} when ONNX Runtime lacks the provider
   */
  static async load(model: OnnxModel, options: SessionOptions): Promise<SegmentSession> {
    const { provider, threads } = options;
    const session = await createSession(provider, model.bytes, {
      executionProviders: [provider],
      externalData: [...model.weights],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
      // Each session would keep an arena of its own; activations are better given back.
      enableCpuMemArena: false,
      enableMemPattern: false,
      extra: {
        session: {
          use_device_allocator_for_initializers: "1",
          // Each session has threads of its own; those that spin take the cores from the others.
          intra_op: { allow_spinning: "0" },
        },
      },
    });
    for (const { data } of model.weights) releaseBuffer(data);
    returnFreeMemory();
    return new SegmentSession(session);
  }

  /** Runs the model and gives the outputs asked for. */
  async run<Output extends string>(
    feeds: Readonly<Record<string, Feed>>,
    outputs: readonly Output[],
  ): Promise<Record<Output, Float32Array>> {
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, feed]) => [name, tensor(feed)]),
    );
    const results = await this.session.run(tensors, [...outputs]);
    return Object.fromEntries(
      outputs.map((name) => [name, results[name]!.data]),
    ) as Record<Output, Float32Array>;
  }

  /** Lets go of the model and its memory. */
  release(): Promise<void> {
    return this.session.release();
  }
}

// What goes wrong comes as an exception; the library would write it to the terminal beside.
ort.env.logLevel = "fatal";

/** A provider other than the CPU is a matter of how ONNX Runtime was installed. */
async function createSession(
  provider: ExecutionProvider,
  bytes: Uint8Array,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  try {
    return await mappingLargeBlocks(() => ort.InferenceSession.create(bytes, options));
  } catch (error) {
    if (provider === "cpu") throw error;
    const [found] = String(error instanceof Error ? error.message : error).split("\n");
    throw new ProviderError(
      `Expected an execution provider that ONNX Runtime has here (cpu) but found ${provider}: ` +
        found,
    );
  }
}

/** Bytes are masks; everything else is float32. */
function tensor({ data, dims }: Feed): ort.Tensor {
  const type: DataType = data instanceof Uint8Array ? "bool" : "float32";
  return new ort.Tensor(type, data, [...dims]);
}
