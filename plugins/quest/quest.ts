// Quest: pages of 16 tokens, each described by the largest and the smallest key of every channel.
// Those bound what any key of the page can score; the pages with the largest bounds are attended to.
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
import { Layer } from "kvpim/layer";
import { pushRange } from "kvpim/lists";
import { closeSet, openSets, reads, writes } from "kvpim/outcomes";
import { flagParameter, integerParameter, Settings } from "kvpim/parameters";
import { topK } from "kvpim/top_k";
import { PageBounds } from "./page_bounds";

const PARAMETERS: Array<Parameter> = [
  integerParameter("page-tokens", "Tokens of a page.", 16, 1, 4096),
  integerParameter("minimum-pages", "Pages kept however small the budget.", 3, 1, 1024),
  flagParameter("keep-last-page", "Whether the last page is always attended to.", false),
];

export class Policy extends Session {
  private bounds: PageBounds;
  private length: i32 = 0;
  private scores: GroupScores;
  private kept: Array<u32> = [];

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "quest";
    description.version = "0.1.0";
    description.summary = "Attends to the pages whose keys could score highest.";
    description.citation.title =
      "Quest: Query-Aware Sparsity for Efficient Long-Context LLM Inference";
    description.citation.venue = "ICML 2024";
    description.citation.identifier = "arXiv:2406.10774";
    description.citation.code = "github.com/mit-han-lab/Quest at 01c1623";
    description.parameters = PARAMETERS;
    description.inputs = Inputs.Keys | Inputs.Queries;
    description.denseLayers = [0, 1];
    description.budget = BudgetBinding.atLeast(
      <u32> (settings.integer(0) * settings.integer(1)),
    );
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    const layer = new Layer(config);
    if (!layer.isSupported()) return fail<Session>(PolicyError.unsupportedShape());
    return ok<Session>(
      new Policy(
        layer,
        <i32> settings.integer(0),
        <i32> settings.integer(1),
        settings.flag(2),
      ),
    );
  }

  constructor(
    private layer: Layer,
    private pageTokens: i32,
    private minimumPages: i32,
    private keepLastPage: bool,
  ) {
    super();
    this.scores = new GroupScores(layer.group);
    this.bounds = new PageBounds(layer.kvHeads, layer.headDim, pageTokens);
  }

  override prefill(tokens: TokenBlock): Result<Nothing, PolicyError> {
    const error = this.layer.keysError(tokens);
    if (error !== null) return fail<Nothing>(error);
    this.bounds.append(tokens.keys, tokens.count, this.length);
    this.length += tokens.count;
    return done();
  }

  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    const stored = this.prefill(tokens);
    if (stored.isError) return fail<Update>(stored.error);
    const update = new Update();
    const vectors = tokens.count * this.layer.kvHeads;
    const bytes = 2 * <u64> vectors * this.layer.vectorBytes;
    update.accesses.push(writes(DataKind.PageDigests, bytes, vectors));
    return ok(update);
  }

  override select(step: Step): Result<Selection, PolicyError> {
    const layer = this.layer;
    const error = layer.queriesError(step.queries);
    if (error !== null) return fail<Selection>(error);
    const pages = this.bounds.pages;
    const sets = openSets(HeadUnit.QueryHead);
    for (let kvHead = 0; kvHead < layer.kvHeads; kvHead++) {
      this.bounds.scoreAll(kvHead, layer.groupQueries(step.queries, kvHead), this.scores);
      for (let query = 0; query < layer.group; query++) {
        this.pushPages(this.scores.of(query), sets.tokens);
        closeSet(sets);
      }
    }
    const selection = new Selection();
    selection.visible = Visible.only(sets);
    const bytes = 2 * <u64> pages * layer.vectorBytes * layer.kvHeads;
    selection.accesses.push(reads(DataKind.PageDigests, bytes, layer.kvHeads));
    return ok(selection);
  }

  /** Pushes the tokens of the pages with the largest scores. */
  private pushPages(scores: StaticArray<f32>, tokens: Array<u32>): void {
    const pages = this.bounds.pages;
    const kept = this.kept;
    kept.length = 0;
    if (this.keepLastPage && pages > 0) {
      topK(scores, pages - 1, this.pagesKept() - 1, kept);
      kept.push(pages - 1);
    } else {
      topK(scores, pages, this.pagesKept(), kept);
    }
    for (let i = 0; i < kept.length; i++) {
      const first = <i32> unchecked(kept[i]) * this.pageTokens;
      pushRange(tokens, first, min(first + this.pageTokens, this.length));
    }
  }

  /** How many pages fit the budget: at least the minimum, at most all. */
  private pagesKept(): i32 {
    const afforded = min(this.layer.budget, this.length) / this.pageTokens;
    return min(max(this.minimumPages, afforded), this.bounds.pages);
  }
}
