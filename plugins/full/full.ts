// Full attention: every token of the cache, every step. The yardstick for the others, and the
// smallest policy there is.
import {
  BudgetBinding,
  Config,
  Description,
  fail,
  ok,
  Parameter,
  ParameterValue,
  PolicyError,
  Result,
  Selection,
  Session,
  Step,
  Visible,
} from "kvpim/policy";
import { Settings } from "kvpim/parameters";

const PARAMETERS: Array<Parameter> = [];

export class Policy extends Session {
  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "full";
    description.version = "0.1.0";
    description.summary = "Attends to every token.";
    description.citation.title = "Attention Is All You Need";
    description.citation.venue = "NeurIPS 2017";
    description.citation.identifier = "arXiv:1706.03762";
    description.parameters = PARAMETERS;
    description.budget = BudgetBinding.unbound();
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    return ok<Session>(new Policy());
  }

  override select(_step: Step): Result<Selection, PolicyError> {
    const selection = new Selection();
    selection.visible = Visible.everything();
    return ok(selection);
  }
}
