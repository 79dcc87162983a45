import type { PluginFacts } from "../api.ts";
import { h } from "../dom.ts";

/** What a component is. */
export function pluginFacts(facts: PluginFacts): HTMLElement {
  const { name, version, summary, citation, parameters = [] } = facts.description;
  const rows: readonly (readonly [string, string])[] = [
    ["name", `${name} ${version ?? ""}`],
    ["what it does", summary ?? ""],
    ["source", citation?.title ? `${citation.title}. ${citation.venue}` : ""],
    ["parameters", parameters.map((parameter) => parameter.name).join(", ")],
    ["contract", facts.world],
    ["imports", facts.imports.join(", ") || "nothing"],
    ["size", `${facts.bytes.toLocaleString("en")} bytes`],
    ["digest", facts.digest],
    ["fuel", `at most ${facts.limits.fuelPerCall?.toLocaleString("en")} instructions a call`],
    ["memory", `at most ${facts.limits.memoryBytes?.toLocaleString("en")} bytes a session`],
  ];
  return h(
    "dl",
    {},
    ...rows.filter(([, value]) => value.trim() !== "").flatMap(([label, value]) => [
      h("dt", {}, label),
      h("dd", label === "digest" || label === "contract" ? { class: "mono" } : {}, value),
    ]),
  );
}
