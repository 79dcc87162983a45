// Random tokens: what a policy of the same budget gets that knows nothing. Each query head draws
// for itself, anew in every step.
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
  Update,
  Visible,
} from "kvpim/policy";
import { Layer } from "kvpim/layer";
import { pushRange } from "kvpim/lists";
import { closeSet, openSets } from "kvpim/outcomes";
import { Settings } from "kvpim/parameters";
import { Random } from "kvpim/random";

const PARAMETERS: Array<Parameter> = [];

export class Policy extends Session {
  private length: i32 = 0;

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "random";
    description.version = "0.1.0";
    description.summary = "Attends to random tokens, drawn anew in every step.";
    description.citation.title = "A control of this repository";
    description.parameters = PARAMETERS;
    description.budget = BudgetBinding.hard();
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    const layer = new Layer(config);
    if (!layer.isSupported()) return fail<Session>(PolicyError.unsupportedShape());
    return ok<Session>(new Policy(layer, new Random(config.seed)));
  }

  constructor(private layer: Layer, private random: Random) {
    super();
  }

  override prefill(tokens: TokenBlock): Result<Nothing, PolicyError> {
    this.length += tokens.count;
    return done();
  }

  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    this.length += tokens.count;
    return ok(new Update());
  }

  override select(_step: Step): Result<Selection, PolicyError> {
    const sets = openSets(HeadUnit.QueryHead);
    for (let head = 0; head < this.layer.queryHeads; head++) {
      this.sample(sets.tokens);
      closeSet(sets);
    }
    const selection = new Selection();
    selection.visible = Visible.only(sets);
    return ok(selection);
  }

  /** Selection sampling (Knuth, TAOCP 2, 3.4.2, algorithm S): ascending, no token twice. */
  private sample(tokens: Array<u32>): void {
    const length = this.length;
    let wanted = this.layer.budget;
    if (wanted >= length) {
      pushRange(tokens, 0, length);
      return;
    }
    for (let token = 0; wanted > 0; token++) {
      if (this.random.below(length - token) >= <u32> wanted) continue;
      tokens.push(token);
      wanted--;
    }
  }
}
