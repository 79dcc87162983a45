// A policy that misbehaves in select as its first parameter says: for the host's tests.
import {
  Access,
  BudgetBinding,
  Config,
  DataKind,
  Description,
  fail,
  HeadUnit,
  Inputs,
  LengthMismatch,
  ok,
  Parameter,
  ParameterValue,
  PolicyError,
  Result,
  Selection,
  Session,
  Step,
  TokenBlock,
  TokenSets,
  Update,
  Visible,
} from "kvpim/policy";
import { choiceParameter, Settings } from "kvpim/parameters";

const DEEDS: Array<string> = [
  "behave",
  "loop",
  "grow",
  "recurse",
  "trap",
  "read-outside",
  "divide",
  "index-out-of-range",
  "repeat-token",
  "over-budget",
  "too-few-offsets",
  "nan-bias",
  "decline",
  "evict-twice",
  "fill-half",
  "fill",
  "nan-bits",
  "share-a-slot",
  "grow-and-recover",
  "take-a-slot",
  "move",
  "answer-differently",
  "evict-without-offsets",
  "show-nothing",
  "evict-all",
];

const PARAMETERS: Array<Parameter> = [
  choiceParameter("deed", "What to do wrong.", DEEDS),
];

/** Answers given by this instance. */
let answers: u32 = 0;

export class Policy extends Session {
  private deed: string = "behave";

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "hostile";
    description.version = "0.1.0";
    description.summary = "Misbehaves.";
    description.parameters = PARAMETERS;
    description.inputs = Inputs.Queries;
    description.budget = BudgetBinding.hard();
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    const policy = new Policy();
    policy.deed = DEEDS[settings.choice(0)];
    return ok<Session>(policy);
  }

  override append(_tokens: TokenBlock): Result<Update, PolicyError> {
    const update = new Update();
    if (this.deed === "evict-twice") update.evicted = sets([0, 1, 2], [0, 0]);
    if (this.deed === "evict-without-offsets") update.evicted = sets([], [2]);
    if (this.deed === "evict-all") update.evicted = sets([0, 4, 8], [0, 1, 2, 3, 0, 1, 2, 3]);
    if (this.deed === "share-a-slot") place(update, 0, [0, 0, 1, 1]);
    if (this.deed === "take-a-slot") place(update, 0, [2, 2]);
    if (this.deed === "move") place(update, 0, [9, 1, 9, 1]);
    return ok(update);
  }

  override select(step: Step): Result<Selection, PolicyError> {
    const selection = new Selection();
    selection.visible = Visible.only(sets([0, 2, 4], [0, 1, 0, 1]));
    switch (this.deed) {
      case "loop":
        loopForever();
        break;
      case "grow":
        growForever();
        break;
      case "recurse":
        selection.visible.only.tokens[0] = recurse(1);
        break;
      case "trap":
        giveUp();
        break;
      case "read-outside":
        store<f32>(0x7ffffff0, 1);
        break;
      case "divide":
        selection.visible.only.tokens[0] = 1 / (step.position - step.position);
        break;
      case "index-out-of-range":
        selection.visible.only.tokens[3] = 1000000;
        break;
      case "repeat-token":
        selection.visible.only.tokens[3] = 0;
        break;
      case "over-budget":
        selection.visible = Visible.only(sets([0, 3, 6], [0, 1, 2, 0, 1, 2]));
        break;
      case "too-few-offsets":
        selection.visible.only.offsets = [0, 4];
        break;
      case "show-nothing":
        selection.visible = Visible.only(sets([0, 2, 2], [0, 1]));
        break;
      case "evict-all":
        selection.visible = Visible.everything();
        break;
      case "nan-bias":
        selection.bias = [0, 1, NaN, 0];
        break;
      case "decline": {
        const mismatch = new LengthMismatch();
        mismatch.expected = 7;
        mismatch.found = step.queries.length;
        return fail<Selection>(PolicyError.wrongLength(mismatch));
      }
      case "fill-half":
        memory.fill(memory.data(0x4000), 0, 0x2000);
        break;
      case "fill":
        memory.fill(memory.data(0x4000), 0, 0x4000);
        break;
      case "nan-bits":
        reportNaNBits(selection, step);
        break;
      case "grow-and-recover":
        growAndRecover();
        break;
      case "answer-differently":
        selection.visible.only.tokens[0] = 2 * (answers++ & 1);
        break;
    }
    return ok(selection);
  }
}

function sets(offsets: Array<u32>, tokens: Array<u32>): TokenSets {
  const made = new TokenSets();
  made.per = HeadUnit.KvHead;
  made.offsets = offsets;
  made.tokens = tokens;
  return made;
}

function place(update: Update, firstToken: u32, slots: Array<u32>): void {
  update.placement.per = HeadUnit.KvHead;
  update.placement.firstToken = firstToken;
  update.placement.slots = slots;
}

let sink: u32 = 1;

function loopForever(): void {
  while (sink !== 0) sink = (sink * 5) | 1;
}

function growForever(): void {
  const held: Array<StaticArray<u8>> = [];
  while (true) held.push(new StaticArray<u8>(1 << 20));
}

function growAndRecover(): void {
  if (memory.grow(65000) !== -1) unreachable();
}

function recurse(depth: u32): u32 {
  return depth === 0 ? 0 : recurse(depth + 1) ^ depth;
}

function giveUp(): void {
  unreachable();
}

/** Bit patterns of NaNs from several operations, as the bytes of an access. */
function reportNaNBits(selection: Selection, step: Step): void {
  const zero = <f32> (step.position - step.position);
  const scalar = zero / zero;
  const sum = f32x4.add(f32x4.splat(Infinity), f32x4.splat(-Infinity + zero));
  const wide = (<f64> zero) / (<f64> zero);
  const scratch = memory.data(32, 16);
  v128.store(scratch, sum);
  const bits: Array<u64> = [
    reinterpret<u32>(scalar),
    load<u32>(scratch, 4),
    i32x4.extract_lane(f32x4.neg(sum), 2) & 0x7fffffff,
    reinterpret<u64>(wide) >> 32,
  ];
  for (let i = 0; i < bits.length; i++) {
    const access = new Access();
    access.kind = DataKind.Other;
    access.bytes = bits[i];
    access.pieces = 1;
    selection.accesses.push(access);
  }
}
