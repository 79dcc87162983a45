// Oracle top-k: the tokens whose exact scores are largest. No policy of the same budget can rank
// tokens better; it is what others are compared with, not something to build.
import {
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
  Update,
  Visible,
} from "kvpim/policy";
import { GroupScores } from "kvpim/group_scores";
import { KeyStore } from "kvpim/key_store";
import { Layer } from "kvpim/layer";
import { closeSet, openSets, reads } from "kvpim/outcomes";
import { Settings } from "kvpim/parameters";
import { topK } from "kvpim/top_k";

const PARAMETERS: Array<Parameter> = [];

export class Policy extends Session {
  private keys: KeyStore;
  private scores: GroupScores;

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "oracle-topk";
    description.version = "0.1.0";
    description.summary = "Attends to the tokens with the largest exact scores.";
    description.citation.title = "A control of this repository";
    description.parameters = PARAMETERS;
    description.inputs = Inputs.Keys | Inputs.Queries;
    description.budget = BudgetBinding.hard();
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    const layer = new Layer(config);
    if (!layer.isSupported()) return fail<Session>(PolicyError.unsupportedShape());
    return ok<Session>(new Policy(layer));
  }

  constructor(private layer: Layer) {
    super();
    this.keys = new KeyStore(layer.kvHeads, layer.headDim);
    this.scores = new GroupScores(layer.group);
  }

  override prefill(tokens: TokenBlock): Result<Nothing, PolicyError> {
    const error = this.layer.keysError(tokens);
    if (error !== null) return fail<Nothing>(error);
    this.keys.append(tokens.keys, tokens.count);
    return done();
  }

  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    const stored = this.prefill(tokens);
    if (stored.isError) return fail<Update>(stored.error);
    return ok(new Update());
  }

  override select(step: Step): Result<Selection, PolicyError> {
    const layer = this.layer;
    const error = layer.queriesError(step.queries);
    if (error !== null) return fail<Selection>(error);
    const length = this.keys.length;
    const sets = openSets(HeadUnit.QueryHead);
    for (let kvHead = 0; kvHead < layer.kvHeads; kvHead++) {
      this.keys.scoreAll(kvHead, layer.groupQueries(step.queries, kvHead), this.scores);
      for (let query = 0; query < layer.group; query++) {
        topK(this.scores.of(query), length, layer.budget, sets.tokens);
        closeSet(sets);
      }
    }
    const selection = new Selection();
    selection.visible = Visible.only(sets);
    const bytes = <u64> length * layer.vectorBytes * layer.kvHeads;
    selection.accesses.push(reads(DataKind.Keys, bytes, layer.kvHeads));
    return ok(selection);
  }
}
