import { deepEqual, equal, ok } from "node:assert/strict";
import { RULER_TASK_NAMES } from "./tasks.ts";
import { countWords, generate, material } from "../testing/ruler_samples.ts";

Deno.test("needles: the values behind the keys asked for are found by a plain search", () => {
  for (const task of RULER_TASK_NAMES.filter((name) => name.startsWith("niah"))) {
    for (const line of generate({ task, samples: 4 })) {
      const text = line.input.slice(0, line.input.lastIndexOf("What "));
      const question = line.input.slice(text.length);
      const needles = [...text.matchAll(/special magic \w+ for (\S+) is: (\S+)\./g)];
      const found = needles.filter(([, key]) =>
        question.includes(` ${key}`) || question.includes(`${key},`)
      )
        .map(([, , value]) => value);
      deepEqual(found.sort(), [...line.outputs].sort(), task);
      equal(
        new Set(line.outputs).size,
        task.startsWith("niah_multi") && /value|query/.test(task) ? 4 : 1,
      );
    }
  }
});

Deno.test("a question for one value is in the singular", () => {
  const [one] = generate({ task: "niah_single_1", samples: 1 });
  ok(/A special magic number is hidden/.test(one!.input));
  ok(/What is the special magic number for [a-z-]+ in/.test(one!.input));
  ok(/ is$/.test(one!.answer_prefix));
  const [four] = generate({ task: "niah_multiquery", samples: 1 });
  ok(/What are all the special magic numbers for \S+, \S+, \S+, and \S+ in/.test(four!.input));
});

Deno.test("variable tracking: following the assignments gives the outputs", () => {
  for (const { input, outputs, answer_prefix } of generate({ task: "vt", samples: 4 })) {
    const asked = /have the value (\d{5}) in/.exec(input.slice(input.lastIndexOf("Question")))![1]!;
    const text = input.slice(input.lastIndexOf("Follow every chain"));
    const holds = new Map<string, string>();
    for (const [, name, value] of text.matchAll(/^VAR (\w+) = (?:VAR )?(\w+) ?$/gm)) {
      holds.set(name!, holds.get(value!) ?? value!);
    }
    deepEqual([...holds].filter(([, value]) => value === asked).map(([name]) => name), outputs);
    equal(outputs.length, 5);
    ok(outputs.every((name) => /^[A-Z]{5}$/.test(name)));
    ok(answer_prefix.includes("5 variables"));
    // The example in front is another question, solved.
    const example = input.slice(0, input.indexOf("\nThe text below", 10));
    ok(/: [A-Z]{3} [A-Z]{3} [A-Z]{3} [A-Z]{3} [A-Z]{3}$/.test(example), example.slice(-80));
    ok(countWords(example) <= 500);
  }
});

Deno.test("common words: counting the list gives the outputs", () => {
  for (const maxTokens of [1500, 5000]) {
    for (const { input, outputs } of generate({ task: "cwe", maxTokens })) {
      const text = input.slice(input.lastIndexOf("Notice which."), input.lastIndexOf("Question"));
      const counts = countOf([...text.matchAll(/\d+\. (\S+)/g)].map(([, word]) => word!));
      deepEqual(mostFrequent(counts, 10).sort(), [...outputs].sort());
      const [common, other] = maxTokens < 4096 ? [6, 1] : [30, 3];
      deepEqual([...new Set(counts.values())].sort((a, b) => b - a), [common, other]);
    }
  }
});

Deno.test("frequent words: counting the text gives the outputs, in order", () => {
  for (const maxTokens of [500, 3000]) {
    for (const { input, outputs } of generate({ task: "fwe", maxTokens })) {
      const words = input.split("\n")[1]!.split(" ");
      const counts = countOf(words);
      const [noise, ...rest] = mostFrequent(counts, 4);
      equal(noise, "...");
      deepEqual(rest, outputs);
      ok(
        counts.get(outputs[2]!)! > Math.max(
          0,
          ...[...counts].map(([word, n]) => word === "..." || outputs.includes(word) ? 0 : n),
        ),
      );
    }
  }
});

function countOf(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function mostFrequent(counts: ReadonlyMap<string, number>, count: number): string[] {
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, count).map(([word]) => word);
}

Deno.test("questions: a document with the answer is among the documents", () => {
  for (const task of ["qa_1", "qa_2"] as const) {
    for (const line of generate({ task, samples: 5, maxTokens: 900 })) {
      const [about] = /\d+ in valley \d+|land \d+/.exec(line.input.split("Question: ").at(-1)!)!;
      const documents = line.input.split(/Document \d+:\n/).slice(1);
      ok(
        documents.some((text) =>
          text.includes(line.outputs[0]!) &&
          text.toLowerCase().includes(about.replace("in", "lies in"))
        ),
      );
      equal(line.outputs.length, 1);
    }
  }
});

Deno.test("documents of the same article come before others, and unanswerable questions never", () => {
  const { questions, documents } = material.squad;
  equal(questions.length, 60);
  equal(documents.length, 90);
  equal(questions.some(({ question }) => question.includes("valley 1")), false);
  deepEqual(questions[0]!.related.map((number) => documents[number]!.slice(0, 24)), [
    "Town 0 lies in valley 1.",
    "Town 0 lies in valley 2.",
  ]);
  const [line] = generate({ task: "qa_1", samples: 1, maxTokens: 300 });
  for (const valley of [0, 1, 2]) ok(line!.input.includes(`Town 0 lies in valley ${valley}.`));
});

Deno.test("a collection that is too small is repeated", () => {
  const [line] = generate({ task: "qa_1", samples: 1, maxTokens: 5000 });
  ok(line!.input.split("Town 3 lies in valley 2.").length > 2);
});
