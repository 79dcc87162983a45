import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { changedSwitches, profiles, type Quirk, quirks, resolveSwitches } from "./switches.ts";

Deno.test("every profile sets every switch to one of its values", () => {
  for (const [name, quirk] of Object.entries<Quirk>(quirks)) {
    for (const profile of profiles) {
      ok(quirk.values.includes(quirk.profiles[profile]), `${name} in ${profile}`);
    }
  }
});

Deno.test("every switch has a choice, and says what it does, where it is from and what it changes", () => {
  for (const [name, quirk] of Object.entries<Quirk>(quirks)) {
    ok(quirk.values.length > 1, name);
    ok(quirk.does && quirk.source && quirk.effect, name);
  }
});

Deno.test("the profiles differ by the artifact's division of GPU times and its partitions", () => {
  const attacc = resolveSwitches("attacc");
  deepEqual(changedSwitches("artifact", attacc), ["gpu-time-divisor", "partition-tokens"]);
});

Deno.test("a switch given as text has the value's own type", () => {
  const switches = resolveSwitches("artifact", {
    "gpu-time-divisor": "1",
    "buffer-traffic": "fresh",
  });
  equal(switches["gpu-time-divisor"], 1);
  deepEqual(changedSwitches("artifact", switches), ["gpu-time-divisor", "buffer-traffic"]);
});

Deno.test("a value that a switch does not have names the ones it has", () => {
  throws(() => resolveSwitches("artifact", { "gpu-time-divisor": 9 }), {
    name: "RangeError",
    message: "Expected --switch gpu-time-divisor to be 8 or 1 but found 9",
  });
});

Deno.test("an unknown switch, or one of Object's own names, lists the known ones", () => {
  for (const name of ["gpu-divisor", "toString", "__proto__x"]) {
    throws(
      () => resolveSwitches("artifact", { [name]: 1 }),
      new RegExp(`Expected --switch to name one of gpu-time-divisor, .* but found ${name}`),
    );
  }
});
