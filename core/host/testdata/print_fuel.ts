// Prints the fuel of describing the full policy, twice, as JSON: run in a process of its own.
import { builtComponent } from "../../../wasm/sdk/build_cache.ts";
import { unwrap } from "../outcome.ts";
import { loadPolicy } from "../policy.ts";

const component = await builtComponent(new URL("../../../plugins/full/", import.meta.url));
const policy = unwrap(await loadPolicy(component, { isolation: "none" }));
const fuel = [await policy.describe(), await policy.describe()].map((outcome) =>
  outcome.kind === "ok" ? outcome.usage.fuel : -1
);
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(fuel)));
