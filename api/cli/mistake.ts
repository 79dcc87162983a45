import { BudgetTableError } from "../../core/attention/budget_table.ts";
import { TraceFormatError } from "../../core/attention/frame_reader.ts";
import { TraceResumeError } from "../../core/attention/resume_trace.ts";
import { EvaluationInputError } from "../../core/eval/input_error.ts";
import { PluginFailure } from "../../core/host/outcome.ts";
import { CheckpointError } from "../../core/llm/checkpoint_error.ts";
import { ProviderError } from "../../core/llm/onnx/provider_error.ts";
import { ResultStoreError } from "../../core/memory/result_store.ts";
import { TraceSyntaxError } from "../../core/memory/trace_text.ts";
import { PluginRefusedError } from "../../core/run/plugins/plugin_library.ts";
import { QueueFullError } from "../../core/run/run_service.ts";
import { StoreError } from "../../core/run/store_error.ts";
import { CompileError } from "../../wasm/sdk/compile_error.ts";
import { PluginManifestError } from "../../wasm/sdk/plugin_manifest.ts";
import { lowerFirst, UserError } from "./user_error.ts";

// deno-lint-ignore no-control-regex -- these are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Errors that say what is wrong with what the user gave. */
const MISTAKES = [
  UserError,
  BudgetTableError,
  CheckpointError,
  CompileError,
  EvaluationInputError,
  PluginFailure,
  PluginManifestError,
  PluginRefusedError,
  ProviderError,
  QueueFullError,
  ResultStoreError,
  StoreError,
  TraceFormatError,
  TraceResumeError,
  TraceSyntaxError,
];

/** Whether an error is about what the user gave; the program itself is then in order. */
export function isMistake(error: unknown): error is Error {
  return MISTAKES.some((type) => error instanceof type);
}

/** What a user is told of a mistake: one line. */
export function lineOfMistake(error: Error): string {
  return oneLine(lowerFirst(error.message));
}

const CHARACTERS_SHOWN = 8000;

/**
 * A text's lines as one, for a terminal: what would steer it is written out, since messages quote
 * files and plugins.
 *
 * @example
 * ```ts
 * import { oneLine } from "./mistake.ts";
 * import { equal } from "node:assert/strict";
 *
 * equal(oneLine("found\n  \u001b[31mred"), "found \\u001b[31mred");
 * ```
 */
export function oneLine(text: string): string {
  const line = text.slice(0, CHARACTERS_SHOWN).replace(/\s*\n\s*/g, " ");
  const end = text.length > CHARACTERS_SHOWN ? "..." : "";
  return line.replace(CONTROLS, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`) +
    end;
}
