// StreamingLLM: the first tokens of the text, which attention sinks into, and the newest ones. All
// others are thrown away, and positions are counted inside the cache.
import {
  BudgetBinding,
  Config,
  Description,
  done,
  fail,
  Nothing,
  Observation,
  ok,
  Parameter,
  ParameterValue,
  PolicyError,
  Result,
  Rotation,
  Selection,
  Session,
  Step,
  TokenBlock,
  Update,
  Visible,
} from "kvpim/policy";
import { CompactCache, evict, noneEvicted } from "kvpim/compact_cache";
import { Layer } from "kvpim/layer";
import { integerParameter, Settings } from "kvpim/parameters";

const PARAMETERS: Array<Parameter> = [
  integerParameter("sink-tokens", "Tokens kept from the start of the text.", 4, 0, 65536),
];

export class Policy extends Session {
  private cache: CompactCache;
  private sinks: i32;

  static describe(parameters: Array<ParameterValue>): Result<Description, PolicyError> {
    const settings = Settings.read(PARAMETERS, parameters);
    if (settings.error !== null) return fail<Description>(settings.error!);
    const description = new Description();
    description.name = "streaming-llm";
    description.version = "0.1.0";
    description.summary = "Attends to the first tokens and the newest ones.";
    description.citation.title = "Efficient Streaming Language Models with Attention Sinks";
    description.citation.venue = "ICLR 2024";
    description.citation.identifier = "arXiv:2309.17453";
    description.citation.code = "github.com/mit-han-lab/streaming-llm at 2e50426";
    description.parameters = PARAMETERS;
    description.budget = BudgetBinding.hard();
    description.rotation = Rotation.ByRank;
    return ok(description);
  }

  static open(config: Config): Result<Session, PolicyError> {
    const settings = Settings.read(PARAMETERS, config.parameters);
    if (settings.error !== null) return fail<Session>(settings.error!);
    const layer = new Layer(config);
    if (!layer.isSupported()) return fail<Session>(PolicyError.unsupportedShape());
    return ok<Session>(new Policy(layer, <i32> settings.integer(0)));
  }

  constructor(private layer: Layer, sinkTokens: i32) {
    super();
    this.cache = new CompactCache(layer.kvHeads);
    this.sinks = min(sinkTokens, layer.budget - 1);
  }

  override prefill(tokens: TokenBlock): Result<Nothing, PolicyError> {
    this.cache.enterPrompt(tokens.count);
    return done();
  }

  override endPrefill(_weights: Observation): Result<Update, PolicyError> {
    const update = new Update();
    if (this.makeRoom(0, update)) this.cache.compact(update.placement);
    return ok(update);
  }

  /** Makes room first, so that a new token takes the place of the one that goes. */
  override append(tokens: TokenBlock): Result<Update, PolicyError> {
    const update = new Update();
    const fits = <i32> tokens.count <= this.layer.budget - this.sinks;
    if (fits) this.makeRoom(tokens.count, update);
    this.cache.enter(tokens.count, update.placement);
    if (!fits) this.makeRoom(0, update);
    return ok(update);
  }

  /** Evicts the tokens between the sinks and the newest until some more fit the budget. */
  private makeRoom(more: i32, update: Update): bool {
    const evicted = noneEvicted();
    for (let head = 0; head < this.layer.kvHeads; head++) {
      const present = this.cache.tokens(head).length;
      const excess = max(present + more - this.layer.budget, 0);
      const kept = new StaticArray<bool>(present);
      for (let rank = 0; rank < present; rank++) {
        kept[rank] = rank < this.sinks || rank >= this.sinks + excess;
      }
      this.cache.retain(head, kept, evicted);
    }
    return evict(update, evicted);
  }

  override select(_step: Step): Result<Selection, PolicyError> {
    const selection = new Selection();
    selection.visible = Visible.everything();
    return ok(selection);
  }
}
