import { Option } from "commander";
import { readFileSync } from "node:fs";
import { errorWords } from "../../../core/files/error_words.ts";
import { UserError } from "../user_error.ts";

/** What a policy was calibrated to. */
export function calibrationOption(): Option {
  return new Option(
    "--calibration <file>",
    "what the layer is calibrated to, where a policy asks for it: the bytes its README describes",
  );
}

/**
 * Reads the file, if one is named.
 *
 * @throws {UserError} when it cannot be read
 */
export function readCalibration(path: string | undefined): { calibration?: Uint8Array } {
  if (path === undefined) return {};
  try {
    return { calibration: readFileSync(path) };
  } catch (error) {
    throw new UserError(
      `--calibration: expected a file but found ${path}: ${errorWords(error, "reason")}`,
    );
  }
}
