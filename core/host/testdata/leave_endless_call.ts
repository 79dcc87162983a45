// Gives up on a policy that computes for ever: run in a process of its own, which must end.
import { step } from "./hostile_policy.ts";

const limits = { fuelPerCall: 1e15, wallMsPerCall: 300 };
const { kind } = await step("loop", { limits });
await Deno.stdout.write(new TextEncoder().encode(kind));
