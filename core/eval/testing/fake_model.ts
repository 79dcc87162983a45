/**
 * For tests only: a language model whose next character is what a function says.
 *
 * @module
 */
import { addRows, noRows } from "../../attention/row_totals.ts";
import type {
  AttentionObserver,
  DecodeSession,
  EvaluatedModel,
  EvaluationTokenizer,
} from "../evaluated_model.ts";

const BEGIN = 0;
const END = 1;
const FIRST_BYTE = 2;

/** Bytes of UTF-8 as tokens, behind a beginning-of-text token. */
export const BYTE_TOKENIZER: EvaluationTokenizer = {
  encode(text, { special }) {
    const bytes = [...new TextEncoder().encode(text)].map((byte) => byte + FIRST_BYTE);
    return special ? [BEGIN, ...bytes] : bytes;
  },
  decode(ids, { skipSpecial }) {
    const special = ["<s>", "</s>"];
    let text = "";
    let bytes: number[] = [];
    for (const id of [...ids, BEGIN]) {
      if (id >= FIRST_BYTE) bytes.push(id - FIRST_BYTE);
      else {
        text += new TextDecoder().decode(Uint8Array.from(bytes)) + (skipSpecial ? "" : special[id]);
        bytes = [];
      }
    }
    return skipSpecial ? text : text.slice(0, -special[BEGIN]!.length);
  },
};

/** What a session of a fake model was given. */
interface FakeCall {
  readonly sample: string;
  /** Text read at once, special tokens written out. */
  prefilled: string;
  /** Text read token by token. */
  stepped: string;
  ended: boolean;
  closed: boolean;
}

/** A fake model and what was done with it. */
interface FakeModel extends EvaluatedModel {
  readonly calls: FakeCall[];
}

/**
 * A model that continues a text as told, one ASCII character at a time.
 *
 * @param next the character behind a text (special tokens left out); an empty one ends it
 * @param settings what to change of the model
 */
export function fakeModel(
  next: (text: string) => string,
  settings: Partial<EvaluatedModel> = {},
): FakeModel {
  const calls: FakeCall[] = [];
  const text = (ids: readonly number[]) => BYTE_TOKENIZER.decode(ids, { skipSpecial: false });
  const open = (sample: string, observer?: AttentionObserver): Promise<DecodeSession> => {
    const call: FakeCall = { sample, prefilled: "", stepped: "", ended: false, closed: false };
    calls.push(call);
    const read: number[] = [];
    let rows = noRows();
    const logits = () => {
      const character = next(BYTE_TOKENIZER.decode(read, { skipSpecial: true }));
      const values = new Float32Array(FIRST_BYTE + 256);
      values[character === "" ? END : character.charCodeAt(0) + FIRST_BYTE] = 1;
      return Promise.resolve(values);
    };
    return Promise.resolve({
      prefill(ids) {
        if (ids.length === 0) throw new RangeError("Expected at least one token but found none");
        call.prefilled += text(ids);
        read.push(...ids);
        return logits();
      },
      step(id) {
        call.stepped += text([id]);
        read.push(id);
        // Token t has the logit t; the two most relevant are kept.
        const kept = [read.length - 1, read.length - 2].filter((token) => token >= 0);
        observer?.({ layer: 2, queryHead: 0, kept, logits: Float32Array.from(read.keys()) });
        rows = addRows(rows, {
          keptTokens: 16,
          sequentialRows16: 2,
          placedRows16: 1,
          sequentialDramRows: 1,
          placedDramRows: 1,
        });
        return logits();
      },
      get rows() {
        return rows;
      },
      end() {
        call.ended = true;
      },
      [Symbol.asyncDispose]() {
        call.closed = true;
        return Promise.resolve();
      },
    });
  };
  return {
    name: "fake",
    digests: { weights: "ab" },
    policy: { name: "quest", budget: 16 },
    contextTokens: 100_000,
    tokenizer: BYTE_TOKENIZER,
    endOfText: END,
    stopTokens: [END],
    open,
    ...settings,
    calls,
  };
}

/** Continues a text behind the last occurrence of a mark with given words, then ends. */
export function replyBehind(mark: string, reply: string): (text: string) => string {
  return (text) => {
    const given = text.slice(text.lastIndexOf(mark) + mark.length);
    return reply.startsWith(given) ? reply.slice(given.length, given.length + 1) : "";
  };
}
