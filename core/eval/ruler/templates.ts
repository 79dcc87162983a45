/**
 * The words around RULER's haystacks and questions.
 *
 * Scores depend on them, so a result says which were used: the ones built in here are this project's
 * own; NVIDIA's are read from RULER's `scripts/data/synthetic/constants.py` where the user has it.
 *
 * @module
 */
import * as v from "valibot";
import { EvaluationInputError } from "../input_error.ts";
import { otherForm } from "../json_lines.ts";
import { formatTemplate } from "../python/format.ts";
import { PythonLiteralError, readPythonLiteral } from "../python/literal.ts";
import { readText } from "../read_text.ts";

/** The texts of one kind of task, with places in braces. */
export interface RulerTemplate {
  /** Places `{context}`, `{query}`, and `{type_needle_v}` for needles. */
  readonly template: string;
  /** What the model goes on from; places `{query}`, `{type_needle_v}`, `{num_v}`. */
  readonly answerPrefix: string;
}

/** Kinds of tasks, as RULER names them. */
const RULER_KINDS = [
  "niah",
  "variable_tracking",
  "common_words_extraction",
  "freq_words_extraction",
  "qa",
] as const;

/** A kind of task. */
type RulerKind = typeof RULER_KINDS[number];

/** The texts of every kind of task. */
export type RulerTemplates = Readonly<Record<RulerKind, RulerTemplate>>;

/** This project's own texts. */
export const BUILT_IN_TEMPLATES: RulerTemplates = {
  niah: {
    template: "Some special magic {type_needle_v} are hidden in the text below. " +
      "Look for the {type_needle_v}: a question will follow.\n{context}\n" +
      "What are all the special magic {type_needle_v} for {query} in the text above?",
    answerPrefix: " The special magic {type_needle_v} for {query} in the text above are",
  },
  variable_tracking: {
    template: "The text below hides assignments to variables. Follow every chain of them.\n\n" +
      "{context}\nQuestion: Which variables have the value {query} in the text above?",
    answerPrefix: " Answer: In the text above {num_v} variables have the value {query}: ",
  },
  common_words_extraction: {
    template: "In the numbered list below some words occur much more often than the others. " +
      "Notice which.\n{context}\nQuestion: Which are the 10 most common words in the list above?",
    answerPrefix: " Answer: The 10 most common words in the list are:",
  },
  freq_words_extraction: {
    template: "The text below is made of coded words, some of them frequent. Dots between them " +
      "mean nothing. Count the coded words.\n{context}\n" +
      "Question: Leaving out the dots, which three coded words are the most frequent above?",
    answerPrefix: " Answer: The three most frequent coded words are:",
  },
  qa: {
    template: "Answer the question from the documents below, with the answer alone.\n\n" +
      "{context}\n\nAnswer the question from the documents above, with the answer alone.\n\n" +
      "Question: {query}",
    answerPrefix: " Answer:",
  },
};

const ConstantsSchema = v.object(Object.fromEntries(
  RULER_KINDS.map((
    kind,
  ) => [kind, v.looseObject({ template: v.string(), answer_prefix: v.string() })]),
));

/**
 * Reads NVIDIA's texts: the dictionary `TASKS` of RULER's `constants.py`.
 *
 * @throws {EvaluationInputError} if the file cannot be read or has no such dictionary
 */
export function readTemplates(path: string): RulerTemplates {
  const constants = v.safeParse(ConstantsSchema, readTasks(path));
  if (!constants.success) throw otherForm(`${path} TASKS`, constants.issues[0]);
  const entries = RULER_KINDS.map((kind): [RulerKind, RulerTemplate] => {
    const { template, answer_prefix } = constants.output[kind]!;
    checkPlaces(template + answer_prefix, `${path} TASKS ${kind}`);
    return [kind, { template, answerPrefix: answer_prefix }];
  });
  return Object.fromEntries(entries) as Record<RulerKind, RulerTemplate>;
}

function readTasks(path: string) {
  const text = readText(path);
  try {
    return readPythonLiteral(text, "TASKS");
  } catch (error) {
    if (!(error instanceof PythonLiteralError)) throw error;
    throw new EvaluationInputError(`${path} ${error.message}`);
  }
}

function checkPlaces(text: string, where: string) {
  try {
    formatTemplate(text, { context: "", query: "", type_needle_v: "", num_v: "" });
  } catch (error) {
    throw new EvaluationInputError(`${where}: ${(error as Error).message}`);
  }
}
