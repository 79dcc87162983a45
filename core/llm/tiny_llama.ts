import { fileURLToPath } from "node:url";

/**
 * Directory of the checkpoint that comes with this repository: a small model that was really
 * trained, and no measure of how larger ones fare. Its README says what it is.
 */
export const tinyLlama: string = fileURLToPath(new URL("tiny-llama/", import.meta.url));
