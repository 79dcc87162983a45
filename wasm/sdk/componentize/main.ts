/**
 * Compiles JavaScript to a component, as a process of its own: standard input is the JSON of
 * {@linkcode ComponentizeRequest}, standard output the component. It has its own lock file, because
 * it brings a JavaScript engine and some 400 MB of tools that only a plugin in TypeScript needs.
 *
 * @module
 */
import { componentize } from "npm:@bytecodealliance/componentize-js@0.19.3";
import type { ComponentizeRequest } from "./request.ts";

const { script, witWorld, worldName }: ComponentizeRequest = await new Response(
  Deno.stdin.readable,
).json();
const { component } = await componentize(script, {
  witWorld,
  worldName,
  disableFeatures: ["random", "stdio", "clocks", "http", "fetch-event"],
});
await new Blob([new Uint8Array(component)]).stream().pipeTo(Deno.stdout.writable);
