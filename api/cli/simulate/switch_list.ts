import { type Quirk, quirks } from "../../../core/system/switches.ts";

const WIDTH = 96;

/** Every switch: its values, what it does, where it comes from, what it changes. */
export function switchList(): string {
  return Object.entries(quirks).map(([name, quirk]: [string, Quirk]) => {
    const { values, profiles, does, source, effect } = quirk;
    const standards = Object.entries(profiles).map(([profile, value]) => `${profile} ${value}`);
    const title = `${name} = ${values.join(" | ")}`;
    const profiled = `(${standards.join(", ")})`;
    return [
      ...(`${title}   ${profiled}`.length <= WIDTH
        ? [`${title}   ${profiled}`]
        : [title, `  ${profiled}`]),
      ...paragraph("does", does),
      ...paragraph("source", source),
      ...paragraph("effect", effect),
      "",
    ].join("\n");
  }).join("\n");
}

function paragraph(label: string, text: string): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    if (lines[last]!.length + word.length > WIDTH - 11) lines.push(word);
    else lines[last] = `${lines[last]} ${word}`.trim();
  }
  return lines.map((line, i) => `  ${(i === 0 ? label : "").padEnd(8)} ${line}`);
}
