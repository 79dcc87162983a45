import { deepEqual, equal } from "node:assert/strict";
import { Progress } from "./progress.ts";

function shownBy(
  errIsTerminal: boolean,
  updates: (to: (ms: number, done: number) => void) => void,
) {
  let [time, shown] = [0, ""];
  {
    const surroundings = { err: (text: string) => shown += text, errIsTerminal };
    using progress = new Progress(surroundings, "full", () => time, "programs");
    updates((ms, done) => {
      time = ms;
      progress.update(done, 100);
    });
  }
  return shown;
}

Deno.test("nothing is shown of what takes less than two seconds", () => {
  for (const terminal of [true, false]) {
    equal(shownBy(terminal, (to) => [0, 500, 1999].forEach((ms) => to(ms, ms / 20))), "");
  }
});

Deno.test("a terminal shows one bar, wiped at the end", () => {
  const shown = shownBy(true, (to) => [2000, 2050, 2100].forEach((ms, i) => to(ms, 20 * (i + 1))));
  deepEqual(shown.split("\r\x1b[K"), [
    "",
    `full ${"█".repeat(6)}${"░".repeat(24)} 20 %`,
    `full ${"█".repeat(18)}${"░".repeat(12)} 60 %`,
    "",
  ]);
});

Deno.test("elsewhere lines are shown, ever less often", () => {
  const shown = shownBy(false, (to) => {
    for (let second = 0; second <= 100; second++) to(1000 * second, second);
  });
  const at = shown.trim().split("\n").map((line) => Number(/^full: (\d+) %/.exec(line)?.[1]));
  deepEqual(at, [2, 7, 12, 17, 22, 27, 33, 40, 48, 58, 70, 84]);
});
