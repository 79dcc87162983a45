// What every C plugin stands on: freestanding, no libc.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** UTF-8, not ended by a zero. */
typedef struct {
  const char *bytes;
  uint32_t length;
} kvpim_string;

/** A string literal as a kvpim_string. */
#define KVPIM_STRING(literal) ((kvpim_string){(literal), sizeof(literal) - 1})

/** Allocates zeroed memory, aligned to 16 bytes; traps when there is none. */
void *kvpim_allocate(uint32_t bytes);

/** Frees what kvpim_allocate gave. */
void kvpim_free(void *block);

/** Frees the memory the host passed this call's inputs in. The glue calls it. */
void kvpim_release_inputs(void);

/** Like memcpy; the ranges must not overlap. */
static inline void kvpim_copy(void *to, const void *from, uint32_t bytes) {
  __builtin_memcpy(to, from, bytes);
}

/** Like memset. */
static inline void kvpim_set(void *to, uint8_t value, uint32_t bytes) {
  __builtin_memset(to, value, bytes);
}
