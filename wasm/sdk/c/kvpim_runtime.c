// An allocator with a free list for each power of two, and the one the host calls.
#include "kvpim_runtime.h"

enum { PAGE = 65536, HEADER = 16, SMALLEST_CLASS = 5, CLASSES = 32 };

// Before each block: its class, and its neighbours while the host's inputs are in it.
typedef struct block {
  uint32_t size_class;
  struct block *next;
} block;

_Static_assert(sizeof(block) <= HEADER, "a header holds a block");

extern uint8_t __heap_base;
static uintptr_t heap_end;
static block *free_blocks[CLASSES];
static block *inputs;

static uint32_t class_of(uint32_t bytes) {
  uint32_t size_class = SMALLEST_CLASS;
  while (((uint64_t)1 << size_class) < (uint64_t)bytes + HEADER) size_class++;
  if (size_class >= CLASSES) __builtin_trap();
  return size_class;
}

static block *take_block(uint32_t size_class) {
  block *found = free_blocks[size_class];
  if (found) {
    free_blocks[size_class] = found->next;
    return found;
  }
  if (!heap_end) heap_end = ((uintptr_t)&__heap_base + HEADER - 1) & ~(uintptr_t)(HEADER - 1);
  uint64_t end = (uint64_t)heap_end + ((uint64_t)1 << size_class);
  uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) * PAGE;
  if (end > have) {
    uint32_t pages = (uint32_t)((end - have + PAGE - 1) / PAGE);
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) __builtin_trap();
  }
  found = (block *)heap_end;
  found->size_class = size_class;
  heap_end = (uintptr_t)end;
  return found;
}

static void *payload_of(block *owner) { return (uint8_t *)owner + HEADER; }

static block *block_of(void *payload) { return (block *)((uint8_t *)payload - HEADER); }

void *kvpim_allocate(uint32_t bytes) {
  void *payload = payload_of(take_block(class_of(bytes)));
  kvpim_set(payload, 0, bytes);
  return payload;
}

void kvpim_free(void *payload) {
  if (!payload) return;
  block *owner = block_of(payload);
  owner->next = free_blocks[owner->size_class];
  free_blocks[owner->size_class] = owner;
}

void kvpim_release_inputs(void) {
  while (inputs) {
    block *first = inputs;
    inputs = first->next;
    kvpim_free(payload_of(first));
  }
}

// The host grows nothing it passed before: it knows the length of what it passes.
__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *from, uint32_t from_bytes, uint32_t alignment, uint32_t bytes) {
  if (bytes == 0) return (void *)(uintptr_t)alignment;
  block *made = take_block(class_of(bytes));
  made->next = inputs;
  inputs = made;
  if (from) kvpim_copy(payload_of(made), from, from_bytes < bytes ? from_bytes : bytes);
  return payload_of(made);
}

void *memcpy(void *to, const void *from, size_t bytes) {
  kvpim_copy(to, from, bytes);
  return to;
}

void *memset(void *to, int value, size_t bytes) {
  kvpim_set(to, (uint8_t)value, bytes);
  return to;
}
