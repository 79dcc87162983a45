// STARC: keys are clustered in windows of 64 tokens and stored cluster by cluster, so that the tokens
// a query wants lie together in a row of memory. A step attends to whole clusters by the score of
// their centroid, and to the newest tokens, which are in no cluster yet.
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
import { KMeans } from "kvpim/k_means";
import { Layer } from "kvpim/layer";
import { pushRange } from "kvpim/lists";
import { addClustering, closeSet, openSets, reads, writes } from "kvpim/outcomes";
import { Settings } from "kvpim/parameters";
import { Random } from "kvpim/random";
import { Ranking } from "kvpim/ranking";
import { address, divide } from "kvpim/vectors";
import { Clusters } from "./clusters";
import { startPlusPlus } from "./k_means_plus_plus";
import { PARAMETERS, Rules } from "./rules";
import { Tail } from "./tail";
import { unitKeys } from "./unit_keys";

export class Policy extends Session {
  private clusters: Clusters;
  private tail: Tail;
  private random: Random;
  private ranking: Ranking = new Ranking();
  private scores: GroupScores;
  /** Tokens that lie in clusters. */
  private clustered: i32 = 0;
  /** Tokens whose slots the host knows. */
  private placed: i32 = 0;
  private steps: i32 = 0;
  /** Work since the last update. */
  private pending: Update = new Update();

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "starc";
    description.version = "0.1.0";
    description.summary = "Attends to clusters of keys that are stored together.";
    description.citation.title =
      "STARC: Selective Token Access with Remapping and Clustering for Efficient LLM Decoding on PIM Systems";
    description.citation.venue = "ASPLOS 2026";
    description.citation.identifier = "10.1145/3779212.3790226";
    description.citation.code = "github.com/EPIC-RPI/STARC at 30d4ce9";
    description.parameters = PARAMETERS;
    description.inputs = Inputs.Keys | Inputs.Queries;
    description.denseLayers = [0, 1];
    description.budget = BudgetBinding.atLeast(new Rules(settings).mostTail);
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    const layer = new Layer(config);
    if (!layer.isSupported()) return fail<Session>(PolicyError.unsupportedShape());
    return ok<Session>(new Policy(layer, new Rules(settings), config.seed));
  }

  constructor(private layer: Layer, private rules: Rules, seed: u64) {
    super();
    this.clusters = new Clusters(layer.kvHeads, layer.headDim);
    this.tail = new Tail(layer.kvHeads, layer.headDim);
    this.random = new Random(seed);
    this.scores = new GroupScores(layer.group);
  }

  /** Clusters whole windows as they fill up; the host hears of it with the first step. */
  override prefill(tokens: TokenBlock): Result<Nothing, PolicyError> {
    const error = this.layer.keysError(tokens);
    if (error !== null) return fail<Nothing>(error);
    for (let i = 0; i < <i32> tokens.count; i++) {
      this.tail.push(tokens.keys, tokens.count, i);
      if (this.tail.length === this.rules.windowTokens) this.flush();
    }
    return done();
  }

  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    const error = this.layer.keysError(tokens);
    if (error !== null) return fail<Update>(error);
    const late = this.rules.flushesLate;
    for (let i = 0; i < <i32> tokens.count; i++) {
      if (late && this.isDue(0)) this.flush();
      this.tail.push(tokens.keys, tokens.count, i);
      this.steps++;
      if (!late && this.isDue(1)) this.flush();
    }
    return ok(this.takeUpdate());
  }

  /** Whether the tail is clustered now: at the first step, and whenever it is full. */
  private isDue(firstStep: i32): bool {
    return this.tail.length >= (this.steps === firstStep ? 1 : this.rules.intervalTokens);
  }

  /** Clusters the tail and empties it. All heads go on until all are settled. */
  private flush(): void {
    const layer = this.layer;
    const tokens = this.tail.length;
    const count = (tokens + this.rules.clusterTokens - 1) / this.rules.clusterTokens;
    const window: Array<KMeans> = [];
    for (let head = 0; head < layer.kvHeads; head++) {
      const units = unitKeys(this.tail.first(head), tokens, layer.headDim);
      window.push(this.started(new KMeans(units, tokens, count, layer.headDim)));
    }
    const iterations = this.cluster(window);
    this.clusters.append(window, this.clustered);
    this.clustered += tokens;
    this.tail.clear();
    const heads = layer.kvHeads;
    addClustering(this.pending.clusterings, heads, tokens, count, iterations * heads);
  }

  private started(means: KMeans): KMeans {
    if (this.rules.startsPlusPlus) startPlusPlus(means, this.random);
    else for (let cluster = 0; cluster < means.clusters; cluster++) means.start(cluster, cluster);
    return means;
  }

  private cluster(window: Array<KMeans>): i32 {
    for (let iteration = 1; iteration <= this.rules.iterations; iteration++) {
      let settled = true;
      for (let head = 0; head < window.length; head++) {
        if (!window[head].iterate()) settled = false;
      }
      if (settled) return iteration;
    }
    return this.rules.iterations;
  }

  /** What happened since the last update. */
  private takeUpdate(): Update {
    const update = this.pending;
    this.pending = new Update();
    if (this.clustered === this.placed) return update;
    const layer = this.layer;
    update.placement.per = HeadUnit.KvHead;
    update.placement.firstToken = this.placed;
    for (let head = 0; head < layer.kvHeads; head++) {
      this.clusters.pushSlots(head, this.placed, update.placement.slots);
    }
    let clusters: u64 = 0;
    for (let i = 0; i < update.clusterings.length; i++) {
      const entry = update.clusterings[i];
      clusters += <u64> entry.windows * entry.clusters;
    }
    update.accesses.push(writes(DataKind.Centroids, clusters * layer.vectorBytes, layer.kvHeads));
    this.placed = this.clustered;
    return update;
  }

  override select(step: Step): Result<Selection, PolicyError> {
    const layer = this.layer;
    const error = layer.queriesError(step.queries);
    if (error !== null) return fail<Selection>(error);
    const count = this.clusters.count;
    const sets = openSets(HeadUnit.QueryHead);
    for (let kvHead = 0; kvHead < layer.kvHeads; kvHead++) {
      const queries = layer.groupQueries(step.queries, kvHead);
      this.clusters.centroids.scoreAll(kvHead, queries, this.scores);
      for (let query = 0; query < layer.group; query++) {
        this.pushClusters(kvHead, this.scores.of(query), sets.tokens);
        pushRange(sets.tokens, this.clustered, this.clustered + this.tail.length);
        closeSet(sets);
      }
    }
    const selection = new Selection();
    selection.visible = Visible.only(sets);
    const bytes = <u64> count * layer.kvHeads * layer.vectorBytes;
    selection.accesses.push(reads(DataKind.Centroids, bytes, layer.kvHeads));
    return ok(selection);
  }

  /** Pushes whole clusters, best first, and of the one that does not fit its first tokens. */
  private pushClusters(kvHead: i32, scores: StaticArray<f32>, tokens: Array<u32>): void {
    const count = this.clusters.count;
    divide(address(scores), sqrt<f32>(<f32> this.layer.headDim), (count + 3) & ~3);
    this.ranking.load(scores, count);
    let wanted = this.layer.budget - this.tail.length;
    while (wanted > 0) {
      const cluster = this.ranking.next();
      if (cluster < 0) return;
      wanted -= this.clusters.pushTokens(kvHead, cluster, wanted, tokens);
    }
  }
}
