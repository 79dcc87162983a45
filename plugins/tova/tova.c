// TOVA: after each step the cache keeps the tokens that the last query gave the most attention, on
// average over all heads. All heads of a layer keep the same tokens; none is safe, the newest neither.
#include "kvpim.h"

static const uint32_t LAST_QUERY = 1;

struct kvpim_session {
  uint32_t query_heads, kv_heads, budget, max_tokens;
  /** Tokens that ever entered. */
  uint32_t length;
  /** Tokens present, ascending, and the slot of each: the same in every head. */
  uint32_t count, *present, *slots;
  /** Slots free below those in use, in no order. */
  uint32_t free_count, *free_slots;
  /** Larger for a larger mean weight, and among equal ones for an older token. */
  uint64_t *keys, *ranked;
  /** What an update points to. */
  uint32_t *offsets, *evicted, *placed;
};

// ---------------------------------------------------------------- description

bool kvpim_describe(const kvpim_list_parameter_value *parameters, kvpim_description *result,
                    kvpim_policy_error *error) {
  if (parameters->length != 0) {
    error->tag = KVPIM_POLICY_ERROR_PARAMETER_COUNT;
    error->value.parameter_count = (kvpim_length_mismatch){0, parameters->length};
    return false;
  }
  result->name = KVPIM_STRING("tova");
  result->version = KVPIM_STRING("0.1.0");
  result->summary = KVPIM_STRING("Keeps the tokens that the last query attended to most.");
  result->citation.title = KVPIM_STRING("Transformers are Multi-State RNNs");
  result->citation.venue = KVPIM_STRING("EMNLP 2024");
  result->citation.identifier = KVPIM_STRING("arXiv:2401.06104");
  result->citation.code = KVPIM_STRING("github.com/schwartz-lab-NLP/TOVA at 9c7d09b");
  result->observed_prompt_queries = LAST_QUERY;
  result->observes_steps = true;
  result->budget.tag = KVPIM_BUDGET_BINDING_HARD;
  return true;
}

// ---------------------------------------------------------------- session

bool kvpim_open(const kvpim_config *config, kvpim_session **result, kvpim_policy_error *error) {
  uint32_t kv_heads = config->kv_heads;
  if (kv_heads == 0 || config->query_heads == 0 || config->query_heads % kv_heads != 0 ||
      config->budget == 0) {
    error->tag = KVPIM_POLICY_ERROR_UNSUPPORTED_SHAPE;
    return false;
  }
  kvpim_session *self = kvpim_allocate(sizeof *self);
  uint32_t most = config->max_tokens;
  self->query_heads = config->query_heads;
  self->kv_heads = kv_heads;
  self->budget = config->budget;
  self->max_tokens = most;
  self->present = kvpim_allocate(most * sizeof(uint32_t));
  self->slots = kvpim_allocate(most * sizeof(uint32_t));
  self->free_slots = kvpim_allocate(most * sizeof(uint32_t));
  self->keys = kvpim_allocate(most * sizeof(uint64_t));
  self->ranked = kvpim_allocate(most * sizeof(uint64_t));
  self->offsets = kvpim_allocate((kv_heads + 1) * sizeof(uint32_t));
  self->evicted = kvpim_allocate(kv_heads * most * sizeof(uint32_t));
  self->placed = kvpim_allocate(kv_heads * most * sizeof(uint32_t));
  *result = self;
  return true;
}

void kvpim_destroy(kvpim_session *self) {
  void *blocks[] = {self->present, self->slots,   self->free_slots, self->keys,
                    self->ranked,  self->offsets, self->evicted,    self->placed};
  for (uint32_t i = 0; i < sizeof blocks / sizeof *blocks; i++) kvpim_free(blocks[i]);
  kvpim_free(self);
}

// ---------------------------------------------------------------- tokens and slots

static uint32_t take_slot(kvpim_session *self) {
  if (self->free_count == 0) return self->count;
  uint32_t lowest = 0;
  for (uint32_t i = 1; i < self->free_count; i++) {
    if (self->free_slots[i] < self->free_slots[lowest]) lowest = i;
  }
  uint32_t slot = self->free_slots[lowest];
  self->free_slots[lowest] = self->free_slots[--self->free_count];
  return slot;
}

static bool has_room(const kvpim_session *self, uint32_t count, kvpim_policy_error *error) {
  if (count <= self->max_tokens - self->length) return true;
  error->tag = KVPIM_POLICY_ERROR_TOO_MANY_TOKENS;
  error->value.too_many_tokens = self->max_tokens;
  return false;
}

/** Adds tokens, each to the lowest free slot. Whether one has another slot than its number. */
static bool enter(kvpim_session *self, uint32_t count) {
  bool moved = false;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t slot = take_slot(self), token = self->length++;
    self->present[self->count] = token;
    self->slots[self->count++] = slot;
    for (uint32_t head = 0; head < self->kv_heads; head++) {
      self->placed[head * count + i] = slot;
    }
    if (slot != token) moved = true;
  }
  return moved;
}

static void place(kvpim_session *self, uint32_t first, uint32_t count, kvpim_update *result) {
  result->placement.per = KVPIM_HEAD_UNIT_KV_HEAD;
  result->placement.first_token = first;
  result->placement.slots = (kvpim_list_u32){self->placed, self->kv_heads * count};
}

/** Moves what is left together: slots are ranks. Those of evicted tokens read 0. */
static void compact(kvpim_session *self, kvpim_update *result) {
  kvpim_set(self->placed, 0, self->kv_heads * self->length * sizeof(uint32_t));
  for (uint32_t rank = 0; rank < self->count; rank++) {
    self->slots[rank] = rank;
    for (uint32_t head = 0; head < self->kv_heads; head++) {
      self->placed[head * self->length + self->present[rank]] = rank;
    }
  }
  self->free_count = 0;
  place(self, 0, self->length, result);
}

// ---------------------------------------------------------------- ranking

/** NaN counts as minus infinity, the two zeros as one. */
static uint64_t rank_key(float score, uint32_t rank) {
  union {
    float number;
    uint32_t bits;
  } value = {score == score ? score + 0.0f : -__builtin_inff()};
  uint32_t sortable = value.bits >> 31 ? ~value.bits : value.bits | 0x80000000u;
  return (uint64_t)sortable << 32 | (uint32_t)~rank;
}

static void swap(uint64_t *a, uint64_t *b) {
  uint64_t held = *a;
  *a = *b;
  *b = held;
}

/** The k-th largest of some numbers, no two of them equal. Reorders them. */
static uint64_t kth_largest(uint64_t *values, uint32_t count, uint32_t k) {
  uint32_t first = 0, end = count;
  while (true) {
    swap(&values[first], &values[first + (end - first) / 2]);
    uint64_t pivot = values[first];
    uint32_t larger = first;
    for (uint32_t i = first + 1; i < end; i++) {
      if (values[i] > pivot) swap(&values[++larger], &values[i]);
    }
    swap(&values[first], &values[larger]);
    if (larger + 1 == k) return pivot;
    if (larger + 1 < k) first = larger + 1;
    else end = larger;
  }
}

/** Ranks the tokens present by their mean weight over all query heads. */
static bool rank(kvpim_session *self, const kvpim_observation *weights,
                 kvpim_policy_error *error) {
  if (weights->offsets.length != self->query_heads + 1 ||
      weights->weights.length != self->query_heads * self->count) {
    error->tag = KVPIM_POLICY_ERROR_WRONG_LENGTH;
    error->value.wrong_length =
        (kvpim_length_mismatch){self->query_heads * self->count, weights->weights.length};
    return false;
  }
  for (uint32_t rank = 0; rank < self->count; rank++) {
    float sum = 0;
    for (uint32_t head = 0; head < self->query_heads; head++) {
      sum += weights->weights.items[head * self->count + rank];
    }
    self->keys[rank] = self->ranked[rank] = rank_key(sum / (float)self->query_heads, rank);
  }
  return true;
}

/** Evicts until one more token fits the budget. Whether any had to go. */
static bool make_room(kvpim_session *self, kvpim_update *result) {
  uint32_t keep = self->budget - 1;
  if (self->count <= keep) return false;
  uint64_t least = keep == 0 ? UINT64_MAX : kth_largest(self->ranked, self->count, keep);
  uint32_t left = 0, gone = 0;
  for (uint32_t rank = 0; rank < self->count; rank++) {
    if (self->keys[rank] >= least) {
      self->present[left] = self->present[rank];
      self->slots[left++] = self->slots[rank];
    } else {
      self->evicted[gone++] = self->present[rank];
      self->free_slots[self->free_count++] = self->slots[rank];
    }
  }
  self->count = left;
  for (uint32_t head = 0; head <= self->kv_heads; head++) self->offsets[head] = head * gone;
  for (uint32_t head = 1; head < self->kv_heads; head++) {
    kvpim_copy(self->evicted + head * gone, self->evicted, gone * sizeof(uint32_t));
  }
  result->evicted.per = KVPIM_HEAD_UNIT_KV_HEAD;
  result->evicted.offsets = (kvpim_list_u32){self->offsets, self->kv_heads + 1};
  result->evicted.tokens = (kvpim_list_u32){self->evicted, self->kv_heads * gone};
  return true;
}

// ---------------------------------------------------------------- what happens

bool kvpim_prefill(kvpim_session *self, const kvpim_token_block *tokens,
                   kvpim_policy_error *error) {
  if (!has_room(self, tokens->count, error)) return false;
  enter(self, tokens->count);
  return true;
}

bool kvpim_end_prefill(kvpim_session *self, const kvpim_observation *weights, kvpim_update *result,
                       kvpim_policy_error *error) {
  if (!rank(self, weights, error)) return false;
  if (make_room(self, result)) compact(self, result);
  return true;
}

bool kvpim_append(kvpim_session *self, const kvpim_token_block *tokens, kvpim_update *result,
                  kvpim_policy_error *error) {
  if (!has_room(self, tokens->count, error)) return false;
  uint32_t first = self->length;
  if (enter(self, tokens->count)) place(self, first, tokens->count, result);
  return true;
}

bool kvpim_select(kvpim_session *self, const kvpim_step *step, kvpim_selection *result,
                  kvpim_policy_error *error) {
  result->visible.tag = KVPIM_VISIBLE_EVERYTHING;
  return true;
}

bool kvpim_observe(kvpim_session *self, const kvpim_observation *weights, kvpim_update *result,
                   kvpim_policy_error *error) {
  if (!rank(self, weights, error)) return false;
  make_room(self, result);
  return true;
}
