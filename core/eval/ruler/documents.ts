/**
 * Questions with documents: SQuAD and HotpotQA, from their own files.
 *
 * @module
 */
import * as v from "valibot";
import { digestText } from "../digest.ts";
import { EvaluationInputError } from "../input_error.ts";
import { parseJsonLine } from "../json_lines.ts";
import { readText } from "../read_text.ts";

/** A question. Documents are numbers into the collection. */
export interface DocumentQuestion {
  readonly question: string;
  /** Every accepted answer. */
  readonly answers: readonly string[];
  /** Documents that belong to the question. */
  readonly gold: readonly number[];
  /** Documents of the same article, taken before others. */
  readonly related: readonly number[];
}

/** Documents, and questions about them. */
export interface DocumentCollection {
  readonly documents: readonly string[];
  readonly questions: readonly DocumentQuestion[];
  /** SHA-256 of the file. */
  readonly digest: string;
}

const SquadSchema = v.object({
  data: v.array(v.object({
    paragraphs: v.array(v.object({
      context: v.string(),
      qas: v.array(v.object({
        question: v.string(),
        is_impossible: v.optional(v.boolean(), false),
        answers: v.array(v.object({ text: v.string() })),
      })),
    })),
  })),
});

const HotpotSchema = v.array(v.object({
  question: v.string(),
  answer: v.string(),
  context: v.array(v.tuple([v.string(), v.array(v.string())])),
}));

/**
 * Reads SQuAD 2.0 (`dev-v2.0.json`). Questions without an answer are left out.
 *
 * @throws {EvaluationInputError} if the file is absent or malformed, or has no question
 */
export function readSquad(path: string): DocumentCollection {
  const { value: { data }, digest } = readJson(path, SquadSchema);
  const texts = data.map(({ paragraphs }) => paragraphs.map(({ context }) => context));
  const { documents, number } = numberDocuments(texts.flat());
  const questions = data.flatMap(({ paragraphs }, article) =>
    paragraphs.flatMap(({ context, qas }) => {
      const related = texts[article]!.map(number).filter((other) => other !== number(context));
      return qas.filter((qa) => !qa.is_impossible).map(({ question, answers }) => ({
        question,
        answers: [...new Set(answers.map(({ text }) => text))],
        gold: [number(context)],
        related,
      }));
    })
  );
  return collection(path, documents, questions, digest);
}

/**
 * Reads HotpotQA (`hotpot_dev_distractor_v1.json`). A question's documents are its ten paragraphs,
 * each with its title.
 *
 * @throws {EvaluationInputError} if the file is absent or malformed, or has no question
 */
export function readHotpotQa(path: string): DocumentCollection {
  const { value, digest } = readJson(path, HotpotSchema);
  const text = ([title, sentences]: [string, string[]]) => `${title}\n${sentences.join("")}`;
  const { documents, number } = numberDocuments(value.flatMap(({ context }) => context.map(text)));
  const questions = value.map(({ question, answer, context }) => ({
    question,
    answers: [answer],
    gold: context.map(text).map(number),
    related: [],
  }));
  return collection(path, documents, questions, digest);
}

function numberDocuments(texts: readonly string[]) {
  const documents = [...new Set(texts)].sort();
  const numbers = new Map(documents.map((text, i) => [text, i]));
  return { documents, number: (text: string) => numbers.get(text)! };
}

function collection(
  path: string,
  documents: readonly string[],
  questions: readonly DocumentQuestion[],
  digest: string,
): DocumentCollection {
  if (questions.length > 0) return { documents, questions, digest };
  throw new EvaluationInputError(`${path}: expected questions with answers but found none`);
}

function readJson<Schema extends v.GenericSchema>(path: string, schema: Schema) {
  const text = readText(path);
  return { value: parseJsonLine(text, schema, path), digest: digestText(text) };
}
