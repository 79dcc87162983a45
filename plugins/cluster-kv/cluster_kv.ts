// ClusterKV: the prompt's keys are clustered by direction once. A step attends to whole clusters by the
// score of their centroid, to the first tokens and to the newest ones. Tokens stay where they are.
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
import { Layer } from "kvpim/layer";
import { pushRange } from "kvpim/lists";
import { addClustering, closeSet, openSets, reads, writes } from "kvpim/outcomes";
import { integerParameter, Settings } from "kvpim/parameters";
import { Random } from "kvpim/random";
import { Ranking } from "kvpim/ranking";
import { KeyStore } from "kvpim/key_store";
import { address } from "kvpim/vectors";
import { CosineKMeans } from "./cosine_k_means";
import { Members } from "./members";

const PARAMETERS: Array<Parameter> = [
  integerParameter("sink-tokens", "First tokens, always attended to.", 16, 0, 65536),
  integerParameter("clusters", "Clusters of the prompt.", 400, 1, 65536),
  integerParameter("iterations", "Most k-means iterations.", 20, 1, 1000),
  integerParameter("window-tokens", "New tokens clustered together; 0: never.", 0, 0, 65536),
  integerParameter("window-clusters", "Clusters of such a window.", 8, 1, 65536),
];

export class Policy extends Session {
  private keys: KeyStore;
  private centroids: KeyStore;
  private members: Members;
  private random: Random;
  private ranking: Ranking = new Ranking();
  private scores: GroupScores;
  private sinks: i32;
  private clusters: i32;
  private iterations: i32;
  private windowTokens: i32;
  private windowClusters: i32;
  /** Tokens that are sinks or lie in clusters. */
  private settled: i32 = 0;
  private length: i32 = 0;
  private everything: bool = true;

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "cluster-kv";
    description.version = "0.1.0";
    description.summary = "Attends to clusters of the prompt's keys that stay where they are.";
    description.citation.title =
      "ClusterKV: Manipulating LLM KV Cache in Semantic Space for Recallable Compression";
    description.citation.venue = "DAC 2025";
    description.citation.identifier = "arXiv:2412.03213";
    description.citation.code = "github.com/sjtu-zhao-lab/ClusterKV at cb66a22";
    description.parameters = PARAMETERS;
    description.inputs = Inputs.Keys | Inputs.Queries;
    description.denseLayers = [0, 1];
    description.budget = BudgetBinding.promptOnly();
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    const layer = new Layer(config);
    if (!layer.isSupported()) return fail<Session>(PolicyError.unsupportedShape());
    return ok<Session>(new Policy(layer, settings, config.seed));
  }

  constructor(private layer: Layer, settings: Settings, seed: u64) {
    super();
    this.keys = new KeyStore(layer.kvHeads, layer.headDim);
    this.centroids = new KeyStore(layer.kvHeads, layer.headDim);
    this.members = new Members(layer.kvHeads);
    this.random = new Random(seed);
    this.scores = new GroupScores(layer.group);
    this.sinks = min(<i32> settings.integer(0), layer.budget);
    this.clusters = <i32> settings.integer(1);
    this.iterations = <i32> settings.integer(2);
    this.windowTokens = <i32> settings.integer(3);
    this.windowClusters = <i32> settings.integer(4);
  }

  override prefill(tokens: TokenBlock): Result<Nothing, PolicyError> {
    const error = this.layer.keysError(tokens);
    if (error !== null) return fail<Nothing>(error);
    this.keys.append(tokens.keys, tokens.count);
    this.length += tokens.count;
    return done();
  }

  /** A prompt within the budget is attended to whole, and so is what follows. */
  override endPrefill(_weights: Observation): Result<Update, PolicyError> {
    const update = new Update();
    this.settled = min(this.sinks, this.length);
    this.everything = this.length <= this.layer.budget;
    if (!this.everything) this.cluster(this.keys, this.settled, this.clusters, update);
    this.keys = new KeyStore(this.layer.kvHeads, this.layer.headDim);
    return ok(update);
  }

  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    const layer = this.layer;
    const error = layer.keysError(tokens);
    if (error !== null) return fail<Update>(error);
    const update = new Update();
    const clusters = !this.everything && this.windowTokens > 0;
    const token = new StaticArray<f32>(layer.kvHeads * layer.headDim);
    for (let i = 0; i < <i32> tokens.count; i++) {
      this.length++;
      if (!clusters) continue;
      tokenOf(tokens.keys, tokens.count, i, layer.headDim, token);
      this.keys.append(token, 1);
      if (this.keys.length < this.windowTokens) continue;
      this.cluster(this.keys, 0, this.windowClusters, update);
      this.keys = new KeyStore(layer.kvHeads, layer.headDim);
    }
    return ok(update);
  }

  /** Clusters keys from the given one on, one KV head after the other. */
  private cluster(keys: KeyStore, first: i32, most: i32, update: Update): void {
    const layer = this.layer;
    const tokens = keys.length - first;
    const count = min(most, tokens);
    const centroids = new StaticArray<f32>(layer.kvHeads * count * layer.headDim);
    const means = new CosineKMeans(keys, first, count);
    let iterations = 0;
    for (let head = 0; head < layer.kvHeads; head++) {
      means.start(head, this.random);
      iterations += means.run(this.iterations);
      means.copyCentroids(address(centroids, head * count * layer.headDim));
      this.members.append(head, means.labels, count, this.settled);
    }
    this.centroids.append(centroids, count);
    this.settled += tokens;
    addClustering(update.clusterings, layer.kvHeads, tokens, count, iterations);
    const bytes = <u64> count * layer.kvHeads * layer.vectorBytes;
    update.accesses.push(writes(DataKind.Centroids, bytes, layer.kvHeads));
  }

  override select(step: Step): Result<Selection, PolicyError> {
    const layer = this.layer;
    const error = layer.queriesError(step.queries);
    if (error !== null) return fail<Selection>(error);
    const selection = new Selection();
    if (this.everything) {
      selection.visible = Visible.everything();
      return ok(selection);
    }
    const count = this.centroids.length;
    const sets = openSets(HeadUnit.QueryHead);
    for (let kvHead = 0; kvHead < layer.kvHeads; kvHead++) {
      this.centroids.scoreAll(kvHead, layer.groupQueries(step.queries, kvHead), this.scores);
      for (let query = 0; query < layer.group; query++) {
        pushRange(sets.tokens, 0, this.sinks);
        this.pushClusters(kvHead, this.scores.of(query), sets.tokens);
        pushRange(sets.tokens, this.settled, this.length);
        closeSet(sets);
      }
    }
    selection.visible = Visible.only(sets);
    const bytes = <u64> count * layer.kvHeads * layer.vectorBytes;
    selection.accesses.push(reads(DataKind.Centroids, bytes, layer.kvHeads));
    return ok(selection);
  }

  /** Pushes whole clusters, best first, and of the one that does not fit its first tokens. */
  private pushClusters(kvHead: i32, scores: StaticArray<f32>, tokens: Array<u32>): void {
    this.ranking.load(scores, this.centroids.length);
    let wanted = this.layer.budget - this.sinks;
    while (wanted > 0) {
      const cluster = this.ranking.next();
      if (cluster < 0) return;
      wanted -= this.members.push(kvHead, cluster, wanted, tokens);
    }
  }
}

/** Copies one token of a block of shape [heads, count, dim] to one of shape [heads, 1, dim]. */
function tokenOf(
  block: StaticArray<f32>,
  count: i32,
  token: i32,
  dim: i32,
  into: StaticArray<f32>,
): void {
  for (let head = 0; head * dim < into.length; head++) {
    memory.copy(
      address(into, head * dim),
      address(block, (head * count + token) * dim),
      (<usize> dim) << 2,
    );
  }
}
