import { deepEqual, rejects } from "node:assert/strict";
import { SharedUse } from "./shared_use.ts";

Deno.test("a state outlasts the action that began it while others need it", async () => {
  const events: string[] = [];
  const use = new SharedUse(() => events.push("begin"), () => events.push("end"));
  const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
  const running = [use.during(() => first.promise), use.during(() => second.promise)];
  first.resolve("first");
  deepEqual(await running[0], "first");
  deepEqual(events, ["begin"]);
  second.reject(new Error("no"));
  await rejects(running[1]!, /no/);
  deepEqual(events, ["begin", "end"]);
  await use.during(() => Promise.resolve());
  deepEqual(events, ["begin", "end", "begin", "end"]);
});
