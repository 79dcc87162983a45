// A stack with multipliers beside every bank: costs follow from a table and a formula. A beginning:
// change the table, the formula and what `kvpim_describe` says.
//
// A channel serves one head. Each of its banks holds one token of a block of 16, and a MAC takes one
// column from every bank at once. A key or value fills
//   columns = head_dim * element_bytes / COLUMN_BYTES, rounded up
// of its bank, one block's columns after the other's. A pass over the keys or the values of some
// blocks takes
//   macs = blocks * columns              one a gap of MAC_CYCLES
//   rows = rows these columns lie in     each opened first, for OPEN_CYCLES
// and every query takes, a column at a time, MOVE_CYCLES each,
//   columns moves    of the query to the units, of the result back
//   blocks moves     of 16 scores to the buffer die, of 16 weights back
// and SOFTMAX_CYCLES a block there. Nothing overlaps but the channels.
#include "kvpim.h"

// What it is made of.
enum { CHANNELS = 16, BLOCK_TOKENS = 16, COLUMN_BYTES = 32, ROW_COLUMNS = 32 };
static const uint64_t CAPACITY_BYTES = 1ull << 34;

// Times, in cycles. QUERY_CYCLES are a unit's multiplications for one query.
static const double CYCLE_NS = 0.75;
static const uint64_t MAC_CYCLES[] = {[KVPIM_POWER_BUDGET_LIMITED] = 4,
                                      [KVPIM_POWER_BUDGET_UNLIMITED] = 2};
enum { QUERY_CYCLES = 2, OPEN_CYCLES = 36, MOVE_CYCLES = 2, SOFTMAX_CYCLES = 4 };

// Energies, in picojoules: of a row, a bit, a multiplication with its addition.
static const double ROW_PICOJOULES = 900, CELL_PICOJOULES = 0.44, MOVE_PICOJOULES = 1.5,
                    MULTIPLY_PICOJOULES = 0.32;

// The largest programs it answers: all sums then stay below 2^64.
enum { MOST_HEADS = 1 << 16, MOST_HEAD_DIM = 1 << 12, MOST_TOKENS = 1 << 24, MOST_QUERIES = 16 };
enum { SERVED = -1, ENERGIES = 4 };

// Commands of one channel, or of all of them. Columns move to the units (queries, weights) and back
// (results).
typedef struct {
  kvpim_power_budget power;
  uint64_t queries, macs, rows, loads, stores, queries_in, weights_in, results_out, softmaxes;
  uint64_t open_row;
} work;

static uint64_t up(uint64_t amount, uint64_t unit) { return (amount + unit - 1) / unit; }
static uint64_t larger(uint64_t a, uint64_t b) { return a > b ? a : b; }
static bool within(uint32_t value, uint32_t most) { return value >= 1 && value <= most; }

static work no_work(kvpim_power_budget power, uint32_t queries) {
  return (work){.power = power, .queries = queries, .open_row = UINT64_MAX};
}

// Rows that the columns of some ascending blocks lie in.
static uint64_t rows_of(const uint32_t *blocks, uint32_t length, uint64_t columns) {
  uint64_t rows = 0, uncounted = 0;
  for (uint32_t i = 0; i < length; i++) {
    uint64_t begin = larger(uncounted, blocks[i] * columns / ROW_COLUMNS);
    uncounted = up((blocks[i] + 1ull) * columns, ROW_COLUMNS);
    rows += uncounted - begin;
  }
  return rows;
}

static void add_head(work *self, const kvpim_program *program, uint32_t head) {
  uint64_t columns = up(program->head_dim * program->element_bytes, COLUMN_BYTES);
  uint64_t blocks = up(program->kept_tokens, BLOCK_TOKENS);
  uint64_t rows = up(blocks * columns, ROW_COLUMNS);
  if (program->blocks.offsets.length > 0) {
    const uint32_t *offsets = program->blocks.offsets.items;
    blocks = offsets[head + 1] - offsets[head];
    rows = rows_of(program->blocks.blocks.items + offsets[head], blocks, columns);
  }
  uint64_t passes = program->passes == KVPIM_PASSES_ATTENTION ? 2 : 1;
  self->macs += passes * blocks * columns;
  self->rows += passes * rows;
  self->queries_in += self->queries * columns;
  self->results_out += self->queries * blocks;
  if (program->passes == KVPIM_PASSES_SCORES) return;
  self->softmaxes += self->queries * blocks;
  self->weights_in += self->queries * blocks;
  self->results_out += self->queries * columns;
}

static void add_work(work *self, const work *other) {
  self->macs += other->macs;
  self->rows += other->rows;
  self->queries_in += other->queries_in;
  self->weights_in += other->weights_in;
  self->results_out += other->results_out;
  self->softmaxes += other->softmaxes;
}

static void open_row(work *self, uint64_t address) {
  uint64_t row = address / (ROW_COLUMNS * COLUMN_BYTES);
  if (row != self->open_row) self->rows++;
  self->open_row = row;
}

// Whether the command is known; its address is below the capacity.
static bool add_command(work *self, const kvpim_command *command) {
  switch (command->kind) {
    case KVPIM_COMMAND_KIND_MAC_ALL_BANK:
      self->macs++;
      open_row(self, command->address);
      return true;
    case KVPIM_COMMAND_KIND_LOAD:
      self->loads++;
      open_row(self, command->address);
      return true;
    case KVPIM_COMMAND_KIND_STORE:
      self->stores++;
      open_row(self, command->address);
      return true;
    case KVPIM_COMMAND_KIND_WRITE_GEMV_BUFFER: self->queries_in++; return true;
    case KVPIM_COMMAND_KIND_MOVE_GEMV_BUFFER: self->weights_in++; return true;
    case KVPIM_COMMAND_KIND_MOVE_SOFTMAX_BUFFER: self->results_out++; return true;
    case KVPIM_COMMAND_KIND_SOFTMAX: self->softmaxes++; return true;
    // What it would wait for is over.
    case KVPIM_COMMAND_KIND_BARRIER:
    case KVPIM_COMMAND_KIND_SET_MODEL:
    case KVPIM_COMMAND_KIND_SET_HEAD: return true;
    default: return false;
  }
}

static uint64_t moves_of(const work *self) {
  return self->loads + self->stores + self->queries_in + self->weights_in + self->results_out;
}

// Cycles if all of it is one after the other.
static uint64_t cycles_of(const work *self) {
  uint64_t gap = larger(MAC_CYCLES[self->power], QUERY_CYCLES * self->queries);
  return self->macs * gap + self->rows * OPEN_CYCLES + moves_of(self) * MOVE_CYCLES +
         self->softmaxes * SOFTMAX_CYCLES;
}

static void set_cost(kvpim_cost *cost, const work *done, uint64_t cycles, uint32_t element_bytes,
                     kvpim_energy_term energy[ENERGIES]) {
  cost->cycles = cycles;
  cost->cycle_ns = CYCLE_NS;
  cost->counts = (kvpim_command_counts){
      .load = done->loads,
      .store = done->stores,
      .mac = done->macs,
      .softmax = done->softmaxes,
      .move_gemv_buffer = done->weights_in,
      .move_softmax_buffer = done->results_out,
      .write_gemv_buffer = done->queries_in,
      .activations = {true, done->rows},
  };
  double read = (double)done->macs * BLOCK_TOKENS * COLUMN_BYTES;
  double multiplications = read / element_bytes * done->queries;
  energy[0] = (kvpim_energy_term){KVPIM_ENERGY_KIND_ACTIVATION,
                                  (double)done->rows * BLOCK_TOKENS * ROW_PICOJOULES};
  energy[1] = (kvpim_energy_term){KVPIM_ENERGY_KIND_CELL_ACCESS, read * 8 * CELL_PICOJOULES};
  energy[2] =
      (kvpim_energy_term){KVPIM_ENERGY_KIND_COMPUTE, multiplications * MULTIPLY_PICOJOULES};
  energy[3] = (kvpim_energy_term){
      KVPIM_ENERGY_KIND_IO, (double)moves_of(done) * COLUMN_BYTES * 8 * MOVE_PICOJOULES};
  cost->energy = (kvpim_list_energy_term){energy, ENERGIES};
}

// Whether there is a list for each head, ascending, of blocks that hold tokens of the context.
static bool are_block_lists(const kvpim_program *program) {
  const kvpim_list_u32 offsets = program->blocks.offsets, blocks = program->blocks.blocks;
  if (offsets.length != program->heads + 1ull) return false;
  if (offsets.items[0] != 0 || offsets.items[program->heads] != blocks.length) return false;
  uint64_t stored = up(program->context_tokens, BLOCK_TOKENS);
  for (uint32_t head = 0; head < program->heads; head++) {
    uint32_t begin = offsets.items[head], end = offsets.items[head + 1];
    if (end < begin || end > blocks.length) return false;
    for (uint32_t i = begin; i < end; i++) {
      if (blocks.items[i] >= stored) return false;
      if (i > begin && blocks.items[i] <= blocks.items[i - 1]) return false;
    }
  }
  return true;
}

// The first field of a program that this memory does not serve, or SERVED.
static int unsupported_field(const kvpim_program *program) {
  if (program->level != KVPIM_PIM_LEVEL_BANK) return KVPIM_PROGRAM_FIELD_LEVEL;
  if (!within(program->heads, MOST_HEADS)) return KVPIM_PROGRAM_FIELD_HEADS;
  if (!within(program->head_dim, MOST_HEAD_DIM)) return KVPIM_PROGRAM_FIELD_HEAD_DIM;
  if (!within(program->element_bytes, 2)) return KVPIM_PROGRAM_FIELD_ELEMENT_BYTES;
  if (!within(program->context_tokens, MOST_TOKENS)) return KVPIM_PROGRAM_FIELD_CONTEXT_TOKENS;
  if (program->blocks.offsets.length > 0) {
    if (!are_block_lists(program)) return KVPIM_PROGRAM_FIELD_BLOCKS;
  } else if (!within(program->kept_tokens, MOST_TOKENS)) {
    return KVPIM_PROGRAM_FIELD_KEPT_TOKENS;
  }
  if (program->clustering.tag != KVPIM_CLUSTERING_WORK_NONE) return KVPIM_PROGRAM_FIELD_CLUSTERING;
  if (!within(program->queries, MOST_QUERIES)) return KVPIM_PROGRAM_FIELD_QUERIES;
  return program->metadata_reads.length > 0 ? KVPIM_PROGRAM_FIELD_METADATA_READS : SERVED;
}

static bool unsupported(kvpim_memory_error *error, uint32_t program, int field) {
  error->tag = KVPIM_MEMORY_ERROR_UNSUPPORTED;
  error->value.unsupported = (kvpim_unsupported_program){program, field};
  return false;
}

// Channels work side by side: each round of heads takes as long as its longest.
static void simulate(const kvpim_program *program, kvpim_cost *cost,
                     kvpim_energy_term energy[ENERGIES]) {
  work total = no_work(program->power, program->queries);
  uint64_t cycles = 0;
  for (uint32_t first = 0; first < program->heads; first += CHANNELS) {
    uint64_t longest = 0;
    for (uint32_t head = first; head < program->heads && head < first + CHANNELS; head++) {
      work own = no_work(program->power, program->queries);
      add_head(&own, program, head);
      longest = larger(longest, cycles_of(&own));
      add_work(&total, &own);
    }
    cycles += longest;
  }
  set_cost(cost, &total, cycles, program->element_bytes, energy);
}

bool kvpim_describe(kvpim_description *result) {
  static kvpim_computing_level levels[] = {{KVPIM_PIM_LEVEL_BANK, BLOCK_TOKENS}};
  static kvpim_power_budget budgets[] = {KVPIM_POWER_BUDGET_LIMITED, KVPIM_POWER_BUDGET_UNLIMITED};
  result->name = KVPIM_STRING("my-memory");
  result->version = KVPIM_STRING("0.1.0");
  result->summary = KVPIM_STRING("A stack with multipliers beside every bank, by a formula.");
  result->levels = (kvpim_list_computing_level){levels, 1};
  result->power_budgets = (kvpim_list_power_budget){budgets, 2};
  result->cycle_ns = CYCLE_NS;
  result->channels = CHANNELS;
  result->capacity_bytes = CAPACITY_BYTES;
  return true;
}

// The last answer, which stays until the next call.
static kvpim_cost *costs;
static kvpim_energy_term *energies;

bool kvpim_simulate(const kvpim_list_program *programs, kvpim_list_cost *result,
                    kvpim_memory_error *error) {
  for (uint32_t i = 0; i < programs->length; i++) {
    int field = unsupported_field(&programs->items[i]);
    if (field != SERVED) return unsupported(error, i, field);
  }
  kvpim_free(costs);
  kvpim_free(energies);
  costs = kvpim_allocate(programs->length * sizeof *costs);
  energies = kvpim_allocate(programs->length * ENERGIES * sizeof *energies);
  for (uint32_t i = 0; i < programs->length; i++) {
    simulate(&programs->items[i], &costs[i], &energies[i * ENERGIES]);
  }
  *result = (kvpim_list_cost){costs, programs->length};
  return true;
}

bool kvpim_run_trace(const kvpim_pim_level *level, const kvpim_power_budget *power,
                     const uint32_t *queries, const kvpim_list_command *commands,
                     kvpim_cost *result, kvpim_memory_error *error) {
  static kvpim_energy_term energy[ENERGIES];
  if (*level != KVPIM_PIM_LEVEL_BANK) return unsupported(error, 0, KVPIM_PROGRAM_FIELD_LEVEL);
  if (!within(*queries, MOST_QUERIES)) return unsupported(error, 0, KVPIM_PROGRAM_FIELD_QUERIES);
  work done = no_work(*power, *queries);
  for (uint32_t i = 0; i < commands->length; i++) {
    const kvpim_command *command = &commands->items[i];
    if (command->address < CAPACITY_BYTES && add_command(&done, command)) continue;
    error->tag = KVPIM_MEMORY_ERROR_BAD_COMMAND;
    error->value.bad_command = i;
    return false;
  }
  set_cost(result, &done, cycles_of(&done), 2, energy);
  return true;
}
