// The newest tokens up to the budget, the same for every KV head. A beginning: change what
// `describe` asks for and what `select` returns.
import {
  BudgetBinding,
  Config,
  Description,
  done,
  fail,
  HeadUnit,
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
import { integerParameter, Settings } from "kvpim/parameters";

const SINK_TOKENS = 0;
const PARAMETERS: Array<Parameter> = [
  integerParameter("sink-tokens", "Tokens always kept from the start of the text.", 4, 0, 65536),
];

export class Policy extends Session {
  /** Tokens in the cache. */
  private length: i32 = 0;

  constructor(private config: Config, private sinkTokens: i32) {
    super();
  }

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "my-policy";
    description.version = "0.1.0";
    description.summary = "Attends to the first and the newest tokens.";
    description.parameters = PARAMETERS;
    // Nothing of keys and queries is asked for: inputs = Inputs.Keys | Inputs.Queries would be.
    description.budget = BudgetBinding.hard();
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    return ok<Session>(new Policy(config, <i32> settings.integer(SINK_TOKENS)));
  }

  override prefill(tokens: TokenBlock): Result<Nothing, PolicyError> {
    this.length += <i32> tokens.count;
    return done();
  }

  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    this.length += <i32> tokens.count;
    return ok(new Update());
  }

  override select(_step: Step): Result<Selection, PolicyError> {
    const kept = min(this.length, <i32> this.config.budget);
    // The newest token is always among the kept ones.
    const sinks = min(this.sinkTokens, kept - 1);
    const sets = new TokenSets();
    sets.per = HeadUnit.KvHead;
    sets.offsets.push(0);
    for (let head: u32 = 0; head < this.config.kvHeads; head++) {
      for (let token = 0; token < sinks; token++) sets.tokens.push(token);
      for (let token = this.length - (kept - sinks); token < this.length; token++) {
        sets.tokens.push(token);
      }
      sets.offsets.push(sets.tokens.length);
    }
    const selection = new Selection();
    selection.visible = Visible.only(sets);
    return ok(selection);
  }
}
