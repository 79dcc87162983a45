import { EvaluationInputError } from "../input_error.ts";
import { formatTemplate } from "../python/format.ts";
import type { PythonRandom } from "../python/random.ts";
import type { DocumentCollection, DocumentQuestion } from "./documents.ts";
import type { RulerDraw, RulerSample } from "./task.ts";
import type { RulerTemplate } from "./templates.ts";

/** A task of answering a question from documents. */
export interface QuestionAnsweringTask {
  readonly kind: "qa";
  readonly dataset: "squad" | "hotpotqa";
}

const INCREMENT = 10;

/**
 * Question `index` of a collection among other documents (RULER qa.py). Units are documents.
 *
 * @throws {EvaluationInputError} if there are fewer questions
 */
export function questionAnsweringSample(
  { template, answerPrefix }: RulerTemplate,
  { documents, questions }: DocumentCollection,
  draw: RulerDraw,
): RulerSample {
  const asked = questions[draw.index];
  if (!asked) {
    throw new EvaluationInputError(
      `expected at least ${draw.index + 1} questions but found ${questions.length}`,
    );
  }
  const { question, answers, gold } = asked;
  return {
    increment: INCREMENT,
    minimum: gold.length,
    text: (units) => {
      const chosen = units < documents.length
        ? chooseDocuments(asked, documents.length, units, draw.random())
        : Array.from({ length: units }, (_, i) => i % documents.length);
      const shuffled = draw.shuffling().shuffled(chosen);
      const context = shuffled.map((number, i) => `Document ${i + 1}:\n${documents[number]}`)
        .join("\n\n");
      const fill = (text: string) => formatTemplate(text, { context, query: question });
      return { input: fill(template), answerPrefix: fill(answerPrefix), outputs: answers };
    },
  };
}

/** The question's own documents, then related ones, then any. */
function chooseDocuments(
  { gold, related }: DocumentQuestion,
  count: number,
  units: number,
  random: PythonRandom,
): number[] {
  const missing = units - gold.length;
  if (missing <= related.length) return [...gold, ...random.sample(related, missing)];
  const taken = new Set([...gold, ...related]);
  const others = Array.from({ length: count }, (_, i) => i).filter((i) => !taken.has(i));
  const rest = Math.min(missing - related.length, others.length);
  return [...gold, ...related, ...random.sample(others, rest)];
}
