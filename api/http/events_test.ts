import { deepEqual, equal, match, ok } from "node:assert/strict";
import { connect } from "node:net";
import { LONG_RUN, smallRun } from "../../core/run/testing.ts";
import { type Caller, withServer } from "./testing.ts";

interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: { readonly state: string };
}

/** Events of a stream's text. */
function eventsIn(text: string): Event[] {
  return text.split("\n\n").filter((block) => block.includes("event:")).map((block) => {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? "";
    return { id: field("id"), event: field("event"), data: JSON.parse(field("data")) };
  });
}

async function follow(caller: Caller, id: string, lastEventId?: string): Promise<Event[]> {
  const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
  return eventsIn(await (await caller.get(`/v1/runs/${id}/events`, headers)).text());
}

Deno.test(
  "a run is followed from its place in the queue to its one end",
  withServer(async (caller) => {
    const { id } = await (await caller.post("/v1/runs", smallRun())).json();
    const events = await follow(caller, id);
    const states = events.map(({ event }) => event).filter((event) => event !== "progress");
    deepEqual(states.slice(-1), ["done"]);
    ok(events.every(({ id }, i) => i === 0 || Number(id) > Number(events[i - 1]!.id)));
    equal(events.at(-1)!.data.state, "done");
  }),
);

Deno.test(
  "one who comes after the end is told the end, and one who knows it is sent away",
  withServer(async (caller) => {
    const { id } = await caller.done(smallRun());
    const events = await follow(caller, id);
    deepEqual(events.map(({ event }) => event), ["done"]);
    const again = await caller.get(`/v1/runs/${id}/events`, { "last-event-id": events[0]!.id });
    equal(again.status, 204);
  }),
);

Deno.test(
  "one whose connection broke is told what it missed and nothing twice",
  withServer(async (caller) => {
    const { id } = await (await caller.post("/v1/runs", LONG_RUN)).json();
    const response = await caller.get(`/v1/runs/${id}/events`);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("event: running")) text += (await reader.read()).value ?? "";
    await reader.cancel();
    const seen = eventsIn(text);
    caller.service.cancel(id);
    const rest = await follow(caller, id, seen.at(-1)!.id);
    deepEqual(rest.map(({ event }) => event), ["cancelled"]);
  }, { width: 1 }),
);

Deno.test(
  "a stream in which nothing happens is kept open by comments, and ends when the service closes",
  async () => {
    let text: Promise<string> | undefined;
    await withServer(async (caller) => {
      const { id } = await (await caller.post("/v1/runs", LONG_RUN)).json();
      text = caller.get(`/v1/runs/${id}/events`).then((response) => response.text());
      await new Promise((resolve) => setTimeout(resolve, 200));
    }, { keepAliveMs: 20, width: 1 })();
    match(await text!, /^: still here$/m);
  },
);

Deno.test(
  "readers who read nothing or leave hold up nobody",
  withServer(async (caller) => {
    const { id } = await (await caller.post("/v1/runs", LONG_RUN)).json();
    const { hostname, port } = new URL(caller.url);
    const idle = Array.from({ length: 20 }, () => {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {});
      socket.write(`GET /v1/runs/${id}/events HTTP/1.1\r\nhost: localhost\r\n\r\n`);
      return socket.pause();
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const socket of idle.slice(0, 10)) socket.destroy();
    equal((await caller.done(smallRun())).state, "done");
    for (const socket of idle) socket.destroy();
  }, { keepAliveMs: 5, width: 2 }),
);

Deno.test(
  "who names an event that is yet to come is told all there is, and the end",
  withServer(async (caller) => {
    const { id } = await (await caller.post("/v1/runs", LONG_RUN)).json();
    const events = follow(caller, id, "999999999");
    await new Promise((resolve) => setTimeout(resolve, 100));
    caller.service.cancel(id);
    deepEqual((await events).at(-1)!.event, "cancelled");
    deepEqual((await follow(caller, id, "999999999")).map(({ event }) => event), ["cancelled"]);
  }, { width: 1 }),
);

Deno.test(
  "who asks only for the head of a stream takes no place among the streams",
  withServer(async (caller) => {
    const { id } = await (await caller.post("/v1/runs", LONG_RUN)).json();
    for (let i = 0; i < 3; i++) {
      const head = await fetch(`${caller.url}/v1/runs/${id}/events`, { method: "HEAD" });
      equal(head.status, 200);
      equal(head.headers.get("content-type"), "text/event-stream");
    }
    const stream = await caller.get(`/v1/runs/${id}/events`);
    equal(stream.status, 200);
    await stream.body?.cancel();
  }, { streamLimit: 2, width: 1 }),
);

Deno.test(
  "more streams than there may be are put off",
  withServer(async (caller) => {
    const { id } = await (await caller.post("/v1/runs", LONG_RUN)).json();
    const first = await caller.get(`/v1/runs/${id}/events`);
    const second = await caller.get(`/v1/runs/${id}/events`);
    equal(second.status, 429);
    equal((await second.json()).title, "Too many streams are open");
    await first.body?.cancel();
  }, { streamLimit: 1, width: 1 }),
);
