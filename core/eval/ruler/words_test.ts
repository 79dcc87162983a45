import { deepEqual, equal, notEqual, ok, throws } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { generate } from "../testing/ruler_samples.ts";
import { temporaryFolder } from "../testing/temporary_folder.ts";
import { builtInWords, readWords } from "./words.ts";

Deno.test("words of the larger list are enough for cwe at 131,072 tokens", () => {
  // Words are fewer than the tokens of any tokenizer, so that more of them are needed than ever.
  const [line] = generate({ task: "cwe", maxTokens: 131_072, samples: 1 });
  ok(line!.length > 131_000 && line!.length <= 131_072, `${line!.length}`);
  const counts = new Map<string, number>();
  const [, context] = line!.input.split("Notice which.\n").slice(1);
  for (const word of context!.split("\n")[0]!.split(/\d+\. /).slice(1)) {
    counts.set(word.trim(), (counts.get(word.trim()) ?? 0) + 1);
  }
  ok(counts.size > 20_000, `${counts.size}`);
  const common = [...counts].filter(([, count]) => count === 30).map(([word]) => word);
  deepEqual(common.sort(), [...line!.outputs].sort());
  ok([...counts.values()].every((count) => count === 30 || count === 3));
});

Deno.test("a folder of wonderwords' lists takes the place of all words", () => {
  using folder = temporaryFolder();
  const write = (name: string, text: string) => writeFileSync(folder.path(name), text);
  write("adjectivelist.txt", "red\nblue\n");
  write("nounlist.txt", "cat\nhuman being\r\n\n");
  throws(() => readWords(folder.path()), /verblist\.txt: expected a file but found none$/);
  write("verblist.txt", "run\ncat\n");
  const words = readWords(folder.path());
  deepEqual(words.adjectives, ["blue", "red"]);
  deepEqual(words.common, ["blue", "cat", "human being", "red", "run"]);
  deepEqual(words.large, builtInWords().large);
  write("english_words.json", '{"0": "zeta", "1": "eta", "2": "zeta"}');
  const both = readWords(folder.path());
  deepEqual(both.large, ["zeta", "eta"]);
  notEqual(both.digest, words.digest);
  write("verblist.txt", "\n");
  throws(() => readWords(folder.path()), /verblist\.txt: expected words but found none$/);
});

Deno.test("a file of words takes the place of the larger list alone", () => {
  using folder = temporaryFolder();
  const read = (name: string, text: string) => {
    writeFileSync(folder.path(name), text);
    return readWords(folder.path(name));
  };
  const { large, ...rest } = read("english_words.json", '["zeta", "eta"]');
  deepEqual(large, ["zeta", "eta"]);
  deepEqual(rest.common, builtInWords().common);
  notEqual(rest.digest, builtInWords().digest);
  deepEqual(read("mine.txt", "zeta\neta\n").large, ["zeta", "eta"]);
  equal(read("mine.txt", "zeta\neta").digest, rest.digest);
  throws(() => read("a.json", '{"0": 5}'), /a\.json: expected JSON of words but found something/);
  throws(() => read("a.json", "[]"), /a\.json: expected words but found none$/);
  throws(() => readWords(folder.path("none")), /none: expected a file but found none$/);
});
