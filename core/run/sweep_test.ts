import { deepEqual, equal, rejects } from "node:assert/strict";
import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import { paretoFront } from "./pareto.ts";
import { MOST_POINTS, sweepPoints } from "./sweep.ts";
import { cancelSweep, submitSweep, tableOfSweep } from "./sweep_service.ts";
import { sweepParquet } from "./sweep_parquet.ts";
import { sweepCsv } from "./sweep_table.ts";
import { smallRun, withService } from "./testing.ts";

const MINUTE = 60_000;

Deno.test("entries of a list are combined with every combination of the grid", async () => {
  const points = await sweepPoints({
    base: smallRun(),
    grid: { "/experiment/lin": [1, 2], "/experiment/batch": [3, 4] },
    list: [{ "/experiment/sparsity": null }, { "/experiment/sparsity": { kvBudget: 16 } }],
  });
  equal(points.length, 8);
  deepEqual(points[5]!.point, {
    "/experiment/sparsity": { kvBudget: 16 },
    "/experiment/lin": 1,
    "/experiment/batch": 4,
  });
  deepEqual(points[5]!.spec.kind === "simulate" && points[5]!.spec.experiment.batch, 4);
});

for (
  const [input, pointer] of [
    [{ base: smallRun(), grid: { "/experiment/lout": [4, 1] } }, "/grid/~1experiment~1lout/1"],
    [{ base: smallRun(), list: [{}, { "/experiment/model": "x" }] }, "/list/1/~1experiment~1model"],
    [
      { base: smallRun(), grid: { "/experiment/sparsity": [{ kvBudget: 0 }] } },
      "/grid/~1experiment~1sparsity/0/kvBudget",
    ],
    [{ base: smallRun(), grid: { "/__proto__/x": [1] } }, "/grid/~1__proto__~1x/0"],
    [{ base: { ...smallRun(), x: {} }, grid: { "/x/y": [1] } }, "/base/x"],
    [{ base: { kind: "simulate", experiment: { lin: 0 } } }, "/base/experiment/lin"],
    [{ base: smallRun(), grid: { "lout": [1] } }, "/grid/lout/0"],
    [{ base: smallRun(), grid: { "/experiment/lin/x": [1] } }, "/grid/~1experiment~1lin~1x/0"],
    [{ base: smallRun(), grid: { "/experiment/lin": [] } }, "/grid/~1experiment~1lin"],
    [{ base: smallRun(), list: [{ "/experiment/model": "\ud800" }] }, ""],
    [{ base: smallRun(), grid: { "/a": Array(200).fill(1), "/b": Array(200).fill(1) } }, ""],
    [{}, "/base"],
    [{ base: [] }, "/base"],
    [{ base: smallRun(), grid: [] }, "/grid"],
    [{ base: smallRun(), list: [[]] }, "/list/0"],
  ] as const
) {
  Deno.test(`a mistake of a sweep says where it was written: ${JSON.stringify(input).slice(0, 90)}`, async () => {
    await rejects(sweepPoints(input), { name: "SpecError", pointer });
  });
}

Deno.test("a mistake in a table of a sweep names the file and the line", async () => {
  const kvBudgetTable = { name: "a.txt", text: "x" };
  await rejects(
    sweepPoints({ base: smallRun(), list: [{ "/experiment/sparsity": { kvBudgetTable } }] }),
    {
      name: "SpecError",
      pointer: "/list/0/~1experiment~1sparsity/kvBudgetTable",
      mistake: 'a.txt line 1: expected a whole number of tokens but found "x"',
    },
  );
});

Deno.test(`a sweep of more than ${MOST_POINTS} runs is refused before any is made`, async () => {
  const values = Array.from({ length: 1000 }, (_, i) => i + 1);
  const grid = {
    "/experiment/lin": values,
    "/experiment/batch": values,
    "/experiment/ngpu": values,
  };
  await rejects(sweepPoints({ base: smallRun(), grid }), { message: /but found 1000000000$/ });
});

Deno.test("a value nested too deeply is refused", async () => {
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  await rejects(
    sweepPoints({ base: smallRun(), list: [{ "/experiment/lin": deep }] }),
    { name: "SpecError", message: /deeper/ },
  );
});

Deno.test(
  "a sweep's table has a row a run with its Pareto front, and fills as runs end",
  withService(async (service) => {
    const input = {
      base: smallRun(),
      grid: { "/experiment/batch": [1, 64] },
      list: [{ "/experiment/sparsity": null }, { "/experiment/sparsity": { kvBudget: 16 } }],
    };
    const { id } = await submitSweep(service, input);
    deepEqual(service.store.sweeps.counts(id).queued, 4);
    deepEqual(tableOfSweep(service, id).rows.map(({ figures }) => figures), [
      null,
      null,
      null,
      null,
    ]);
    equal((await submitSweep(service, input)).id, id);
    service.start();
    for (const { run } of service.store.sweeps.points(id)) await service.settled(run.id, MINUTE);
    const table = tableOfSweep(service, id);
    deepEqual(table.objectives.map(({ column }) => column), ["g_time (ms)", "g_energy (nJ)"]);
    deepEqual(table.rows.map(({ isOnParetoFront }) => isOnParetoFront), [
      false,
      false,
      true,
      false,
    ]);
    const lines = sweepCsv(table).trim().split("\n");
    equal(lines.length, 5);
    equal(
      lines[0]!.split(",").slice(0, 5).join(),
      "/experiment/batch,/experiment/sparsity,run,state,pareto",
    );
    const parquet = await parquetReadObjects({ file: sweepParquet(table).buffer });
    deepEqual(parquet.map(({ run }) => run), table.rows.map(({ run }) => run));
    equal(parquet[1]!["g_time (ms)"], table.rows[1]!.figures!["g_time (ms)"]);
    deepEqual(parquet.map((row) => row["/experiment/sparsity"]), [
      undefined,
      undefined,
      '{"kvBudget":16}',
      '{"kvBudget":16}',
    ]);
    const byColumn = tableOfSweep(service, id, [{ column: "bs", better: "higher" }]);
    deepEqual(byColumn.rows.map(({ isOnParetoFront }) => isOnParetoFront), [
      false,
      true,
      false,
      true,
    ]);
    equal(cancelSweep(service, id), 0);
  }),
);

const lins = (...lin: number[]) => ({ base: smallRun(), grid: { "/experiment/lin": lin } });

Deno.test(
  "a sweep that does not fit the queue asks for none of its runs, and says if it never can",
  withService(async (service) => {
    await service.submit(smallRun(9));
    await rejects(submitSweep(service, lins(1, 2)), { name: "QueueFullError" });
    await rejects(submitSweep(service, lins(1, 2, 3)), {
      name: "SpecError",
      message: "Expected at most 2 runs to do, as many as may wait here, but found 3",
    });
    equal(service.store.counts().queued, 1);
  }, { queueLimit: 2 }),
);

Deno.test(
  "runs of a sweep that are done or wait already take no place in the queue",
  withService(async (service) => {
    const { run } = await service.submit(smallRun(1));
    await service.runNow(run.id);
    await submitSweep(service, lins(2, 3));
    const { id } = await submitSweep(service, lins(1, 2, 3));
    deepEqual(service.store.sweeps.counts(id), {
      queued: 2,
      running: 0,
      done: 1,
      failed: 0,
      cancelled: 0,
    });
  }, { queueLimit: 2 }),
);

Deno.test("no point of a front is beaten, and every other is", () => {
  const beats = (a: number[], b: number[]) =>
    a.every((cost, i) => cost <= b[i]!) && a.some((cost, i) => cost < b[i]!);
  const point = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 3, maxLength: 3 });
  fc.assert(fc.property(fc.array(point, { maxLength: 30 }), (points) => {
    deepEqual(paretoFront(points), points.map((p) => !points.some((other) => beats(other, p))));
  }));
});
