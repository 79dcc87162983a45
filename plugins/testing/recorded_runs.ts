/**
 * For tests only: what the authors' code was given and answered, as files of this repository.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/** A number, or lists of them in lists. */
type Nested = number | Nested[];

/**
 * The runs of a file. A list of numbers is one string there; numbers under some names are multiples
 * of 1/1024 and stand as whole ones.
 */
export function recordedRuns<Run>(file: URL, in1024ths: readonly string[]): Run[] {
  return JSON.parse(readFileSync(file, "utf8"), (name, value) => {
    if (typeof value === "string") return value.split(" ").map(Number);
    return in1024ths.includes(name) ? from1024ths(value) : value;
  });
}

function from1024ths(value: Nested): Nested {
  return Array.isArray(value) ? value.map(from1024ths) : value / 1024;
}
