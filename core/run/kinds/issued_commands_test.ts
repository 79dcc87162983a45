import assert from "node:assert/strict";
import { Stopped, StopSignal } from "../../host/stop_signal.ts";
import { PLAIN_PROGRAM } from "../../testing/plain_program.ts";
import { issuedCommandsCsv } from "./issued_commands.ts";

const WINDOW = { channel: 0, most: 100 };

Deno.test("the first commands of a channel are listed, as many as are wanted", async () => {
  const csv = await issuedCommandsCsv(
    "hbm3-pim-bank",
    PLAIN_PROGRAM,
    WINDOW,
    new StopSignal(Infinity),
  );
  const [header, ...lines] = csv.trimEnd().split("\n");
  assert.equal(header, "cycle,command,channel,pseudochannel,rank,bankgroup,bank,row,column");
  assert.equal(lines.length, 100);
  const cycles = lines.map((line) => Number(line.split(",")[0]));
  assert.ok(cycles.every((cycle, at) => at === 0 || cycle >= cycles[at - 1]!));
  assert.ok(lines.every((line) => line.split(",")[2] === "0"));
});

Deno.test("a signal ends the search for commands", async () => {
  const stop = new StopSignal(Infinity);
  stop.set();
  await assert.rejects(issuedCommandsCsv("hbm3-pim-bank", PLAIN_PROGRAM, WINDOW, stop), Stopped);
});
