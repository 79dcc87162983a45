import { type BasicType, parquetWriteBuffer } from "hyparquet-writer";
import type { Json } from "./canonical_json.ts";
import { type SweepTable, tableColumns } from "./sweep_table.ts";

/** The table as Parquet: numbers, truth values and text; other values as JSON text. */
export function sweepParquet(table: SweepTable): Uint8Array<ArrayBuffer> {
  const columnData = tableColumns(table).map(({ name, values }) => {
    const type = typeOf(values);
    return { name, type, nullable: true, data: values.map((value) => valueAs(type, value)) };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

function typeOf(values: readonly (Json | undefined)[]): BasicType {
  const kinds = new Set(
    values.filter((value) => value !== null && value !== undefined).map((value) => typeof value),
  );
  if (kinds.size !== 1) return "STRING";
  if (kinds.has("number")) return "DOUBLE";
  return kinds.has("boolean") ? "BOOLEAN" : "STRING";
}

function valueAs(type: BasicType, value: Json | undefined): Json {
  if (value === undefined || value === null) return null;
  return type !== "STRING" || typeof value === "string" ? value : JSON.stringify(value);
}
