import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Template } from "@huggingface/jinja";
import { Tokenizer } from "@huggingface/tokenizers";
import * as v from "valibot";
import { accessFile } from "./access_file.ts";
import { CheckpointError } from "./checkpoint_error.ts";
import type { ModelConfig } from "./model_config.ts";
import { readJsonIfPresent } from "./read_json.ts";
import { readTokenizerDefinition, type TokenizerSource } from "./tokenizer_definition.ts";

/** One turn of a conversation. */
export interface ChatMessage {
  /** `"system"`, `"user"` or `"assistant"`, as far as the model's template knows them. */
  readonly role: string;
  readonly content: string;
}

/** How a chat template is filled in. */
export interface ChatOptions {
  /** Whether the beginning of the model's answer is added; true unless stated. */
  readonly addGenerationPrompt?: boolean;
  /** What else the template knows by name, e.g. `date_string` in Llama 3.1's. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

const specialToken = v.nullish(v.union([v.string(), v.looseObject({ content: v.string() })]));

const Settings = v.looseObject({
  chat_template: v.nullish(
    v.union([v.string(), v.array(v.object({ name: v.string(), template: v.string() }))]),
  ),
  bos_token: specialToken,
  eos_token: specialToken,
  unk_token: specialToken,
  pad_token: specialToken,
});

/** Text to token ids and back, and conversations to text. */
export class TextTokenizer {
  readonly #settings: v.InferOutput<typeof Settings>;
  readonly #templateSource: TemplateSource | undefined;
  #template: Template | undefined;

  private constructor(
    private readonly directory: string,
    private readonly tokenizer: Tokenizer,
    settings: v.InferOutput<typeof Settings>,
  ) {
    this.#settings = settings;
    this.#templateSource = chatTemplate(directory, settings);
  }

  /**
   * Reads tokenizer.json (or else SentencePiece's tokenizer.model and added_tokens.json),
   * tokenizer_config.json and chat_template.jinja of a checkpoint directory.
   *
   * @param model when given, the tokenizer must fit its vocabulary
   * @throws {CheckpointError} when there is no tokenizer, it is damaged or has ids the model lacks
   */
  static open(directory: string, model?: ModelConfig): TextTokenizer {
    const settings = readJsonIfPresent(join(directory, "tokenizer_config.json"), Settings) ?? {};
    const source = readTokenizerDefinition(directory, settings, model?.vocabulary);
    return new TextTokenizer(directory, construct(source, settings), settings);
  }

  /**
   * Token ids of a text. Special tokens written out in the text are recognised either way.
   *
   * @param options.special whether the model's own beginning (and end) of a text is added; true
   * unless stated
   */
  encode(text: string, { special = true } = {}): number[] {
    return this.tokenizer.encode(text, { add_special_tokens: special }).ids;
  }

  /**
   * Text of token ids.
   *
   * @param options.skipSpecial whether tokens like the end of a text are left out; true unless
   * stated
   */
  decode(tokens: readonly number[], { skipSpecial = true } = {}): string {
    if (tokens.length === 0) return "";
    return this.tokenizer.decode([...tokens], { skip_special_tokens: skipSpecial });
  }

  /** Id of a token by its text, if there is one. */
  tokenId(token: string): number | undefined {
    return this.tokenizer.token_to_id(token);
  }

  /** Id of the token that ends a text (`eos_token`), if the checkpoint names one. */
  get endOfText(): number | undefined {
    const text = tokenText(this.#settings.eos_token);
    return typeof text === "string" ? this.tokenId(text) : undefined;
  }

  /** Whether the checkpoint has a chat template. */
  get hasChatTemplate(): boolean {
    return this.#templateSource !== undefined;
  }

  /** The text of its chat template, if it has one. */
  get chatTemplate(): string | undefined {
    return this.#templateSource?.text;
  }

  /**
   * A prompt as the only turn of a user; see {@linkcode applyChatTemplate}.
   *
   * @throws {CheckpointError} as that
   */
  chatPrompt(prompt: string): string {
    return this.applyChatTemplate([{ role: "user", content: prompt }]);
  }

  /**
   * A conversation as the model was trained to see it. The text holds its special tokens, so
   * encode it with `special` false.
   *
   * @throws {CheckpointError} when the checkpoint has no chat template, or it cannot be parsed or
   * filled in: some refuse a conversation that does not begin with the user
   */
  applyChatTemplate(messages: readonly ChatMessage[], options: ChatOptions = {}): string {
    if (this.#templateSource === undefined) {
      const file = join(this.directory, "tokenizer_config.json");
      throw new CheckpointError(file, "chat_template", "a template", "none");
    }
    const { file, field, text } = this.#templateSource;
    const specials = Object.entries(this.#settings)
      .filter(([name]) => name.endsWith("_token"))
      .map(([name, token]) => [name, tokenText(token)]);
    try {
      this.#template ??= new Template(text);
      return this.#template.render({
        tools: null,
        documents: null,
        ...Object.fromEntries(specials),
        ...options.variables,
        messages,
        add_generation_prompt: options.addGenerationPrompt ?? true,
      });
    } catch (error) {
      // What the template's author wrote fails in any way an interpreter can fail.
      const found = error instanceof Error ? error.message : String(error);
      throw new CheckpointError(file, field, "a template that takes this conversation", found);
    }
  }
}

function tokenText(token: unknown): unknown {
  return typeof token === "object" && token !== null
    ? (token as { content?: string }).content
    : token;
}

/** A chat template and where it was found. */
interface TemplateSource {
  readonly file: string;
  /** Empty for a file of its own. */
  readonly field: string;
  readonly text: string;
}

function chatTemplate(
  directory: string,
  settings: v.InferOutput<typeof Settings>,
): TemplateSource | undefined {
  const own = join(directory, "chat_template.jinja");
  if (existsSync(own)) {
    return { file: own, field: "", text: accessFile(own, () => readFileSync(own, "utf8")) };
  }
  const { chat_template: named } = settings;
  const text = Array.isArray(named)
    ? (named.find(({ name }) => name === "default") ?? named[0])?.template
    : named;
  if (text === undefined || text === null) return undefined;
  return { file: join(directory, "tokenizer_config.json"), field: "chat_template", text };
}

function construct({ file, definition }: TokenizerSource, settings: object): Tokenizer {
  try {
    return new Tokenizer(definition, settings);
  } catch (error) {
    const found = error instanceof Error ? error.message : String(error);
    throw new CheckpointError(file, "", "a tokenizer that can be run", found);
  }
}
