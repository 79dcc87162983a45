/*
 * The cycle engine's algorithm in plain C, to measure the engine against.
 *
 * One file, no libraries, gcc -O2. Same algorithm and data layout as wasm/dram/assembly: channels
 * simulated one by one up to what the front end needs, time advanced from event to event, runs of
 * equal requests looked at once, ready times in one table per channel. It models the 16-channel
 * HBM3_8Gb_2R stack at 5.2 Gb/s and takes PIM traces only (no LD, no ST).
 *
 *   baseline TRACE REPEATS NCCD
 *
 * TRACE: little-endian u64 a request, operation (as numbered below) in the top 8 bits and byte
 * address in the low 56. REPEATS: how often to simulate it. NCCD: nCCDAB and nCCDSB, 6 or 4.
 * Prints: cycles, commands issued, then nanoseconds of one simulation (mean of the repeats).
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHANNELS = 16, PCHS = 2, RANKS = 2, GROUPS = 4, BANKS_A_GROUP = 4, BANKS = 64 };
enum { LEVELS = 5, NODES = 1 + 2 + 4 + 16 + 64, ENTRIES = 33, SLOTS = 64 };
enum { NBL = 2, NRCDRD = 19, NRP = 19, NRAS = 45, NRC = 63, NRTPL = 8, NCCDS = 2, NCCDL = 4 };
enum { NRFC = 456, NREFI = 5070 };

enum {
  PREA, PRESB, PREPB, REFAB, ACTAB, ACTSB, ACTPB, MACAB, MACSB, MACPB,
  WRGB, MVSB, MVGB, SFM, SETM, SETH, BARRIER, COMMANDS
};
enum { BUS_ROW, BUS_COLUMN, BUS_NONE };
static const int REQUEST_COMMAND[] = {MACAB, MACSB, MACPB, WRGB, MVSB, MVGB, SFM, SETM, SETH, BARRIER};
enum { REQUESTS = 10 };

/* Sets of banks that a command is about: all, of one number, of one place in each pseudochannel. */
enum { ALL, SAME, TWINS, NO_BANKS };

typedef struct { int follower, depth, cycles; } Follower;

typedef struct {
  int depth, bus, opens, closes, requires, opener, closer;
  int ready_depths[LEVELS], ready_count, shallowest, deepest;
  Follower followers[32];
  int follower_count;
} Command;

static Command commands[COMMANDS];
static int path[BANKS][LEVELS];
static int groups[3][BANKS][BANKS], group_size[3];
static int also_timed[BANKS][PCHS];

typedef struct {
  int size, barriers, runs;
  int order[SLOTS], free_slots[SLOTS];
  int final[SLOTS], bank[SLOTS], row[SLOTS], length[SLOTS], command[SLOTS], version[SLOTS];
} Queue;

typedef struct {
  int64_t ready[NODES * COMMANDS];
  int open_rows[BANKS][64], open_count[BANKS];
  int open_banks, version;
  Queue queue;
  int64_t next, last, next_refresh;
  int refreshes, refresh_node, first_bus;
  /* The scheduler's last choice. */
  int is_ready, removed_barrier, position;
  int64_t next_ready;
  int scan, blocked_in[COMMANDS], blocked_shallow[COMMANDS], blocked_deep[COMMANDS];
  int64_t issued;
} Channel;

static Channel channels[CHANNELS];
static const int64_t NEVER = INT64_MAX;

static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }

/* ---- the device ---- */

static void define(int index, int depth, int bus, int opens, int closes) {
  Command *c = &commands[index];
  c->depth = depth;
  c->bus = bus;
  c->opens = opens;
  c->closes = closes;
  c->requires = NO_BANKS;
  c->opener = c->closer = -1;
}

static void require(int index, int banks, int opener, int closer) {
  commands[index].requires = banks;
  commands[index].opener = opener;
  commands[index].closer = closer;
}

/* Keeps what has an effect: the follower's readiness is looked up no deeper than its scope. */
static void constrain(int depth, int preceding, int following, int cycles) {
  Command *p = &commands[preceding], *f = &commands[following];
  if (depth > f->depth) return;
  p->followers[p->follower_count++] = (Follower){following, depth, cycles};
  for (int i = 0; i < f->ready_count; i++) if (f->ready_depths[i] == depth) return;
  f->ready_depths[f->ready_count++] = depth;
}

static void lay_device(int nccd) {
  for (int i = WRGB; i <= MVGB; i++) define(i, 4, BUS_COLUMN, NO_BANKS, NO_BANKS);
  for (int i = MACAB; i <= MACPB; i++) define(i, 4, BUS_COLUMN, NO_BANKS, NO_BANKS);
  define(SETM, 4, BUS_COLUMN, NO_BANKS, NO_BANKS);
  define(SFM, 0, BUS_COLUMN, NO_BANKS, NO_BANKS);
  define(SETH, 0, BUS_COLUMN, NO_BANKS, NO_BANKS);
  define(BARRIER, 0, BUS_NONE, NO_BANKS, NO_BANKS);
  define(REFAB, 0, BUS_ROW, NO_BANKS, NO_BANKS);
  define(ACTAB, 4, BUS_ROW, ALL, NO_BANKS);
  define(ACTSB, 4, BUS_ROW, SAME, NO_BANKS);
  define(ACTPB, 4, BUS_ROW, TWINS, NO_BANKS);
  define(PREA, 0, BUS_ROW, NO_BANKS, ALL);
  define(PRESB, 4, BUS_NONE, NO_BANKS, TWINS);
  define(PREPB, 4, BUS_NONE, NO_BANKS, TWINS);
  require(MACAB, ALL, ACTAB, PREA);
  require(MACSB, SAME, ACTSB, PRESB);
  require(MACPB, TWINS, ACTPB, PREPB);

  constrain(0, ACTAB, ACTAB, NRC);
  constrain(0, ACTAB, PREA, NRAS);
  constrain(0, ACTAB, REFAB, 2);
  constrain(0, ACTAB, MACAB, NRCDRD);
  constrain(0, MACAB, MACAB, nccd);
  constrain(0, MACAB, PREA, NRTPL);
  constrain(0, PREA, ACTAB, NRP);
  const int row_bus[2][5] = {{ACTSB, ACTSB, PREA, PRESB, REFAB}, {ACTPB, ACTPB, PREA, PREPB, REFAB}};
  for (int i = 0; i < 2; i++)
    for (int k = 1; k < 5; k++) constrain(0, row_bus[i][0], row_bus[i][k], 2);
  constrain(0, MACSB, MACSB, nccd);
  constrain(0, MACPB, MACPB, NBL);
  const int data_path[] = {WRGB, MVSB, MVGB, SFM};
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 3; k++) constrain(1, data_path[i], data_path[k], NBL);
  for (int i = ACTAB; i <= ACTPB; i++) constrain(1, REFAB, i, NRFC);
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 3; k++) constrain(2, data_path[i], data_path[k], NCCDS);
  constrain(2, MACPB, MACPB, NCCDS);
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 3; k++) constrain(3, data_path[i], data_path[k], NCCDL);
  constrain(3, MACPB, MACPB, NCCDL);
  const int by_bank[2][3] = {{ACTSB, MACSB, PRESB}, {ACTPB, MACPB, PREPB}};
  for (int i = 0; i < 2; i++) {
    const int act = by_bank[i][0], mac = by_bank[i][1], pre = by_bank[i][2];
    constrain(4, act, act, NRC);
    constrain(4, act, mac, NRCDRD);
    constrain(4, act, pre, NRAS);
    constrain(4, mac, pre, NRTPL);
    constrain(4, pre, act, NRP);
  }
  for (int i = 0; i < COMMANDS; i++) {
    Command *c = &commands[i];
    c->shallowest = c->deepest = 0;
    for (int k = 0; k < c->ready_count; k++) {
      if (k == 0 || c->ready_depths[k] < c->shallowest) c->shallowest = c->ready_depths[k];
      if (c->ready_depths[k] > c->deepest) c->deepest = c->ready_depths[k];
    }
  }
}

static void lay_tree(void) {
  group_size[ALL] = BANKS;
  group_size[SAME] = PCHS * RANKS * GROUPS;
  group_size[TWINS] = PCHS;
  const int half = BANKS / PCHS;
  for (int bank = 0; bank < BANKS; bank++) {
    path[bank][0] = 0;
    path[bank][1] = 1 + bank / half;
    path[bank][2] = 3 + bank / (GROUPS * BANKS_A_GROUP);
    path[bank][3] = 7 + bank / BANKS_A_GROUP;
    path[bank][4] = 23 + bank;
    for (int i = 0; i < BANKS; i++) groups[ALL][bank][i] = i;
    for (int i = 0; i < 16; i++) groups[SAME][bank][i] = i * BANKS_A_GROUP + bank % BANKS_A_GROUP;
    for (int i = 0; i < PCHS; i++) groups[TWINS][bank][i] = i * half + bank % half;
    /* What the reference takes for the twins of a per-bank MAC. */
    const int pch = bank / half, rank = bank / 16 % RANKS, number = bank % BANKS_A_GROUP;
    for (int i = 0; i < PCHS; i++)
      also_timed[bank][i] = i * half + pch * 16 + rank * BANKS_A_GROUP + number;
  }
}

/* ---- a channel ---- */

static int has_row(const Channel *ch, int bank, int row) {
  for (int i = ch->open_count[bank] - 1; i >= 0; i--)
    if (ch->open_rows[bank][i] == row) return 1;
  return 0;
}

static int64_t ready_at(const Channel *ch, int index, int bank) {
  const Command *c = &commands[index];
  int64_t cycle = 0;
  for (int i = 0; i < c->ready_count; i++)
    cycle = max64(cycle, ch->ready[path[bank][c->ready_depths[i]] * COMMANDS + index]);
  return cycle;
}

static int prerequisite(const Channel *ch, int final, int bank, int row) {
  const Command *c = &commands[final];
  if (c->requires == NO_BANKS) return final;
  if (ch->open_banks == 0) return c->opener;
  const int *members = groups[c->requires][bank];
  for (int i = 0, n = group_size[c->requires]; i < n; i++) {
    if (ch->open_count[members[i]] == 0) return c->opener;
    if (!has_row(ch, members[i], row)) return c->closer;
  }
  return final;
}

static void delay(Channel *ch, Follower f, int node, int64_t cycle) {
  int64_t *ready = &ch->ready[node * COMMANDS + f.follower];
  *ready = max64(*ready, cycle + f.cycles);
}

static void issue(Channel *ch, int index, int bank, int row, int depth, int64_t cycle) {
  const Command *c = &commands[index];
  ch->issued++;
  for (int i = 0; i < c->follower_count; i++)
    if (c->followers[i].depth <= depth) delay(ch, c->followers[i], path[bank][c->followers[i].depth], cycle);
  if (c->opens != NO_BANKS) {
    for (int i = 0; i < group_size[c->opens]; i++) {
      const int member = groups[c->opens][bank][i];
      if (has_row(ch, member, row)) continue;
      if (ch->open_count[member] == 64) {
        fprintf(stderr, "more than 64 open rows in a bank\n");
        exit(1);
      }
      if (ch->open_count[member] == 0) ch->open_banks++;
      ch->open_rows[member][ch->open_count[member]++] = row;
    }
    ch->version++;
  }
  if (c->closes != NO_BANKS) {
    for (int i = 0; i < group_size[c->closes]; i++) {
      const int member = groups[c->closes][bank][i];
      if (ch->open_count[member] > 0) ch->open_banks--;
      ch->open_count[member] = 0;
    }
    ch->version++;
  }
  if (index != MACSB && index != MACPB) return;
  const int *others = index == MACSB ? groups[SAME][bank] : also_timed[bank];
  const int count = index == MACSB ? group_size[SAME] : PCHS;
  for (int i = 0; i < count; i++)
    for (int k = 0; k < c->follower_count; k++)
      if (c->followers[k].depth == 4) delay(ch, c->followers[k], path[others[i]][4], cycle);
}

/* ---- its queue ---- */

static void queue_clear(Queue *q) {
  q->size = q->barriers = q->runs = 0;
  for (int i = 0; i < SLOTS; i++) q->free_slots[i] = i;
}

static int queue_push(Queue *q, int final, int bank, int row) {
  q->size++;
  if (final == BARRIER) q->barriers++;
  if (q->runs > 0) {
    const int last = q->order[q->runs - 1];
    if (q->final[last] == final && q->row[last] == row && q->bank[last] == bank) {
      q->length[last]++;
      return 0;
    }
  }
  const int slot = q->free_slots[q->runs];
  q->order[q->runs++] = slot;
  q->final[slot] = final;
  q->bank[slot] = bank;
  q->row[slot] = row;
  q->length[slot] = 1;
  q->version[slot] = -1;
  return 1;
}

static void queue_remove(Queue *q, int position) {
  const int slot = q->order[position];
  q->size--;
  if (q->final[slot] == BARRIER) q->barriers--;
  if (--q->length[slot] > 0) return;
  q->runs--;
  for (int i = position; i < q->runs; i++) q->order[i] = q->order[i + 1];
  q->free_slots[q->runs] = slot;
}

/* ---- the scheduler ---- */

static int current(Channel *ch, int slot) {
  Queue *q = &ch->queue;
  if (q->version[slot] != ch->version) {
    q->command[slot] = prerequisite(ch, q->final[slot], q->bank[slot], q->row[slot]);
    q->version[slot] = ch->version;
  }
  return q->command[slot];
}

static int hits(Channel *ch, int slot) {
  const int final = ch->queue.final[slot];
  return commands[final].opener >= 0 && current(ch, slot) == final;
}

static int bank_is_hit(Channel *ch, int bank) {
  for (int i = 0; i < ch->queue.runs; i++) {
    const int slot = ch->queue.order[i];
    if (ch->queue.bank[slot] == bank && hits(ch, slot)) return 1;
  }
  return 0;
}

static int ready_now(Channel *ch, int index, int bank, int64_t cycle) {
  const int shallow = path[bank][commands[index].shallowest];
  const int deep = path[bank][commands[index].deepest];
  if (ch->blocked_in[index] != ch->scan) {
    ch->blocked_in[index] = ch->scan;
    ch->blocked_shallow[index] = ch->blocked_deep[index] = -1;
  } else if (ch->blocked_shallow[index] == shallow || ch->blocked_deep[index] == deep) {
    return 0;
  }
  const int64_t at_shallow = ch->ready[shallow * COMMANDS + index];
  if (at_shallow > cycle) {
    ch->blocked_shallow[index] = shallow;
    ch->next_ready = min64(ch->next_ready, at_shallow);
    return 0;
  }
  const int64_t at = ready_at(ch, index, bank);
  if (at <= cycle) return 1;
  ch->blocked_deep[index] = deep;
  ch->next_ready = min64(ch->next_ready, at);
  return 0;
}

static int first_that_passes(Channel *ch, int64_t cycle) {
  const Queue *q = &ch->queue;
  int behind_barrier = 0;
  ch->scan++;
  for (int i = 1; i < q->runs; i++) {
    const int slot = q->order[i];
    if (q->final[slot] == BARRIER) {
      behind_barrier = 1;
      continue;
    }
    const int index = current(ch, slot), bank = q->bank[slot];
    const Command *c = &commands[index];
    if (behind_barrier && c->opens == NO_BANKS && c->closes == NO_BANKS) continue;
    if (!ready_now(ch, index, bank, cycle)) continue;
    if (hits(ch, slot) || !bank_is_hit(ch, bank)) {
      ch->is_ready = 1;
      ch->position = i;
      return slot;
    }
  }
  return -1;
}

static int best(Channel *ch, int64_t cycle) {
  Queue *q = &ch->queue;
  ch->is_ready = ch->removed_barrier = 0;
  ch->next_ready = NEVER;
  if (q->size == 0) return -1;
  if (q->final[q->order[0]] == BARRIER) {
    queue_remove(q, 0);
    ch->removed_barrier = 1;
    if (q->size == 0) return -1;
  }
  const int head = q->order[0];
  const int64_t head_ready = ready_at(ch, current(ch, head), q->bank[head]);
  if (head_ready <= cycle) {
    ch->is_ready = 1;
    ch->position = 0;
    return head;
  }
  ch->next_ready = head_ready;
  const int passing = first_that_passes(ch, cycle);
  return passing < 0 ? head : passing;
}

/* ---- the controller ---- */

static void issue_from_queue(Channel *ch, int slot, int64_t cycle) {
  Queue *q = &ch->queue;
  const int command = current(ch, slot);
  if (command != BARRIER) issue(ch, command, q->bank[slot], q->row[slot], 4, cycle);
  if (command == q->final[slot]) queue_remove(q, ch->position);
}

static int refresh_command(const Channel *ch) { return ch->open_banks > 0 ? PREA : REFAB; }

static int serve_refresh(Channel *ch, int64_t cycle) {
  const int command = refresh_command(ch), bank = ch->refresh_node * (BANKS / PCHS);
  ch->first_bus = BUS_ROW;
  if (ready_at(ch, command, bank) > cycle) return 0;
  issue(ch, command, bank, -1, 1, cycle);
  if (command == REFAB) {
    ch->refreshes--;
    ch->refresh_node = (ch->refresh_node + 1) % PCHS;
  }
  return 1;
}

static int slot1(Channel *ch, int64_t cycle) {
  if (ch->refreshes > 0) return serve_refresh(ch, cycle);
  const int slot = best(ch, cycle);
  const int took_barrier = ch->removed_barrier;
  ch->first_bus = BUS_NONE;
  if (slot < 0 || !ch->is_ready) return took_barrier;
  ch->first_bus = commands[current(ch, slot)].bus;
  issue_from_queue(ch, slot, cycle);
  return 1;
}

static void slot2(Channel *ch, int64_t cycle) {
  const int slot = best(ch, cycle);
  const int acted = ch->is_ready;
  if (acted) {
    const int bus = commands[current(ch, slot)].bus;
    if (ch->first_bus != BUS_NONE && bus != BUS_NONE && bus != ch->first_bus)
      issue_from_queue(ch, slot, cycle);
  }
  int64_t wake = acted ? cycle + 1 : ch->next_ready;
  if (ch->refreshes > 0) {
    const int64_t at = ready_at(ch, refresh_command(ch), ch->refresh_node * (BANKS / PCHS));
    wake = min64(wake, max64(cycle + 1, at));
  }
  ch->next = min64(wake, ch->next_refresh);
}

static void tick(Channel *ch) {
  const int64_t cycle = ch->last = ch->next;
  if (cycle == ch->next_refresh) {
    ch->next_refresh += NREFI;
    ch->refreshes += PCHS;
  }
  if (!slot1(ch, cycle) && ch->first_bus == BUS_NONE) {
    ch->next = min64(ch->next_ready, ch->next_refresh);
    return;
  }
  slot2(ch, cycle);
}

static void advance(Channel *ch, int64_t cycle) {
  while (ch->next <= cycle) tick(ch);
}

/* When the run just added can first change what the controller does. */
static int64_t earliest_for_last(Channel *ch) {
  const Queue *q = &ch->queue;
  if (q->runs == 1) return 0;
  const int slot = q->order[q->runs - 1];
  if (q->final[slot] == BARRIER) return NEVER;
  const int command = current(ch, slot);
  const int prepares = commands[command].opens != NO_BANKS || commands[command].closes != NO_BANKS;
  if (q->barriers > 0 && !prepares) return NEVER;
  return ready_at(ch, command, q->bank[slot]);
}

static void channel_clear(Channel *ch) {
  memset(ch->ready, 0, sizeof ch->ready);
  memset(ch->open_count, 0, sizeof ch->open_count);
  ch->open_banks = ch->version = 0;
  queue_clear(&ch->queue);
  ch->next = ch->next_refresh = NREFI;
  ch->last = ch->issued = 0;
  ch->refreshes = ch->refresh_node = 0;
  ch->first_bus = BUS_NONE;
}

static int64_t simulate(const uint64_t *trace, size_t count, int64_t *accepted, int64_t *issued) {
  int64_t now = 0;
  for (int i = 0; i < CHANNELS; i++) {
    channel_clear(&channels[i]);
  }
  memset(accepted, 0, REQUESTS * sizeof *accepted);
  for (size_t i = 0; i < count; i++) {
    const int request = (int)(trace[i] >> 56);
    const uint64_t address = trace[i] & ((1ull << 56) - 1);
    /* Column 5 bits, row 14, bank 2, bank group 2, rank 1, pseudochannel 1, channel 4. */
    const int row = address >> 10 & 0x3fff, field = address >> 24 & 63;
    const int bank = (field >> 2 & 3) * 4 + (field & 3) + (field >> 4) * 16;
    Channel *ch = &channels[address >> 30 & 15];
    advance(ch, now);
    if (ch->queue.size >= ENTRIES) {
      do tick(ch); while (ch->queue.size >= ENTRIES);
      now = ch->last;
    }
    if (queue_push(&ch->queue, REQUEST_COMMAND[request], bank, row))
      ch->next = min64(ch->next, max64(now + 1, earliest_for_last(ch)));
    accepted[request]++;
  }
  int64_t cycle = now + 1;
  for (int settled = 0; !settled;) {
    settled = 1;
    for (int i = 0; i < CHANNELS; i++) {
      Channel *ch = &channels[i];
      advance(ch, cycle);
      if (ch->queue.size == 0 && ch->refreshes == 0) continue;
      do tick(ch); while (ch->queue.size > 0 || ch->refreshes > 0);
      cycle = ch->last;
      settled = 0;
    }
  }
  *issued = 0;
  for (int i = 0; i < CHANNELS; i++) *issued += channels[i].issued;
  return cycle;
}

static uint64_t *read_trace(const char *name, size_t *count) {
  FILE *file = fopen(name, "rb");
  if (!file) return NULL;
  fseek(file, 0, SEEK_END);
  *count = (size_t)ftell(file) / sizeof(uint64_t);
  rewind(file);
  uint64_t *trace = malloc(*count * sizeof *trace + 1);
  if (fread(trace, sizeof *trace, *count, file) != *count) return NULL;
  fclose(file);
  for (size_t i = 0; i < *count; i++) if (trace[i] >> 56 >= REQUESTS) return NULL;
  return trace;
}

int main(int argc, char **argv) {
  size_t count;
  if (argc != 4) {
    fprintf(stderr, "usage: baseline TRACE REPEATS NCCD\n");
    return 2;
  }
  const uint64_t *trace = read_trace(argv[1], &count);
  if (!trace) {
    fprintf(stderr, "expected a trace of operations 0 to %d in %s\n", REQUESTS - 1, argv[1]);
    return 2;
  }
  const int repeats = atoi(argv[2]);
  lay_device(atoi(argv[3]));
  lay_tree();
  int64_t accepted[REQUESTS], issued = 0, cycles = simulate(trace, count, accepted, &issued);
  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  for (int i = 0; i < repeats; i++) cycles = simulate(trace, count, accepted, &issued);
  clock_gettime(CLOCK_MONOTONIC, &end);
  const double ns = (double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec);
  printf("cycles %lld\nissued %lld\nns %.1f\n", (long long)cycles, (long long)issued, ns / repeats);
  for (int i = 0; i < REQUESTS; i++) printf("accepted %d %lld\n", i, (long long)accepted[i]);
  return 0;
}
