/**
 * A report that is Markdown and HTML alike: paragraphs, tables whose numbers lead to the commands
 * that make them, and pictures.
 *
 * @module
 */

/** A cell: text, or a number with the command that makes it. */
export type Cell = string | { readonly text: string; readonly command: string };

type Part =
  | { readonly kind: "heading" | "paragraph"; readonly text: string }
  | { readonly kind: "table"; readonly head: readonly string[]; readonly rows: readonly Cell[][] }
  | { readonly kind: "picture"; readonly svg: string; readonly file: string; readonly alt: string };

/** What a report is written as. */
interface WrittenDocument {
  readonly markdown: string;
  readonly html: string;
  /** SVG files that the Markdown shows, by name. */
  readonly pictures: ReadonlyMap<string, string>;
}

/** A report while it is put together. */
export class Report {
  readonly #title: string;
  readonly #parts: Part[] = [];
  readonly #commands: string[] = [];

  constructor(title: string) {
    this.#title = title;
  }

  heading(text: string) {
    this.#parts.push({ kind: "heading", text });
  }

  paragraph(text: string) {
    this.#parts.push({ kind: "paragraph", text });
  }

  table(head: readonly string[], rows: readonly Cell[][]) {
    this.#parts.push({ kind: "table", head, rows });
  }

  /** @param file name of the SVG beside the Markdown */
  picture(file: string, alt: string, svg: string) {
    this.#parts.push({ kind: "picture", svg, file, alt });
  }

  /** The report in both forms. */
  write(): WrittenDocument {
    const markdown = this.#parts.map((part) => this.#markdown(part));
    const html = this.#parts.map((part) => this.#html(part));
    const commands = this.#commands.map((command, i) => [`command-${i + 1}`, command] as const);
    return {
      markdown: [
        `# ${this.#title}`,
        ...markdown,
        "## Commands",
        ...commands.map(([id, command], i) =>
          `<a id="${id}"></a>${i + 1}.\n\n\`\`\`sh\n${command}\n\`\`\``
        ),
      ].join("\n\n") + "\n",
      html: page(this.#title, [
        ...html,
        "<h2>Commands</h2>",
        "<p>A click on a number leads here; a click on a command selects it.</p>",
        ...commands.map(([id, command], i) =>
          `<p id="${id}">${i + 1}. <code class="command">${escaped(command)}</code></p>`
        ),
      ]),
      pictures: new Map(
        this.#parts.flatMap((part) => part.kind === "picture" ? [[part.file, part.svg]] : []),
      ),
    };
  }

  #numberOf(command: string): number {
    const at = this.#commands.indexOf(command);
    return at >= 0 ? at + 1 : this.#commands.push(command);
  }

  #markdown(part: Part): string {
    switch (part.kind) {
      case "heading":
        return `## ${part.text}`;
      case "paragraph":
        return part.text;
      case "picture":
        return `![${part.alt}](${part.file})`;
      case "table": {
        const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
        const cell = (cell: Cell) =>
          typeof cell === "string"
            ? cell
            : `[${cell.text}](#command-${this.#numberOf(cell.command)})`;
        return [
          line(part.head),
          line(part.head.map(() => "---")),
          ...part.rows.map((row) => line(row.map(cell))),
        ].join("\n");
      }
    }
  }

  #html(part: Part): string {
    switch (part.kind) {
      case "heading":
        return `<h2>${escaped(part.text)}</h2>`;
      case "paragraph":
        return `<p>${escaped(part.text)}</p>`;
      case "picture":
        return `<figure role="img" aria-label="${escaped(part.alt)}">${part.svg}</figure>`;
      case "table": {
        const cell = (cell: Cell) => {
          if (typeof cell === "string") return `<td>${escaped(cell)}</td>`;
          const { text, command } = cell;
          const number = this.#numberOf(command);
          return `<td class="number"><a href="#command-${number}" title="${escaped(command)}">` +
            `${escaped(text)}</a></td>`;
        };
        const head = part.head.map((text) => `<th>${escaped(text)}</th>`).join("");
        const rows = part.rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`);
        return `<div class="table"><table><thead><tr>${head}</tr></thead><tbody>\n${
          rows.join("\n")
        }\n</tbody></table></div>`;
      }
    }
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}

const STYLE = `
body { font: 15px/1.5 Helvetica, Arial, sans-serif; max-width: 85em; margin: 2em auto; padding: 0 1em; }
h1, h2, p { max-width: 60em; }
.table { overflow-x: auto; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: 0.2em 0.7em; text-align: left; border-bottom: 1px solid #ddd; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
a { color: #0072B2; text-decoration: none; }
a:hover { text-decoration: underline; }
figure { margin: 1em 0; overflow-x: auto; }
.command { user-select: all; }
:target { background: #fff3c4; }
`;

function page(title: string, parts: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${parts.join("\n")}
</body>
</html>
`;
}
