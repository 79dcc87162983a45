import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { CheckpointError } from "./checkpoint_error.ts";
import { readModelConfig } from "./model_config.ts";
import { TemporaryDirectory } from "./testing/random_checkpoint.ts";
import { tinyLlama } from "./tiny_llama.ts";
import { TextTokenizer } from "./tokenizer.ts";

Deno.test("ids are those of the tokenizers library 0.23.2", () => {
  const tokenizer = TextTokenizer.open(tinyLlama);
  const cases: [string, number[]][] = [
    ["Call me Ishmael. Some years ago", [
      ...[68, 345, 410, 765, 105, 1286, 472, 47, 355, 504, 800, 476, 112],
    ]],
    ["It's 1851, isn't it?", [
      ...[74, 117, 486, 33, 50, 57, 54, 50, 45, 330, 111, 1475, 328, 64],
    ]],
    ["naïve café 鯨 🐋", [
      ...[111, 98, 196, 176, 306, 1223, 103, 196, 170, 33, 234, 176, 169, 33, 241, 160, 145, 140],
    ]],
    ["  two  spaces\n\n\tand tabs ", [
      ...[33, 801, 33, 621, 475, 281, 1541, 10, 400, 257, 385, 116, 33],
    ]],
    ["", []],
    ["<|endoftext|>The end<|endoftext|>", [0, 820, 867, 0]],
  ];
  for (const [text, ids] of cases) {
    deepEqual(tokenizer.encode(text), ids);
    equal(tokenizer.decode(ids, { skipSpecial: false }), text);
  }
  equal(tokenizer.decode([0, 820, 867, 0]), "The end");
  equal(tokenizer.tokenId("<|endoftext|>"), 0);
});

Deno.test("any text comes back", () => {
  const tokenizer = TextTokenizer.open(tinyLlama);
  fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (text) => {
    equal(tokenizer.decode(tokenizer.encode(text), { skipSpecial: false }), text);
  }));
});

/** testdata/bpe.model was trained by SentencePiece 0.2.2 with Llama 2's settings. */
function sentencePieceDirectory(): TemporaryDirectory {
  const directory = new TemporaryDirectory();
  const model = new URL("testdata/bpe.model", import.meta.url);
  directory.write("tokenizer.model", Deno.readFileSync(model));
  return directory;
}

Deno.test("ids of a tokenizer.model are SentencePiece's own", () => {
  using directory = sentencePieceDirectory();
  const tokenizer = TextTokenizer.open(directory.path);
  const cases: [string, number[]][] = [
    ["Call me Ishmael.", [401, 440, 391, 340, 295, 407, 409, 414, 404, 402, 411, 424]],
    ["the  whale\n and 1851", [265, 401, 316, 404, 286, 14, 284, 401, 53, 60, 57, 53]],
    ["", []],
    ["naïve café 鯨 🐋", [
      ...[300, 404, 199, 179, 345, 278, 404, 418, 199, 173, 401, 237, 179, 172, 401, 244, 163, 148],
      143,
    ]],
    [" leading and trailing ", [401, 401, 286, 309, 272, 284, 260, 410, 404, 393, 272, 401]],
    ["aaaaaaaaaa thethethe", [
      ...[262, 404, 404, 404, 404, 404, 404, 404, 404, 404, 265, 403, 261, 403, 261],
    ]],
  ];
  for (const [text, ids] of cases) {
    deepEqual(tokenizer.encode(text, { special: false }), ids);
    equal(tokenizer.decode(ids), text);
  }
  deepEqual(tokenizer.encode("the"), [1, 265]);
});

Deno.test("tokens of added_tokens.json are recognised, and special where they are named so", () => {
  using directory = sentencePieceDirectory();
  directory.write("added_tokens.json", { "<pad>": 512, "[WHALE]": 513 });
  directory.write("special_tokens_map.json", {
    pad_token: "<pad>",
    eos_token: { content: "</s>" },
  });
  const tokenizer = TextTokenizer.open(directory.path);
  equal(tokenizer.tokenId("[WHALE]"), 513);
  const ids = tokenizer.encode("the whale<pad>[WHALE]", { special: false });
  deepEqual([ids[0], ...ids.slice(-2)], [265, 512, 513]);
  equal(tokenizer.decode(ids), "the whale[WHALE]");
  equal(tokenizer.decode(ids, { skipSpecial: false }), "the whale<pad>[WHALE]");
  // Newer files say it in tokenizer_config.json, which counts where both are there.
  directory.write("tokenizer_config.json", {
    added_tokens_decoder: { 600: { content: "[SHIP]", special: true } },
  });
  const newer = TextTokenizer.open(directory.path);
  deepEqual([newer.tokenId("[SHIP]"), newer.tokenId("[WHALE]")], [600, undefined]);
  directory.write("tokenizer_config.json", {});
  directory.write("added_tokens.json", { "<pad>": "last" });
  throws(
    () => TextTokenizer.open(directory.path),
    /added_tokens\.json: "<pad>": Expected a number but found "last"$/,
  );
});

Deno.test("a damaged tokenizer.model is refused", () => {
  using directory = sentencePieceDirectory();
  const file = join(directory.path, "tokenizer.model");
  Deno.writeFileSync(file, Deno.readFileSync(file).subarray(0, 1000));
  throws(
    () => TextTokenizer.open(directory.path),
    /tokenizer\.model: Expected a SentencePiece model/,
  );
  Deno.writeFileSync(file, new Uint8Array(0));
  throws(
    () => TextTokenizer.open(directory.path),
    /tokenizer\.model: pieces: Expected at least one/,
  );
});

Deno.test("damage anywhere ends in an error of the file or in another tokenizer", () => {
  using directory = sentencePieceDirectory();
  const file = join(directory.path, "tokenizer.model");
  const good = Deno.readFileSync(file);
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
      const bad = good.slice();
      bad[at] = byte;
      Deno.writeFileSync(file, bad);
      try {
        TextTokenizer.open(directory.path).encode("the whale");
      } catch (error) {
        equal(error instanceof CheckpointError, true, String(error));
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("a tokenizer with ids the model lacks is refused", () => {
  const model = { ...readModelConfig(tinyLlama), vocabulary: 2047 };
  throws(
    () => TextTokenizer.open(tinyLlama, model),
    /tokenizer\.json: vocabulary: Expected ids below 2047 \(vocab_size of config\.json\) but found 2047 for /,
  );
});

Deno.test("an added token beyond the vocabulary is named, whatever ids have no token", () => {
  using directory = new TemporaryDirectory();
  const json = JSON.parse(Deno.readTextFileSync(join(tinyLlama, "tokenizer.json")));
  json.added_tokens.push({ ...json.added_tokens[0], id: 5000, content: "<x>" });
  directory.write("tokenizer.json", json);
  throws(
    () => TextTokenizer.open(directory.path, readModelConfig(tinyLlama)),
    /Expected ids below 2048 \(vocab_size of config\.json\) but found 5000 for "<x>"$/,
  );
});

/** The tiny model's tokenizer.json, changed. */
function withDefinition(change: (json: Definition) => void): TemporaryDirectory {
  const directory = new TemporaryDirectory();
  const json = JSON.parse(Deno.readTextFileSync(join(tinyLlama, "tokenizer.json")));
  change(json);
  directory.write("tokenizer.json", json);
  return directory;
}

interface Definition {
  readonly added_tokens: Record<string, unknown>[];
  readonly model: { type?: unknown; vocab: Record<string, unknown>; merges: unknown[] };
}

Deno.test("a definition that cannot be meant is refused before a text is met", () => {
  const wrong: readonly (readonly [(json: Definition) => void, RegExp])[] = [
    [({ model }) => model.vocab.e = -5, /model\.vocab\."e": Expected at least 0 but found -5$/],
    [
      ({ model }) => model.vocab.e = 0.5,
      /model\.vocab\."e": Expected a whole number but found 0\.5$/,
    ],
    [({ model }) => model.vocab.e = "x", /model\.vocab\."e": Expected a number but found "x"$/],
    [({ model }) => model.vocab = {}, /model\.vocab: Expected at least one token but found none$/],
    [
      ({ added_tokens }) => added_tokens[0]!.id = -1,
      /added_tokens\.0\.id: Expected at least 0 but found -1$/,
    ],
    [({ model }) => model.type = "Foo", /model\.type: Expected one of "BPE", .* but found "Foo"$/],
    [
      ({ model }) => model.merges[3] = "zz",
      /model\.merges\.3: Expected two tokens .* but found "zz"$/,
    ],
    [({ model }) => model.merges[3] = "a b c", /model\.merges\.3: .* but found "a b c"$/],
    [({ model }) => model.merges[0] = ["a"], /model\.merges\.0: .* but found \["a"\]$/],
  ];
  for (const [change, message] of wrong) {
    using directory = withDefinition(change);
    throws(() => TextTokenizer.open(directory.path), { name: "CheckpointError", message });
  }
});

Deno.test("a definition that says less or the same otherwise is understood", () => {
  const text = "Call me Ishmael. Some years ago";
  const expected = TextTokenizer.open(tinyLlama).encode(text);
  const same: readonly ((json: Definition) => void)[] = [
    ({ model }) => delete model.type,
    ({ model }) => model.merges.unshift("#version: 0.2"),
    ({ model }) => model.merges = model.merges.map((merge) => String(merge).split(" ")),
  ];
  for (const change of same) {
    using directory = withDefinition(change);
    deepEqual(TextTokenizer.open(directory.path).encode(text), expected);
  }
});

Deno.test("words that every JavaScript object knows are tokens like any other", () => {
  for (const word of ["constructor", "prototype", "toString"]) {
    using directory = withDefinition(({ model }) => {
      model.vocab[word] = 2048;
      // From the left on: `c o`, `co n`, ...
      const ends = Array.from(word.slice(1), (_, i) => i + 1);
      model.merges = ends.map((end) => `${word.slice(0, end)} ${word[end]}`);
      for (const end of ends.slice(0, -1)) model.vocab[word.slice(0, end + 1)] ??= 2048 + end;
    });
    const tokenizer = TextTokenizer.open(directory.path);
    deepEqual(tokenizer.encode(word), [2048]);
    equal(tokenizer.decode([2048]), word);
  }
});

Deno.test("a directory without a tokenizer says so", () => {
  using directory = new TemporaryDirectory();
  throws(
    () => TextTokenizer.open(directory.path),
    /Expected tokenizer\.json or tokenizer\.model but found neither$/,
  );
  directory.write("tokenizer.json", { model: {} });
  throws(() => TextTokenizer.open(directory.path), /tokenizer\.json: model\.vocab: Expected /);
});

/** The tiny model's tokenizer with other settings. */
function withSettings(settings: object): TemporaryDirectory {
  const directory = new TemporaryDirectory();
  directory.write("tokenizer.json", Deno.readTextFileSync(join(tinyLlama, "tokenizer.json")));
  directory.write("tokenizer_config.json", settings);
  return directory;
}

const MESSAGES = [{ role: "user", content: "Where is the whale?" }];

Deno.test("conversations are written by the model's template", () => {
  using directory = withSettings({
    bos_token: { content: "<s>" },
    chat_template:
      "{{ bos_token }}{% for m in messages %}[{{ m['role'] }}] {{ m['content'] | trim }}" +
      "{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}",
  });
  const tokenizer = TextTokenizer.open(directory.path);
  const expected = "<s>[user] Where is the whale?";
  equal(tokenizer.applyChatTemplate(MESSAGES), `${expected}[assistant]`);
  equal(tokenizer.chatPrompt("Hi"), tokenizer.applyChatTemplate([{ role: "user", content: "Hi" }]));
  equal(tokenizer.applyChatTemplate(MESSAGES, { addGenerationPrompt: false }), expected);
});

Deno.test("a template knows that there are no tools, and what it is told beside", () => {
  using directory = withSettings({
    chat_template: "{% if tools is not none %}tools{% endif %}" +
      "{% if date_string is defined %}{{ date_string }}{% else %}no date{% endif %}",
  });
  const tokenizer = TextTokenizer.open(directory.path);
  equal(tokenizer.applyChatTemplate(MESSAGES), "no date");
  const variables = { date_string: "26 Jul 2024" };
  equal(tokenizer.applyChatTemplate(MESSAGES, { variables }), "26 Jul 2024");
});

Deno.test("a template may lie in its own file or be one of several", () => {
  using named = withSettings({
    chat_template: [{ name: "tool", template: "x" }, { name: "default", template: "y" }],
  });
  equal(TextTokenizer.open(named.path).applyChatTemplate(MESSAGES), "y");
  named.write("chat_template.jinja", "z");
  equal(TextTokenizer.open(named.path).applyChatTemplate(MESSAGES), "z");
});

Deno.test("a model without a template has none to apply", () => {
  const tokenizer = TextTokenizer.open(tinyLlama);
  equal(tokenizer.hasChatTemplate, false);
  throws(() => tokenizer.applyChatTemplate(MESSAGES), /chat_template: Expected a template/);
});

Deno.test("a template that is none matters only where a conversation is written", () => {
  using directory = withSettings({ chat_template: "{% if %}" });
  const tokenizer = TextTokenizer.open(directory.path);
  equal(tokenizer.hasChatTemplate, true);
  ok(tokenizer.encode("Where is the whale?").length > 0);
  throws(
    () => tokenizer.applyChatTemplate(MESSAGES),
    /tokenizer_config\.json: chat_template: Expected a template that takes this conversation but found [^\n]+$/,
  );
});

Deno.test("what a template objects to is told with the file it lies in", () => {
  using directory = withSettings({});
  directory.write("chat_template.jinja", "{{ raise_exception('Begin with the user') }}");
  throws(
    () => TextTokenizer.open(directory.path).applyChatTemplate(MESSAGES),
    /chat_template\.jinja: Expected [^\n]+ but found Begin with the user$/,
  );
});
