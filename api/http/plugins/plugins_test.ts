import { deepEqual, equal, match, ok } from "node:assert/strict";
import { unsignedLeb128 } from "../../../wasm/binary/leb128.ts";
import { encodeName } from "../../../wasm/binary/sections.ts";
import { builtComponent } from "../../../wasm/sdk/build_cache.ts";
import { renamed } from "../../../core/run/testing.ts";
import { sharedServer, withServer } from "../testing.ts";

const withOneServer = sharedServer();

const component = await builtComponent(
  new URL("../../../wasm/sdk/testdata/nearest/", import.meta.url),
);

/** A component that imports something: a preamble and one import section. */
function importing(name: string, times = 1): Uint8Array<ArrayBuffer> {
  const entry = [0, ...encodeName(name), 0x05, 0];
  const section = [...unsignedLeb128(times), ...Array.from({ length: times }, () => entry).flat()];
  // A type of an empty instance for the import to have.
  const types = [1, 0x42, 0];
  const sections = [[7, types.length, ...types], [
    10,
    ...unsignedLeb128(section.length),
    ...section,
  ]].flat();
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, ...sections]);
}

function upload(url: string, body: BodyInit, type = "application/wasm"): Promise<Response> {
  return fetch(`${url}/v1/plugins`, { method: "POST", headers: { "content-type": type }, body });
}

Deno.test(
  "a component is uploaded once, seen, used in a run, and then not removed",
  withOneServer(async (caller) => {
    const first = await upload(caller.url, component);
    equal(first.status, 201);
    const { digest, reference, kind, imports, description } = await first.json();
    equal(first.headers.get("location"), `/v1/plugins/${digest}`);
    deepEqual([kind, imports, description.name], ["policy", [], "nearest"]);
    const again = await upload(caller.url, component, "application/octet-stream");
    equal(again.status, 200);
    await again.body?.cancel();
    const seen = await caller.get(`/v1/plugins/${digest}`);
    match(seen.headers.get("cache-control")!, /immutable/);
    equal((await seen.json()).reference, reference);
    const known = await caller.get(`/v1/plugins/${digest}`, {
      "if-none-match": seen.headers.get("etag")!,
    });
    equal(known.status, 304);
    const { items } = await (await caller.get("/v1/plugins")).json();
    ok(
      items.some(({ name, origin }: Record<string, string>) =>
        name === "starc" && origin === "built-in"
      ),
    );
    ok(items.some((item: Record<string, string>) => item.digest === digest));
    const run = await caller.done({
      kind: "evaluate",
      promptTokens: 32,
      tokens: 4,
      budget: 8,
      policy: { component: reference },
    });
    equal(run.state, "done", run.error);
    equal(run.result.row.policy, "nearest");
    const trace = await caller.get(`/v1/runs/${run.id}/trace`);
    equal(new TextDecoder().decode((await trace.arrayBuffer()).slice(0, 8)), "kvpim-at");
    const remove = () => fetch(`${caller.url}/v1/plugins/${digest}`, { method: "DELETE" });
    const used = await remove();
    equal(used.status, 409);
    match((await used.json()).detail, /no run refers to but 1 run does/);
  }),
);

Deno.test(
  "uploaded components are listed page by page, built-in ones before the first",
  withServer(async (caller) => {
    const uploaded = ["a", "b", "c"].map((digit) => digit.repeat(64));
    for (const digest of uploaded) {
      caller.service.store.plugins.put({
        digest,
        kind: "policy",
        world: "kvpim:policy/policy@0.1.0",
        bytes: 1,
        imports: [],
        exports: [],
        description: { name: digest },
      });
    }
    const pages: { origin: string; digest: string }[][] = [];
    let next: string | null = "/v1/plugins?limit=1";
    while (next) {
      const page: { items: typeof pages[number]; next: string | null } =
        await (await caller.get(next)).json();
      pages.push(page.items);
      next = page.next;
    }
    const found = pages.map((items) => items.filter(({ origin }) => origin === "uploaded"));
    deepEqual(found.map(({ length }) => length), [1, 1, 1, 0]);
    deepEqual(found.flat().map(({ digest }) => digest).sort(), uploaded.sort());
    ok(pages[0]!.length > 1);
    equal(pages[1]!.length, 1);
  }, { width: 1 }),
);

Deno.test(
  "a component that no run uses is removed",
  withOneServer(async (caller) => {
    const { digest } = await (await upload(caller.url, renamed(component, "unused"))).json();
    const remove = () => fetch(`${caller.url}/v1/plugins/${digest}`, { method: "DELETE" });
    equal((await remove()).status, 204);
    const gone = await remove();
    equal(gone.status, 404);
    await gone.body?.cancel();
  }),
);

Deno.test(
  "a file that is not run is refused with why, naming what it imports",
  withServer(async (caller) => {
    const refusal = async (body: BodyInit) => {
      const response = await upload(caller.url, body);
      equal(response.headers.get("content-type"), "application/problem+json");
      const problem = await response.json();
      equal(response.status, 422, problem.detail);
      return problem;
    };
    const forbidden = await refusal(importing("wasi:filesystem/types@0.2.0"));
    deepEqual([forbidden.why, forbidden.imports], [
      "forbidden-import",
      ["wasi:filesystem/types@0.2.0"],
    ]);
    match(forbidden.detail, /wasi:filesystem/);
    const many = await refusal(importing("a".repeat(100), 500));
    equal(many.imports.length, 20);
    ok(many.detail.length <= 1001, "it is cut");
    equal((await refusal("hello")).why, "not-a-component");
    equal((await refusal(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))).why, "core-module");
    const large = await upload(caller.url, new Uint8Array(2 ** 17));
    equal(large.status, 413);
    await large.body?.cancel();
    const typed = await upload(caller.url, component, "text/plain");
    equal(typed.status, 415);
    await typed.body?.cancel();
    const unknown = await caller.get(`/v1/plugins/${"0".repeat(64)}`);
    equal(unknown.status, 404);
    await unknown.body?.cancel();
  }, { uploadLimitBytes: 2 ** 16 }),
);

Deno.test(
  "a built-in policy or memory is described by its name",
  withOneServer(async (caller) => {
    const { description, limits } = await (await caller.get("/v1/plugins/quest")).json();
    equal(description.name, "quest");
    ok(description.parameters.some(({ name }: { name: string }) => name === "page-tokens"));
    ok(limits.fuelPerCall > 0);
    const memory = await (await caller.get("/v1/plugins/hbm3-pim-bank")).json();
    deepEqual([memory.kind, memory.description.levels[0].level], ["memory", "bank"]);
    const { items } = await (await caller.get("/v1/memories")).json();
    equal(
      items.find(({ name }: { name: string }) => name === "hbm3-pim-bank").digest,
      memory.digest,
    );
  }),
);
