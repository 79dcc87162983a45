import { equal, ok } from "node:assert/strict";
import fc from "fast-check";
import { gpus } from "../../core/hardware/gpus.ts";
import { models } from "../../core/hardware/models.ts";
import { namesOf } from "../../core/run/experiment_schema.ts";
import { withService } from "../../core/run/testing.ts";
import { createApp } from "./app.ts";

const BODIES = 10_000;

/** Values near those of a field, and anything else. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.integer(),
  fc.constantFrom(
    "bank",
    "dgx",
    "dgx-attacc",
    ...namesOf(models),
    ...namesOf(gpus),
    "\ud800",
    "__proto__",
  ),
);

const experiment = fc.record({
  system: value,
  model: value,
  lin: value,
  lout: value,
  ngpu: value,
  switches: fc.oneof(value, fc.dictionary(fc.string(), value)),
  sparsity: fc.oneof(
    value,
    fc.record({
      kvBudget: value,
      kvBudgets: fc.oneof(value, fc.array(value)),
      kvBudgetTable: fc.record({ name: fc.string(), text: fc.string() }),
      rowSize: value,
    }, { requiredKeys: [] }),
  ),
}, { requiredKeys: [] });

const evaluation = fc.record({
  kind: fc.constant("evaluate"),
  model: fc.oneof(value, fc.record({ name: fc.string(), digest: value }, { requiredKeys: [] })),
  text: fc.oneof(value, fc.record({ name: value, text: fc.string(), content: value })),
  promptTokens: value,
  tokens: value,
  policy: fc.oneof(
    value,
    fc.record({ name: value, component: value, parameters: fc.dictionary(fc.string(), value) }),
  ),
  budget: value,
  denseLayers: fc.oneof(value, fc.array(value, { maxLength: 3 })),
  limits: value,
  system: fc.oneof(value, experiment),
}, { requiredKeys: ["kind", "policy"] });

/** What begins as a component does. */
const component = fc.uint8Array({ maxLength: 60 }).map((rest) =>
  Uint8Array.from([0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0, ...rest])
);

const run = fc.oneof(
  evaluation,
  fc.record({ kind: fc.constant("simulate"), experiment }, { requiredKeys: ["kind"] }),
  fc.record({ kind: fc.constant("dram"), program: fc.dictionary(fc.string(), value) }),
  value,
);

const pointer = fc.oneof(
  fc.constantFrom(
    "/experiment/lin",
    "/experiment/sparsity/kvBudget",
    "/kind",
    "/__proto__/x",
    "/a~2",
  ),
  fc.string(),
);

const sweep = fc.record({
  base: run,
  grid: fc.dictionary(pointer, fc.array(value, { maxLength: 3 }), { maxKeys: 3 }),
  list: fc.array(fc.dictionary(pointer, value, { maxKeys: 3 }), { maxLength: 3 }),
}, { requiredKeys: ["base"] });

const body = fc.oneof(
  fc.oneof(run, sweep).map((json) => JSON.stringify(json)),
  fc.string({ unit: "binary" }),
  fc.uint8Array({ maxLength: 200 }),
  component,
  fc.integer({ min: 1, max: 20_000 }).map((depth) => "[".repeat(depth)),
  fc.integer({ min: 1, max: 20_000 }).map((depth) =>
    `{"kind":${"[".repeat(depth)}${"]".repeat(depth)}}`
  ),
);

const request = fc.record({
  path: fc.constantFrom("/v1/runs", "/v1/sweeps", "/v1/plugins", "/v1/runs?wait=x", "/v1/runs/%00"),
  type: fc.constantFrom(
    "application/json",
    "application/json; charset=x",
    "application/wasm",
    "text/plain",
    "",
  ),
  body,
});

Deno.test(
  `${BODIES.toLocaleString("en")} bodies of any kind are answered without a fault`,
  withService(async (service) => {
    const faults: unknown[] = [];
    const app = createApp(service, { onFault: (fault) => faults.push(fault) });
    await fc.assert(
      fc.asyncProperty(request, async ({ path, type, body }) => {
        const response = await app.request(`http://localhost${path}`, {
          method: "POST",
          headers: { "content-type": type },
          body: body as BodyInit,
        });
        await response.body?.cancel();
        ok(response.status < 500, `${response.status}`);
      }),
      { numRuns: BODIES },
    );
    equal(faults.length, 0);
  }, { queueLimit: 100_000 }),
);

Deno.test(
  "queries and paths of any kind are answered without a fault",
  withService(async (service) => {
    const faults: unknown[] = [];
    const app = createApp(service, { onFault: (fault) => faults.push(fault) });
    const segment = fc.oneof(
      fc.webSegment(),
      fc.constantFrom("..", "%2e%2e", "%00", "runs", "sweeps"),
    );
    const url = fc.tuple(
      fc.constantFrom("/v1/runs", "/v1/sweeps", "/v1/plugins", "/v1/compare", "/v1", "/docs", ""),
      fc.array(segment, { maxLength: 3 }),
      fc.webQueryParameters(),
      fc.constantFrom("limit", "before", "state", "wait", "runs", "minimise"),
      fc.constantFrom("GET", "DELETE", "HEAD", "PUT", "PATCH"),
    );
    await fc.assert(
      fc.asyncProperty(url, async ([base, segments, query, name, method]) => {
        const path = [base, ...segments].join("/");
        const response = await app.request(`http://localhost${path}?${name}=${query}`, { method });
        await response.body?.cancel();
        ok(response.status < 500, path);
      }),
      { numRuns: 2000 },
    );
    equal(faults.length, 0);
  }),
);
