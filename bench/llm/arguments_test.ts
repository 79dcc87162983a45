import { deepEqual } from "node:assert/strict";
import { fileURLToPath } from "node:url";

async function runBench(name: string, ...args: string[]) {
  const bench = fileURLToPath(new URL(name, import.meta.url));
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "-A", "-q", bench, ...args] });
  const { code, stdout, stderr } = await command.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, out, err };
}

const CHOICES = "expected one of tiny, policies, long, 1b, memory but found";
const FORMATS = "expected one of int4, int8, fp32 but found";
const REFUSED = [
  ["decode_bench.ts", ["memroy"], `${CHOICES} memroy`],
  ["memory_probe.ts", [], "expected one of 1b, 8b but found none"],
  ["memory_probe.ts", ["1b", "int2"], `${FORMATS} int2`],
  ["memory_probe.ts", ["8b"], `${FORMATS} none`],
] as const;

for (const [bench, args, message] of REFUSED) {
  Deno.test(`${[bench, ...args].join(" ")} is refused in one line`, async () => {
    deepEqual(await runBench(bench, ...args), { code: 2, out: "", err: `${message}\n` });
  });
}
