/**
 * For tests only: the service as a process of its own.
 *
 * @module
 */
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { kvpimProcess } from "../testing.ts";

/** A service in a process of its own. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string;
  readonly #child: Deno.ChildProcess;
  readonly #errors: Promise<string>;

  private constructor(url: string, child: Deno.ChildProcess) {
    this.url = url;
    this.#child = child;
    this.#errors = new Response(child.stderr).text();
  }

  /** Starts it and waits until it listens. */
  static async start(folder: string, ...options: readonly string[]): Promise<ServerProcess> {
    const child = kvpimProcess(
      ["serve", "--port", "0", "--store", folder, "--no-cache", ...options],
    ).spawn();
    const lines = createInterface({ input: Readable.from(child.stdout) });
    for await (const line of lines) {
      const url = /^kvpim listens on (\S+)$/.exec(line)?.[1];
      if (url) return new ServerProcess(url, child);
    }
    throw new Error(await new Response(child.stderr).text());
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Sends a run. */
  async submit(spec: unknown, wait = 0): Promise<{ id: string; state: string }> {
    const response = await fetch(`${this.url}/v1/runs?wait=${wait}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(spec),
    });
    return await response.json();
  }

  /** A path's answer as text. */
  async text(path: string): Promise<string> {
    return await (await fetch(this.url + path)).text();
  }

  /** Bytes of memory it uses. */
  async memory(): Promise<number> {
    const metrics = await this.text("/metrics");
    return Number(/^kvpim_process_resident_memory_bytes (\S+)$/m.exec(metrics)![1]);
  }

  /** Ends it without warning. */
  async kill() {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#errors;
  }

  /** Ends it in good order and says how. */
  async stop(): Promise<{ code: number; errors: string }> {
    this.#child.kill("SIGTERM");
    const { code } = await this.#child.status;
    return { code, errors: await this.#errors };
  }

  async [Symbol.asyncDispose]() {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#child.status;
    await this.#errors;
  }
}
