/** `"kv-head"` to `"kvHead"`. */
export function camelCase(kebab: string): string {
  return kebab.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `"kv-head"` to `"KvHead"`. */
export function pascalCase(kebab: string): string {
  const camel = camelCase(kebab);
  return camel.charAt(0).toUpperCase() + camel.slice(1);
}

/** `"kv-head"` to `"kv_head"`. */
export function snakeCase(kebab: string): string {
  return kebab.replaceAll("-", "_");
}

/** Documentation as a comment of TypeScript, AssemblyScript or C, indented; empty for none. */
export function docComment(doc: string, indent = ""): string {
  if (doc === "") return "";
  const lines = doc.split("\n");
  if (lines.length === 1) return `${indent}/** ${doc} */\n`;
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`.trimEnd()), `${indent} */`]
    .join("\n") + "\n";
}
