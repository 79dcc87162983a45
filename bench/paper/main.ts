// deno-lint-ignore-file no-console -- a bench prints its report
/**
 * The frame of the paper's commands: options, and where a report goes.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Report } from "./document.ts";
import { Experiments } from "./experiments.ts";

/** Adds a part to a report. */
export type Section = (report: Report, experiments: Experiments) => Promise<void>;

/**
 * Runs what a command is for: prints the report as Markdown, or writes it as Markdown, HTML and
 * SVG into the folder that `--out` names.
 *
 * @param name of the files
 */
export async function runReport(name: string, title: string, ...sections: Section[]) {
  const { values } = parseArgs({
    args: Deno.args,
    options: { tables: { type: "string" }, out: { type: "string" } },
  });
  const begin = performance.now();
  const report = new Report(title);
  using experiments = await Experiments.open(values.tables);
  for (const section of sections) await section(report, experiments);
  const seconds = (performance.now() - begin) / 1000;
  const { markdown, html, pictures } = report.write();
  if (values.out === undefined) {
    console.log(markdown);
  } else {
    mkdirSync(values.out, { recursive: true });
    writeFileSync(join(values.out, `${name}.md`), markdown);
    writeFileSync(join(values.out, `${name}.html`), html);
    for (const [file, svg] of pictures) writeFileSync(join(values.out, file), svg);
    console.log(`${join(values.out, `${name}.html`)}, .md and ${pictures.size} pictures`);
  }
  console.error(`${seconds.toFixed(1)} s`);
}
