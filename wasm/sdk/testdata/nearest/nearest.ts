// The keys with the largest dot product, for each query head: exercises the whole SDK in tests and
// measurements.
import {
  Access,
  BudgetBinding,
  Config,
  DataKind,
  Description,
  done,
  fail,
  HeadUnit,
  Inputs,
  Nothing,
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
import { GroupScores } from "kvpim/group_scores";
import { KeyStore } from "kvpim/key_store";
import {
  choiceParameter,
  flagParameter,
  integerParameter,
  realParameter,
  Settings,
} from "kvpim/parameters";
import { Random } from "kvpim/random";
import { topK } from "kvpim/top_k";
import { address } from "kvpim/vectors";

const EXTRA = 0;
const SHUFFLE = 2;
const UNIT = 3;
const PARAMETERS: Array<Parameter> = [
  integerParameter("extra", "Tokens above the budget.", 0, 0, 4),
  realParameter("scale", "Factor of the queries, which changes nothing.", 1, 0.5, 2),
  flagParameter("shuffle", "Whether to order tokens at random.", false),
  choiceParameter("unit", "Whose sets.", ["query-head", "kv-head"]),
];

export class Policy extends Session {
  private keys: KeyStore;
  private scores: GroupScores = new GroupScores(1);
  private random: Random;

  constructor(private config: Config, private settings: Settings) {
    super();
    this.keys = new KeyStore(config.kvHeads, config.headDim);
    this.random = new Random(config.seed);
  }

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "nearest";
    description.version = "0.1.0";
    description.summary = "The keys with the largest dot product.";
    description.parameters = PARAMETERS;
    description.inputs = Inputs.Keys | Inputs.Queries;
    description.denseLayers = [0, 1];
    description.budget = settings.integer(EXTRA) === 0
      ? BudgetBinding.hard()
      : BudgetBinding.atLeast(<u32> settings.integer(EXTRA));
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    return ok<Session>(new Policy(config, settings));
  }

  override prefill(tokens: TokenBlock): Result<Nothing, PolicyError> {
    this.keys.append(tokens.keys, tokens.count);
    return done();
  }

  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    this.keys.append(tokens.keys, tokens.count);
    return ok(new Update());
  }

  override select(step: Step): Result<Selection, PolicyError> {
    const config = this.config;
    const perQuery = this.settings.choice(UNIT) === 0;
    const group = <i32> (config.queryHeads / config.kvHeads);
    const sets = new TokenSets();
    sets.per = perQuery ? HeadUnit.QueryHead : HeadUnit.KvHead;
    sets.offsets.push(0);
    const heads = <i32> (perQuery ? config.queryHeads : config.kvHeads);
    for (let head = 0; head < heads; head++) {
      const queryHead = perQuery ? head : head * group;
      const kvHead = perQuery ? head / group : head;
      const query = address(step.queries, queryHead * config.headDim);
      this.keys.scoreAll(kvHead, query, this.scores);
      const first = sets.tokens.length;
      topK(this.scores.of(0), this.keys.length, config.budget, sets.tokens);
      if (this.settings.flag(SHUFFLE)) this.shuffle(sets.tokens, first);
      sets.offsets.push(sets.tokens.length);
    }
    const selection = new Selection();
    selection.visible = Visible.only(sets);
    selection.accesses.push(this.keysRead());
    return ok(selection);
  }

  private keysRead(): Access {
    const access = new Access();
    access.kind = DataKind.Keys;
    access.bytes = <u64> this.keys.length * this.config.kvHeads * this.config.headDim *
      this.config.elementBytes;
    access.pieces = this.config.kvHeads;
    return access;
  }

  private shuffle(tokens: Array<u32>, first: i32): void {
    for (let i = tokens.length - 1; i > first; i--) {
      const other = first + <i32> this.random.below(i - first + 1);
      const held = tokens[i];
      tokens[i] = tokens[other];
      tokens[other] = held;
    }
  }
}
