// SparQ: scores over only the channels in which the queries are large; the tokens with the largest of
// these scores are attended to, and the mean value stands in for the rest.
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
import { exponentials, largestOf, sumOfListed } from "kvpim/exponential";
import { GroupScores } from "kvpim/group_scores";
import { Layer } from "kvpim/layer";
import { pushRange } from "kvpim/lists";
import { closeSet, openSets, reads, writes } from "kvpim/outcomes";
import { choiceParameter, integerParameter, realParameter, Settings } from "kvpim/parameters";
import { topK } from "kvpim/top_k";
import { address, addTo } from "kvpim/vectors";
import { ChannelStore } from "./channel_store";

const WITHOUT_GROUPS: u32 = 0;
const ALWAYS: u32 = 1;

const PARAMETERS: Array<Parameter> = [
  integerParameter("rank", "Channels the approximate scores are made of.", 32, 1, 4096),
  realParameter(
    "local-fraction",
    "Share of the budget, the current token aside, that goes to the newest tokens.",
    0.25,
    0,
    1,
  ),
  choiceParameter(
    "mean-value",
    "When the mean of all values stands in for the tokens left out.",
    ["without-groups", "always", "never"],
  ),
];

export class Policy extends Session {
  private keys: ChannelStore;
  private rank: i32;
  private local: i32;
  private usesMeanValue: bool;
  /** Scores of a group's queries, and their sum. */
  private scores: GroupScores;
  private sums: GroupScores = new GroupScores(1);

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "sparq";
    description.version = "0.1.0";
    description.summary =
      "Attends to the tokens that score highest in the queries' largest channels.";
    description.citation.title = "SparQ Attention: Bandwidth-Efficient LLM Inference";
    description.citation.venue = "ICML 2024";
    description.citation.identifier = "arXiv:2312.04985";
    description.citation.code = "github.com/graphcore-research/llm-inference-research";
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
    return ok<Session>(new Policy(layer, settings));
  }

  constructor(private layer: Layer, settings: Settings) {
    super();
    this.keys = new ChannelStore(layer.kvHeads, layer.headDim);
    this.rank = min(<i32> settings.integer(0), layer.headDim);
    this.local = <i32> Math.round(<f64> (layer.budget - 1) * settings.real(1));
    const meanValue = settings.choice(2);
    this.usesMeanValue = meanValue === ALWAYS ||
      (meanValue === WITHOUT_GROUPS && layer.group === 1);
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
    const layer = this.layer;
    const vectors = tokens.count * layer.kvHeads;
    const update = new Update();
    update.accesses.push(
      writes(DataKind.KeyChannels, <u64> vectors * layer.vectorBytes, vectors * layer.headDim),
    );
    return ok(update);
  }

  override select(step: Step): Result<Selection, PolicyError> {
    const layer = this.layer;
    const error = layer.queriesError(step.queries);
    if (error !== null) return fail<Selection>(error);
    const selection = new Selection();
    const sets = openSets(HeadUnit.KvHead);
    for (let kvHead = 0; kvHead < layer.kvHeads; kvHead++) {
      this.scoreGroup(kvHead, layer.groupQueries(step.queries, kvHead));
      const firstToken = sets.tokens.length;
      this.pushTokens(sets.tokens);
      if (this.usesMeanValue) {
        this.pushMeanValueWeights(sets.tokens, firstToken, selection.meanValueWeights);
      }
      closeSet(sets);
    }
    selection.visible = Visible.only(sets);
    const bytes = <u64> this.keys.length * this.rank * layer.elementBytes * layer.kvHeads;
    selection.accesses.push(reads(DataKind.KeyChannels, bytes, this.rank * layer.kvHeads));
    return ok(selection);
  }

  /** Approximate scores of every query head of a group, and their sum where there are several. */
  private scoreGroup(kvHead: i32, firstQuery: usize): void {
    const layer = this.layer;
    const channels = this.largestChannels(firstQuery);
    const temperatures = new StaticArray<f32>(layer.group);
    for (let i = 0; i < layer.group; i++) {
      const query = firstQuery + ((<usize> (i * layer.headDim)) << 2);
      temperatures[i] = this.temperature(query, channels);
    }
    this.keys.scoreAll(kvHead, firstQuery, channels, temperatures, this.scores);
    if (layer.group === 1) return;
    const length = (this.keys.length + 3) & ~3;
    this.sums.fit(length);
    const sums = address(this.sums.of(0));
    memory.fill(sums, 0, (<usize> length) << 2);
    for (let i = 0; i < layer.group; i++) addTo(sums, address(this.scores.of(i)), length);
  }

  /** The channels in which the queries of a group are largest together. */
  private largestChannels(firstQuery: usize): StaticArray<u32> {
    const dim = this.layer.headDim;
    const magnitudes = new StaticArray<f32>(dim);
    for (let i = 0; i < this.layer.group; i++) {
      for (let channel = 0; channel < dim; channel++) {
        const value = load<f32>(firstQuery + ((<usize> (i * dim + channel)) << 2));
        magnitudes[channel] += abs<f32>(value);
      }
    }
    const channels: Array<u32> = [];
    topK(magnitudes, dim, this.rank, channels);
    return StaticArray.fromArray(channels);
  }

  /** The square root of the head size times the share of the query that the channels hold. */
  private temperature(query: usize, channels: StaticArray<u32>): f32 {
    let chosen: f32 = 0;
    for (let i = 0; i < channels.length; i++) {
      chosen += abs<f32>(load<f32>(query + ((<usize> channels[i]) << 2)));
    }
    let all: f32 = 0;
    for (let channel = 0; channel < this.layer.headDim; channel++) {
      all += abs<f32>(load<f32>(query + ((<usize> channel) << 2)));
    }
    return sqrt<f32>(<f32> this.layer.headDim * chosen / all);
  }

  /** Pushes the tokens with the largest sums, and the newest ones. */
  private pushTokens(tokens: Array<u32>): void {
    const length = this.keys.length;
    const sums = this.layer.group === 1 ? this.scores : this.sums;
    const older = max(length - this.local - 1, 0);
    topK(sums.of(0), older, this.layer.budget - (length - older), tokens);
    pushRange(tokens, older, length);
  }

  /** Pushes, for each query of the group, the share of attention that the kept tokens lack. */
  private pushMeanValueWeights(tokens: Array<u32>, firstToken: i32, weights: Array<f32>): void {
    const length = this.keys.length;
    for (let i = 0; i < this.layer.group; i++) {
      const scores = this.scores.of(i);
      const all = exponentials(scores, length, largestOf(scores, length));
      const share = sumOfListed(scores, tokens, firstToken) / all;
      weights.push(share > 0 ? <f32> (1 - share) : 1);
    }
  }
}
