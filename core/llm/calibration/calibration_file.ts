/**
 * Calibration files: safetensors that hold, for each policy that is calibrated, one tensor a layer
 * by the name `POLICY.layers.N`, N from 0. A tensor's bytes are what the policy is handed for the
 * layer, whatever their type says.
 *
 * @module
 */
import { CheckpointError } from "../checkpoint_error.ts";
import { RandomAccessFile } from "../random_access_file.ts";
import { safetensorsEntries } from "../safetensors.ts";

/** Name of the tensor of a policy for a layer. */
export function tensorName(policy: string, layer: number): string {
  return `${policy}.layers.${layer}`;
}

/**
 * Reads what a policy was calibrated to.
 *
 * @param policy the name it describes itself by
 * @returns for each layer its bytes
 * @throws {CheckpointError} when there is no such file, it is damaged, or has nothing for a layer
 */
export function readCalibration(path: string, policy: string, layers: number): Uint8Array[] {
  using file = RandomAccessFile.open(path);
  const entries = safetensorsEntries(file);
  return Array.from({ length: layers }, (_, layer) => {
    const name = tensorName(policy, layer);
    const entry = entries.get(name);
    if (entry) return file.read(entry.byteOffset, entry.bytes);
    const policies = new Set(
      Array.from(entries.keys(), (key) => key.replace(/\.layers\.\d+$/, "")),
    );
    const found = entries.has(tensorName(policy, 0))
      ? `${layer} layers of ${policy}`
      : `none of ${policy}: it is for ${[...policies].join(", ") || "nobody"}`;
    throw new CheckpointError(path, "", `a tensor ${name}`, found);
  });
}
