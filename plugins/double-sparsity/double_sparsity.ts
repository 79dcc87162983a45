// Double Sparsity: a few channels, chosen once for each head, carry most of a score. They are kept apart
// in few bits; the tokens that score highest over them are attended to exactly.
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
  Observation,
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
import { magnitudes } from "kvpim/key_projection";
import { Layer } from "kvpim/layer";
import { closeSet, openSets, reads, writes } from "kvpim/outcomes";
import { integerParameter, Settings } from "kvpim/parameters";
import { topK } from "kvpim/top_k";
import { address } from "kvpim/vectors";
import { Labels } from "./labels";

const PARAMETERS: Array<Parameter> = [
  integerParameter("group-factor", "Channels of a key for each one kept.", 8, 1, 4096),
  integerParameter("label-bits", "Bits of a kept element; 0: not quantised.", 4, 0, 16),
];

export class Policy extends Session {
  private labels: Labels;
  /** Keys of the prompt, until the channels are chosen. */
  private prompt: KeyStore;
  /** Of one query: each query head has labels of its own. */
  private scores: GroupScores = new GroupScores(1);

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "double-sparsity";
    description.version = "0.1.0";
    description.summary =
      "Attends to the tokens that score highest over a few channels stored in few bits.";
    description.citation.title = "Post-Training Sparse Attention with Double Sparsity";
    description.citation.venue = "arXiv 2024";
    description.citation.identifier = "arXiv:2408.07092";
    description.citation.code = "github.com/andy-yang-1/DoubleSparse at b0575e6";
    description.parameters = PARAMETERS;
    description.inputs = Inputs.Keys | Inputs.Queries | Inputs.Calibration;
    description.denseLayers = [0, 1];
    description.budget = BudgetBinding.hard();
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    const layer = new Layer(config);
    if (!layer.isSupported()) return fail<Session>(PolicyError.unsupportedShape());
    const labels = new Labels(layer, <i32> settings.integer(0), <i32> settings.integer(1));
    if (config.calibration.length > 0 && !labels.calibrate(config.calibration)) {
      return fail<Session>(PolicyError.badCalibration());
    }
    return ok<Session>(new Policy(layer, labels));
  }

  constructor(private layer: Layer, labels: Labels) {
    super();
    this.labels = labels;
    this.prompt = new KeyStore(layer.kvHeads, layer.headDim);
  }

  override prefill(tokens: TokenBlock): Result<Nothing, PolicyError> {
    const error = this.layer.keysError(tokens);
    if (error !== null) return fail<Nothing>(error);
    this.prompt.append(tokens.keys, tokens.count);
    return done();
  }

  override endPrefill(_weights: Observation): Result<Update, PolicyError> {
    const layer = this.layer;
    if (!this.labels.hasChannels) {
      for (let head = 0; head < layer.kvHeads; head++) {
        this.labels.choose(magnitudes(this.prompt, head));
      }
    }
    for (let token = 0; token < this.prompt.length; token++) {
      for (let head = 0; head < layer.kvHeads; head++) {
        this.labels.label(head, this.prompt.at(head, token));
      }
      this.labels.push();
    }
    const update = this.written(this.prompt.length);
    this.prompt = new KeyStore(layer.kvHeads, layer.headDim);
    return ok(update);
  }

  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    const layer = this.layer;
    const error = layer.keysError(tokens);
    if (error !== null) return fail<Update>(error);
    const count = <i32> tokens.count;
    for (let i = 0; i < count; i++) {
      for (let head = 0; head < layer.kvHeads; head++) {
        this.labels.label(head, address(tokens.keys, (head * count + i) * layer.headDim));
      }
      this.labels.push();
    }
    return ok(this.written(count));
  }

  override select(step: Step): Result<Selection, PolicyError> {
    const layer = this.layer;
    const error = layer.queriesError(step.queries);
    if (error !== null) return fail<Selection>(error);
    const length = this.labels.length;
    const sets = openSets(HeadUnit.QueryHead);
    for (let head = 0; head < layer.queryHeads; head++) {
      this.labels.scoreAll(head, address(step.queries, head * layer.headDim), this.scores);
      topK(this.scores.of(0), length, layer.budget, sets.tokens);
      closeSet(sets);
    }
    const selection = new Selection();
    selection.visible = Visible.only(sets);
    const bytes = this.labels.bytes * length * layer.queryHeads;
    selection.accesses.push(reads(DataKind.Codes, bytes, layer.queryHeads));
    return ok(selection);
  }

  private written(tokens: i32): Update {
    const update = new Update();
    const heads = this.layer.queryHeads;
    update.accesses.push(writes(DataKind.Codes, this.labels.bytes * tokens * heads, heads));
    return update;
  }
}
