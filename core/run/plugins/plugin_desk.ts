import type { DeskReply, DeskRequest } from "./desk_worker.ts";
import type { PluginVerdict } from "./plugin_facts.ts";

/** How long the thread stays without work, ms. */
const IDLE_MS = 10_000;

/** Looks at components and builds them, one at a time, in a thread that is started when needed. */
export class PluginDesk implements Disposable {
  #worker: Worker | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #idle: ReturnType<typeof setTimeout> | undefined;
  #waiting = 0;

  /** Components that wait to be looked at. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Whether a component may be run, and what it is. */
  async judge(component: Uint8Array): Promise<PluginVerdict> {
    const reply = await this.#ask({ ask: "judge", component });
    if ("verdict" in reply) return reply.verdict;
    throw unexpected(reply);
  }

  /** The component of a plugin of this repository, if it can be built here. */
  async build(name: string): Promise<Uint8Array | undefined> {
    const reply = await this.#ask({ ask: "build", name });
    if ("component" in reply) return reply.component;
    throw unexpected(reply);
  }

  #ask(request: DeskRequest): Promise<DeskReply> {
    this.#waiting++;
    const answer = this.#turn.then(() => this.#send(request)).finally(() => this.#waiting--);
    this.#turn = answer.catch(() => {});
    return answer;
  }

  #send(request: DeskRequest): Promise<DeskReply> {
    clearTimeout(this.#idle);
    const worker = this.#worker ??= new Worker(new URL("./desk_worker.ts", import.meta.url), {
      type: "module",
    });
    return new Promise<DeskReply>((resolve, reject) => {
      worker.onmessage = ({ data }: MessageEvent<DeskReply>) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        this.#end();
        reject(new Error(event.message));
      };
      worker.postMessage(request);
    }).finally(() => {
      this.#idle = setTimeout(() => this.#end(), IDLE_MS);
      Deno.unrefTimer(this.#idle as unknown as number);
    });
  }

  #end() {
    clearTimeout(this.#idle);
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  /** Ends the thread. */
  [Symbol.dispose]() {
    this.#end();
  }
}

function unexpected(reply: DeskReply): Error {
  return new Error("fault" in reply ? reply.fault : "Expected another answer of the thread");
}
