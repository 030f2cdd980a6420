#ifndef VITRINE_TELEMETRY_LOCK_H
#define VITRINE_TELEMETRY_LOCK_H

#include "include/block.h"

#include <pthread.h>
#include <stddef.h>

// One lock for all that is rare: making and ending threads' blocks, growing them, slots, reading. A block's arrays
// are replaced only by its own thread and only under the lock, so the owner reads them without it.

extern pthread_mutex_t vitrine_lock;
/// All blocks ever made. Only ever grows at its front.
extern struct vitrine_block *vitrine_blocks;

/// The calling thread's block, taken or made if it has none; under the lock.
struct vitrine_block *vitrine_own_block_locked(void);
/// Takes and makes what vitrine_own_block_locked needs before the lock is held.
void vitrine_prepare(void);

/// Two cache lines, for processors fetch the second with the first.
enum { vitrine_line = 128 };

/// Zeroed memory of whole pairs of cache lines, so that no two threads' cells share one. Memory that cannot be had ends
/// the process, as it does everywhere in Swift.
void *vitrine_zeroed(size_t bytes);
/// An array of `capacity` elements grown so that it has `slot`, with its content; updates `capacity`.
void *vitrine_grown(void *array, size_t element, uint32_t slot, uint32_t *capacity);

/// Slot numbers of one kind: those given back are given out again.
struct vitrine_slots {
    uint32_t *freed;
    uint32_t freed_count, freed_capacity, next;
};
uint32_t vitrine_take_slot_locked(struct vitrine_slots *slots);
void vitrine_give_slot_locked(struct vitrine_slots *slots, uint32_t slot);

#endif
