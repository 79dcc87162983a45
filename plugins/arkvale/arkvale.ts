// ArkVale: a budget of pages is near by; the others lie in slower memory, each with a digest near by. In
// every step the pages whose digests score highest are recalled, and the worst ones make room for them.
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
import { Layer } from "kvpim/layer";
import { pushRange } from "kvpim/lists";
import { closeSet, openSets, reads, writes } from "kvpim/outcomes";
import { integerParameter, realParameter, Settings } from "kvpim/parameters";
import { address } from "kvpim/vectors";
import { PageDigests } from "./page_digests";
import { ResidentPages } from "./resident_pages";

const PARAMETERS: Array<Parameter> = [
  integerParameter("page-tokens", "Tokens of a page.", 32, 1, 4096),
  integerParameter("sink-pages", "First pages, always near by.", 2, 0, 1024),
  integerParameter("window-pages", "Newest pages, always near by.", 2, 1, 1024),
  realParameter(
    "recall-fraction",
    "Share of the budget's pages that a step ranks first, sinks and older window pages among them.",
    0.25,
    0,
    1,
  ),
];

export class Policy extends Session {
  private digests: PageDigests;
  private resident: ResidentPages;
  private pageTokens: i32;
  private sinkPages: i32;
  private windowPages: i32;
  private length: i32 = 0;

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "arkvale";
    description.version = "0.1.0";
    description.summary = "Attends to pages near by, recalling those whose digests score high.";
    description.citation.title =
      "ArkVale: Efficient Generative LLM Inference with Recallable Key-Value Eviction";
    description.citation.venue = "NeurIPS 2024";
    description.citation.identifier = "";
    description.citation.code = "github.com/pku-liang/ArkVale at 0c3b45e";
    description.parameters = PARAMETERS;
    description.inputs = Inputs.Keys | Inputs.Queries;
    const always = settings.integer(1) + settings.integer(2);
    description.budget = BudgetBinding.atLeast(<u32> (always * settings.integer(0)));
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
    const pageTokens = <i32> settings.integer(0);
    const sinkPages = <i32> settings.integer(1);
    const windowPages = <i32> settings.integer(2);
    const budgetPages = max(layer.budget / pageTokens, sinkPages + windowPages);
    const ranked = <i32> Math.floor(<f64> budgetPages * settings.real(3));
    const room = budgetPages - sinkPages - windowPages;
    const recalled = min(max(ranked - sinkPages - (windowPages - 1), 0), room);
    this.pageTokens = pageTokens;
    this.sinkPages = sinkPages;
    this.windowPages = windowPages;
    this.digests = new PageDigests(layer.kvHeads, layer.headDim, pageTokens);
    this.resident = new ResidentPages(sinkPages, room, recalled);
  }

  override prefill(tokens: TokenBlock): Result<Nothing, PolicyError> {
    const error = this.layer.keysError(tokens);
    if (error !== null) return fail<Nothing>(error);
    for (let i = 0; i < <i32> tokens.count; i++) this.digests.push(tokens.keys, tokens.count, i);
    this.length += tokens.count;
    return done();
  }

  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    const before = this.digests.pages;
    const stored = this.prefill(tokens);
    if (stored.isError) return fail<Update>(stored.error);
    const update = new Update();
    const completed = this.digests.pages - before;
    if (completed > 0) {
      update.accesses.push(
        writes(DataKind.PageDigests, this.digestBytes(completed), this.layer.kvHeads),
      );
    }
    return ok(update);
  }

  override select(step: Step): Result<Selection, PolicyError> {
    const layer = this.layer;
    const error = layer.queriesError(step.queries);
    if (error !== null) return fail<Selection>(error);
    const pages = (this.length + this.pageTokens - 1) / this.pageTokens;
    const end = max(pages - this.windowPages, this.sinkPages);
    const selection = new Selection();
    this.resident.extend(end);
    if (this.resident.isOverfull) this.recall(step.queries, end, selection);
    const sets = openSets(HeadUnit.KvHead);
    for (let head = 0; head < layer.kvHeads; head++) {
      for (let page = 0; page < pages; page++) {
        if (page < this.sinkPages || page >= end || this.resident.has(page)) {
          const first = page * this.pageTokens;
          pushRange(sets.tokens, first, min(first + this.pageTokens, this.length));
        }
      }
      closeSet(sets);
    }
    selection.visible = Visible.only(sets);
    return ok(selection);
  }

  /** Brings the best pages between sinks and window near. */
  private recall(queries: StaticArray<f32>, end: i32, selection: Selection): void {
    const layer = this.layer;
    const scores = new StaticArray<f32>(end - this.sinkPages);
    for (let page = this.sinkPages; page < end; page++) {
      scores[page - this.sinkPages] = this.score(page, queries);
    }
    const recalled = this.resident.recall(scores);
    const digestBytes = this.digestBytes(scores.length);
    selection.accesses.push(reads(DataKind.PageDigests, digestBytes, layer.kvHeads));
    if (recalled === 0) return;
    const pieces = 2 * recalled * layer.kvHeads;
    const bytes = <u64> pieces * this.pageTokens * layer.vectorBytes;
    selection.accesses.push(reads(DataKind.Keys, bytes, pieces));
  }

  /** The most the queries could score inside the box of a page's digest, summed over heads. */
  private score(page: i32, queries: StaticArray<f32>): f32 {
    let sum: f32 = 0;
    for (let head = 0; head < this.layer.queryHeads; head++) {
      const query = address(queries, head * this.layer.headDim);
      sum += this.digests.score(head / this.layer.group, page, query);
    }
    return sum;
  }

  private digestBytes(pages: i32): u64 {
    return 2 * <u64> pages * this.layer.vectorBytes * this.layer.kvHeads;
  }
}
