import { deepEqual, equal, match, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { MEMORY_CHECKS } from "../../../core/conformance/memory_checks.ts";
import { POLICY_CHECKS } from "../../../core/conformance/policy_checks.ts";
import { builtComponent } from "../../../wasm/sdk/build_cache.ts";
import { filesIn, inFolder, kvpim, kvpimProcess } from "../testing.ts";

const HOSTILE = new URL("../../../wasm/sdk/testdata/hostile/", import.meta.url);

const plugin = (...args: string[]) => kvpim(["plugin", ...args]);

async function refuses(args: string[], message: RegExp) {
  const { code, out, err } = await plugin(...args);
  deepEqual([code, out], [2, ""], err);
  match(err, message);
  equal(err.split("\n").length, 2, `one line: ${err}`);
}

Deno.test(
  "from an empty folder to a component that passes, is inspected and compared",
  inFolder(async (folder) => {
    const made = await plugin("new", "my-idea", "--into", folder);
    equal(made.code, 0, made.err);
    const mine = `${folder}/my-idea`;
    deepEqual(filesIn(mine), ["README.md", "my_idea.ts", "plugin.json"]);
    const component = `${folder}/mine.wasm`;
    const built = await plugin("build", mine, "--output", component);
    match(built.out, /mine\.wasm: \d+ bytes, SHA-256 [0-9a-f]{64}\n$/);

    const { code, out, err } = await plugin("test", component);
    equal(code, 0, err + out);
    equal(out.split("\n").length - 1, POLICY_CHECKS.length);
    ok(out.trimEnd().split("\n").every((line) => line.startsWith("ok ")));

    const inspected = await plugin("inspect", component);
    match(inspected.out, /^imports +nothing$/m);
    match(inspected.out, /^exports +kvpim:policy\/policy@0\.1\.0$/m);
    match(inspected.out, /^runs as +policy$/m);
    const { sha256 } = JSON.parse((await plugin("inspect", component, "--json")).out);
    ok(built.out.includes(sha256));

    const layer = ["--context", "300", "--budget", "32", "--steps", "2", "--head-dim", "64"];
    // A plugin may have the name of a built-in one, as a changed copy of it does.
    const copy = `${folder}/oracle-topk.wasm`;
    Deno.copyFileSync(component, copy);
    const mineFirst = [`${component}:sink-tokens=8`, "oracle-topk", copy];
    const bench = await plugin("bench", ...mineFirst, ...layer);
    equal(bench.code, 0, bench.err);
    match(
      bench.out,
      /mine\.wasm:sink-tokens=8 +[\d.]+ +[\d.]+ +0\.\d+ +32\.0 +[23]\.\d+ +[23]\.\d+ +0$/m,
    );
    match(bench.out, /^oracle-topk +[\d.]+ +[\d.]+ +1\.0000 +32\.0 /m);
    match(bench.out, /^\S+\/oracle-topk\.wasm +[\d.]+ +[\d.]+ +0\.\d+ +32\.0 /m);
  }),
);

Deno.test(
  "from an empty folder to a memory that passes, is inspected and compared",
  inFolder(async (folder) => {
    const made = await plugin("new", "my-stack", "--kind", "memory", "--into", folder);
    equal(made.code, 0, made.err);
    const mine = `${folder}/my-stack`;
    deepEqual(filesIn(mine), ["README.md", "my_stack.ts", "plugin.json"]);
    const component = `${folder}/mine.wasm`;
    await plugin("build", mine, "--output", component);

    const { code, out, err } = await plugin("test", component);
    equal(code, 0, err + out);
    equal(out.split("\n").length - 1, MEMORY_CHECKS.length);
    ok(out.trimEnd().split("\n").every((line) => line.startsWith("ok ")));
    match(
      out,
      /; declined: clustering of the whole context, clustering of windows, metadata reads$/m,
    );

    const inspected = await plugin("inspect", component);
    match(inspected.out, /^exports +kvpim:memory\/memory@0\.1\.0$/m);
    match(inspected.out, /^runs as +memory$/m);

    const layer = ["--context", "300", "--budget", "32"];
    const bench = await plugin("bench", component, "hbm3-pim-bank", ...layer);
    equal(bench.code, 0, bench.err);
    match(bench.out, /^tokens read +memory \(level\) +cycles +ns +MACs +activation, nJ /);
    match(bench.out, /^all 300 +\S*mine\.wasm \(bank\) +1760 +1320\.0 +2432 /m);
    match(bench.out, /^32 here and there +\S*mine\.wasm/m);
    match(bench.out, /^ +hbm3-pim-bank \(bank\) +\d+ +[\d.]+ +\d+ /m);
    const unlimited = await plugin("bench", component, ...layer, "--power", "unlimited", "--json");
    const { measured } = JSON.parse(unlimited.out);
    equal(measured.length, 4);
    equal(measured[0].cost.cycles, 1760 - 2 * 2432 / 8);
  }),
);

Deno.test(
  "a policy whose answers depend on how the prompt is cut fails that test and no other",
  inFolder(async (folder) => {
    await plugin("new", "my-idea", "--into", folder);
    const source = `${folder}/my-idea/my_idea.ts`;
    const text = Deno.readTextFileSync(source);
    const changed = text.replace(
      "this.length += <i32> tokens.count;\n    return done();",
      "this.length += <i32> tokens.count;\n    this.sinkTokens++;\n    return done();",
    );
    ok(changed !== text);
    Deno.writeTextFileSync(source, changed);
    const { code, out, err } = await plugin("test", `${folder}/my-idea`);
    equal(code, 1);
    match(err, /^kvpim: .*my-idea: expected all tests to pass but 1 failed\n$/);
    const failed = out.split("\n").filter((line) => line.startsWith("FAILED"));
    equal(failed.length, 1);
    match(failed[0]!, /however the prompt is cut .*given as 1 \+ 150, to be the same but found/);
  }),
);

Deno.test(
  "each misdeed is told in the line of the test it fails",
  inFolder(async (folder) => {
    const hostile = `${folder}/hostile.wasm`;
    await Deno.writeFile(hostile, await builtComponent(HOSTILE));
    const expected = [
      ["over-budget", /keeps to its budget.*broke the contract: Expected at most/],
      [
        "repeat-token",
        /the same for the same seed.*broke the contract: Expected each of the visible tokens once/,
      ],
      ["trap", /keeps to its budget.*trapped \(unreachable\)/],
      ["nan-bias", /bears NaN.*broke the contract/],
    ] as const;
    for (const [deed, message] of expected) {
      const { code, out } = await plugin("test", `${hostile}:deed=${deed}`);
      equal(code, 1, deed);
      match(out, message);
      match(out, /^ok +describes itself/m);
    }
  }),
);

Deno.test("without clang, a plugin in C is refused in one line that says what to install", async () => {
  const template = new URL("../../../wasm/sdk/templates/policy/c", import.meta.url);
  const args = ["plugin", "build", fileURLToPath(template), "--output", "unused.wasm"];
  const { code, stderr } = await kvpimProcess(args, { PATH: "" }).output();
  const err = new TextDecoder().decode(stderr);
  deepEqual([code, err.split("\n").length], [2, 2], err);
  match(err, /expected clang and wasm-ld on the path, .* but found them absent \(Debian: apt-get /);
});

Deno.test(
  "what is no plugin is refused in one line",
  inFolder(async (folder) => {
    await plugin("new", "my-idea", "--into", folder);
    await refuses(
      ["new", "My_Idea"],
      /<name>: expected a kebab-case name .*, such as my-policy, but/,
    );
    await refuses(["new", "my-idea", "--into", folder], /expected a folder that is not there yet/);
    await refuses(
      ["new", "my-idea", "--into", `${folder}/my-idea/plugin.json`],
      /--into: .*\/my-idea: expected a folder that can be made but found a file on the way to it$/m,
    );
    await refuses(["new", "a", "--lang", "rust"], /--lang: expected one of as, c, ts but found/);
    await refuses(["build", folder], /<folder>: expected a folder with plugin\.json but found/);
    await refuses(
      ["inspect", `${folder}/none.wasm`],
      /<file>: expected a component but found .*none/,
    );
    await refuses(["test", "quset"], /quset: expected one of .*; did you mean quest\?$/m);
    await refuses(["bench", "quest", "--kv-heads", "5"], /--query-heads: expected a multiple of 5/);
    await refuses(
      ["bench", "quest,quest"],
      /^kvpim: <plugin>: expected each policy once but found quest twice$/m,
    );
    await refuses(["bench"], /missing required argument 'plugin'/);
    await refuses(["new", "a", "--kind", "memroy"], /--kind: expected .*; did you mean memory\?$/m);
    await refuses(["test", "quest,starc"], /<plugin>: expected one plugin but found several/);
    await refuses(["test", "hbm3-pim-bnak"], /; did you mean hbm3-pim-bank\?$/m);
    await refuses(["test", "hbm3-pim-bank:banks=8"], /expected no parameters for a memory model/);
    await refuses(["test", folder], /plugin\.json: Expected a file but found none$/m);
    await refuses(
      ["bench", "quest", "hbm3-pim-bank"],
      /policies or memory models but found both: quest is a policy, hbm3-pim-bank a memory model$/m,
    );
    const manifest = `${folder}/my-idea/plugin.json`;
    const good = Deno.readTextFileSync(manifest);
    await refuses(
      ["build", `${folder}/my-idea`, "--output", manifest],
      /--output: expected a new file or an earlier component to replace but found .*plugin\.json$/m,
    );
    equal(Deno.readTextFileSync(manifest), good);
    for (let turn = 0; turn < 2; turn++) {
      const built = ["build", `${folder}/my-idea`, "--output", `${folder}/my-idea/built`];
      equal((await plugin(...built)).code, 0);
    }
    Deno.writeTextFileSync(manifest, good.replace("policy", "polcy"));
    for (const command of ["build", "test", "bench", "run"]) {
      await refuses([command, `${folder}/my-idea`], /plugin\.json: kind: .*"polcy"/);
    }
    Deno.writeTextFileSync(manifest, good);
    Deno.writeTextFileSync(`${folder}/my-idea/my_idea.ts`, "export class Policy {");
    await refuses(["build", `${folder}/my-idea`], /my_idea\.ts/);
    Deno.writeTextFileSync(`${folder}/text.wasm`, "no component");
    const { code, out } = await plugin("inspect", `${folder}/text.wasm`);
    equal(code, 0);
    match(out, /^runs as +nothing: refused: not a WebAssembly component/m);
  }),
);
