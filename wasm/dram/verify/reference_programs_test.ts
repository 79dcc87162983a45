import { equal } from "node:assert/strict";
import { createHash } from "node:crypto";
import { type ProgramOptions, referenceProgram } from "./reference_programs.ts";

const SMALL: ProgramOptions = {
  pim: "bank",
  heads: 3,
  headDim: 128,
  elementBytes: 2,
  contextTokens: 257,
  keptTokens: 257,
  partitionTokens: 4096,
  clustering: false,
};

/** SHA-256 of the text trace, as the published generators write it. */
function sha256(options: ProgramOptions): string {
  const hash = createHash("sha256");
  for (const { op, address } of referenceProgram(options)) {
    hash.update(`${op} 0x${address.toString(16).padStart(8, "0")}\n`);
  }
  return hash.digest("hex");
}

const STARC = { ...SMALL, partitionTokens: 409600 };

const PUBLISHED: Record<string, [options: ProgramOptions, sha256: string]> = {
  "bank, one iteration": [
    SMALL,
    "97fa3feb96bf76975695ddb5c05831bfd2aa60b629606047f2b84933abf0a456",
  ],
  "bank group, one iteration": [
    { ...SMALL, pim: "bankgroup" },
    "5956ff9e5a0f6f91e591cabb0f9b720123fd4729762ee734c0f33a7697995de9",
  ],
  "buffer, one iteration": [
    { ...SMALL, pim: "buffer" },
    "f63f2b128c7d8a2df56f5aa3ce26610e5121553b9a02fba52792192d9bfd016f",
  ],
  "bank, a pair and a last iteration": [
    { ...SMALL, heads: 39, headDim: 160, elementBytes: 1, contextTokens: 512, keptTokens: 512 },
    "e8e4296f3c6a27026e19c2eeda76a4c5a7f27d676c51147bf2e8c4c269368be5",
  ],
  "STARC, budget, a pair and a last iteration": [
    { ...STARC, heads: 39, contextTokens: 2049, keptTokens: 1024 },
    "f530f9042e3a745ca6ec4404a6ca657fb3d7ac0f6c8dd57930ec7fe502294a21",
  ],
  "STARC, clustering": [
    { ...STARC, contextTokens: 300, keptTokens: 160, clustering: true },
    "0fef88c7942c565ee7c2752e9a09fefe4a93a3dc79bd0cddc8c4ed8b3033680d",
  ],
};

for (const [name, [options, expected]] of Object.entries(PUBLISHED)) {
  Deno.test(`the program is the published generator's: ${name}`, () => {
    equal(sha256(options), expected);
  });
}
