// PQCache: keys are product-quantised. Tables of a query's products with the centroids give each key an
// approximate share of the attention; the tokens with the largest shares in a group are attended to.
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
import { exponentials, largestOf } from "kvpim/exponential";
import { KeyStore } from "kvpim/key_store";
import { Layer } from "kvpim/layer";
import { pushRange } from "kvpim/lists";
import { addClustering, closeSet, openSets, reads, writes } from "kvpim/outcomes";
import { integerParameter, realParameter, Settings } from "kvpim/parameters";
import { Random } from "kvpim/random";
import { topK } from "kvpim/top_k";
import { address, addTo, divide } from "kvpim/vectors";
import { Codebook } from "./codebook";

const PARAMETERS: Array<Parameter> = [
  integerParameter("sink-tokens", "First tokens, always attended to.", 32, 0, 65536),
  integerParameter("parts", "Sub-vectors a key is cut into.", 2, 1, 64),
  integerParameter("bits", "Bits of a sub-vector's code.", 6, 1, 8),
  realParameter("recent-fraction", "Share of the rest that goes to the newest tokens.", 0.5, 0, 1),
  integerParameter("iterations", "Most k-means iterations.", 10, 1, 1000),
];

export class Policy extends Session {
  /** Keys of the prompt, until there are codebooks. */
  private prompt: KeyStore;
  /** [kv-heads, parts] */
  private codebooks: Array<Codebook> = [];
  private random: Random;
  private sinks: i32;
  private recent: i32;
  private parts: i32;
  private bits: i32;
  private iterations: i32;
  private length: i32 = 0;
  private shares: StaticArray<f32> = new StaticArray<f32>(0);
  private sums: StaticArray<f32> = new StaticArray<f32>(0);

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "pqcache";
    description.version = "0.1.0";
    description.summary =
      "Attends to the tokens whose product-quantised keys get the most attention.";
    description.citation.title =
      "PQCache: Product Quantization-based KVCache for Long Context LLM Inference";
    description.citation.venue = "SIGMOD 2025";
    description.citation.identifier = "arXiv:2407.12820";
    description.citation.code = "github.com/HugoZHL/PQCache at 0b74e12";
    description.parameters = PARAMETERS;
    description.inputs = Inputs.Keys | Inputs.Queries;
    description.budget = BudgetBinding.hard();
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    const layer = new Layer(config);
    if (!layer.isSupported(4 * <i32> settings.integer(1))) {
      return fail<Session>(PolicyError.unsupportedShape());
    }
    return ok<Session>(new Policy(layer, settings, config.seed));
  }

  constructor(private layer: Layer, settings: Settings, seed: u64) {
    super();
    const sinks = min(<i32> settings.integer(0), layer.budget - 1);
    const free = <f64> (layer.budget - 1 - sinks);
    this.sinks = sinks;
    this.recent = <i32> Math.floor(free * settings.real(3)) + 1;
    this.parts = <i32> settings.integer(1);
    this.bits = <i32> settings.integer(2);
    this.iterations = <i32> settings.integer(4);
    this.prompt = new KeyStore(layer.kvHeads, layer.headDim);
    this.random = new Random(seed);
  }

  override prefill(tokens: TokenBlock): Result<Nothing, PolicyError> {
    const error = this.layer.keysError(tokens);
    if (error !== null) return fail<Nothing>(error);
    this.prompt.append(tokens.keys, tokens.count);
    this.length += tokens.count;
    return done();
  }

  override endPrefill(_weights: Observation): Result<Update, PolicyError> {
    const layer = this.layer;
    const update = new Update();
    const points = this.length - this.sinks;
    if (points > 0) {
      const clusters = min(1 << this.bits, points);
      let iterations = 0;
      for (let head = 0; head < layer.kvHeads; head++) {
        for (let part = 0; part < this.parts; part++) {
          const codebook = new Codebook(this.prompt, head, this.sinks, part, this.parts);
          iterations += codebook.train(clusters, this.iterations, this.random);
          this.codebooks.push(codebook);
        }
      }
      addClustering(update.clusterings, layer.kvHeads * this.parts, points, clusters, iterations);
      update.accesses.push(writes(DataKind.Centroids, this.centroidBytes(), layer.kvHeads));
      update.accesses.push(writes(DataKind.Codes, this.codeBytes(points), layer.kvHeads));
    }
    this.prompt = new KeyStore(layer.kvHeads, layer.headDim);
    return ok(update);
  }

  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    const layer = this.layer;
    const error = layer.keysError(tokens);
    if (error !== null) return fail<Update>(error);
    const count = <i32> tokens.count;
    this.length += count;
    for (let i = 0; i < this.codebooks.length; i++) {
      for (let token = 0; token < count; token++) {
        const key = ((i / this.parts) * count + token) * layer.headDim;
        this.codebooks[i].push(address(tokens.keys, key));
      }
    }
    const update = new Update();
    if (this.codebooks.length > 0) {
      update.accesses.push(writes(DataKind.Codes, this.codeBytes(count), layer.kvHeads));
    }
    return ok(update);
  }

  override select(step: Step): Result<Selection, PolicyError> {
    const layer = this.layer;
    const error = layer.queriesError(step.queries);
    if (error !== null) return fail<Selection>(error);
    const selection = new Selection();
    const oldest = max(this.length - this.recent, 0);
    const sinks = min(this.sinks, oldest);
    const wanted = layer.budget - sinks - (this.length - oldest);
    const candidates = oldest - sinks;
    if (candidates <= wanted) {
      selection.visible = Visible.everything();
      return ok(selection);
    }
    this.makeRoom(candidates);
    const sets = openSets(HeadUnit.KvHead);
    for (let head = 0; head < layer.kvHeads; head++) {
      pushRange(sets.tokens, 0, sinks);
      if (this.codebooks.length === 0) pushRange(sets.tokens, oldest - wanted, oldest);
      else this.pushBest(head, step.queries, candidates, wanted, sets.tokens);
      pushRange(sets.tokens, oldest, this.length);
      closeSet(sets);
    }
    selection.visible = Visible.only(sets);
    if (this.codebooks.length > 0) {
      selection.accesses.push(reads(DataKind.Centroids, this.centroidBytes(), layer.kvHeads));
      selection.accesses.push(reads(DataKind.Codes, this.codeBytes(candidates), layer.kvHeads));
    }
    return ok(selection);
  }

  private makeRoom(candidates: i32): void {
    const needed = (candidates + 3) & ~3;
    if (this.sums.length >= needed) return;
    this.sums = new StaticArray<f32>(2 * needed);
    this.shares = new StaticArray<f32>(2 * needed);
  }

  /** Pushes the tokens behind the sinks with the largest shares, summed over a group. */
  private pushBest(
    kvHead: i32,
    queries: StaticArray<f32>,
    candidates: i32,
    wanted: i32,
    tokens: Array<u32>,
  ): void {
    const layer = this.layer;
    const padded = (candidates + 3) & ~3;
    memory.fill(address(this.sums), 0, (<usize> padded) << 2);
    for (let head = kvHead * layer.group; head < (kvHead + 1) * layer.group; head++) {
      this.share(kvHead, address(queries, head * layer.headDim), candidates);
      addTo(address(this.sums), address(this.shares), padded);
    }
    topK(this.sums, candidates, wanted, tokens, this.sinks);
  }

  /** A query's attention over the candidates, from tables of its products with the centroids. */
  private share(kvHead: i32, query: usize, candidates: i32): void {
    const shares = this.shares;
    const padded = (candidates + 3) & ~3;
    memory.fill(address(shares), 0, (<usize> padded) << 2);
    for (let part = 0; part < this.parts; part++) {
      this.codebooks[kvHead * this.parts + part].addProducts(query, shares, candidates);
    }
    divide(address(shares), sqrt<f32>(<f32> this.layer.headDim), padded);
    const total = exponentials(shares, candidates, largestOf(shares, candidates));
    divide(address(shares), <f32> total, padded);
  }

  private centroidBytes(): u64 {
    const clusters = this.codebooks[0].clusters;
    return <u64> clusters * this.layer.vectorBytes * this.layer.kvHeads;
  }

  private codeBytes(tokens: i32): u64 {
    return (<u64> tokens * this.parts * this.bits + 7) / 8 * this.layer.kvHeads;
  }
}
