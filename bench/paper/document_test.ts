import { equal, match, ok } from "node:assert/strict";
import { Report } from "./document.ts";
import { commandOf, VARIANTS } from "./experiments.ts";

function example() {
  const report = new Report("A <title>");
  report.heading("Part");
  report.paragraph("a & b");
  report.table(["method", "share"], [
    ["STARC", { text: "0.54", command: "kvpim simulate --lout 9" }],
    ["Quest", { text: "0.53", command: "kvpim simulate --lout 9" }],
  ]);
  report.picture("a.svg", "a picture", "<svg></svg>");
  return report.write();
}

Deno.test("every number leads to the command that makes it, each command once", () => {
  const { markdown, html } = example();
  match(markdown, /^\| STARC \| \[0\.54\]\(#command-1\) \|$/m);
  match(html, /<a href="#command-1" title="kvpim simulate --lout 9">0\.53<\/a>/);
  for (const text of [markdown, html]) {
    equal(text.match(/id="command-\d+"/g)?.length, 1);
  }
  ok(markdown.includes("```sh\nkvpim simulate --lout 9\n```"));
});

Deno.test("text is escaped in HTML, pictures stand in it and beside the Markdown", () => {
  const { markdown, html, pictures } = example();
  match(html, /<h1>A &lt;title&gt;<\/h1>/);
  match(html, /<p>a &amp; b<\/p>/);
  ok(html.includes("<svg></svg>"));
  match(markdown, /^!\[a picture\]\(a\.svg\)$/m);
  equal(pictures.get("a.svg"), "<svg></svg>");
});

Deno.test("a command says in which way the run is computed", () => {
  const [artifact, corrected, each, eighth] = Object.values(VARIANTS).map((variant) =>
    commandOf(variant, "GPT-13B", 24000)
  );
  match(artifact!, /--profile artifact --clustering last-step --method SparQ=.*_GPT_SparQ\.txt/);
  match(
    corrected!,
    /--profile corrected --rows scattered --clustering online --selection by-method --method/,
  );
  match(each!, /--switch key-value-heads=read-by-each/);
  match(eighth!, /--switch gpu-time-divisor=8/);
});
