#ifndef VITRINE_TELEMETRY_COUNTER_H
#define VITRINE_TELEMETRY_COUNTER_H

#include "block.h"

// MARK: Recording

struct vitrine_block *vitrine_grow_counters(uint32_t slot);
struct vitrine_block *vitrine_grow_reals(uint32_t slot);

/// Adds to a counter of whole numbers, modulo 2^64.
VITRINE_INLINE void vitrine_counter_add(uint32_t slot, uint64_t amount) {
    struct vitrine_block *own = vitrine_own;
    if (VITRINE_RARE(slot >= own->counter_capacity)) own = vitrine_grow_counters(slot);
    uint64_t *cell = own->counters + slot;
    vitrine_store(cell, vitrine_load(cell) + amount);
}

/// Adds to a counter of reals.
VITRINE_INLINE void vitrine_real_add(uint32_t slot, double amount) {
    struct vitrine_block *own = vitrine_own;
    if (VITRINE_RARE(slot >= own->real_capacity)) own = vitrine_grow_reals(slot);
    uint64_t *cell = own->reals + slot;
    vitrine_store(cell, vitrine_bits(vitrine_real(vitrine_load(cell)) + amount));
}

// MARK: Making, reading and giving back, under the lock

/// A slot for whole numbers whose cells are all zero.
uint32_t vitrine_counter_make(void);
/// Gives a slot back; nothing may record into it any more.
void vitrine_counter_free(uint32_t slot);
/// The sum of all threads' cells, modulo 2^64, since the slot was made or reset.
uint64_t vitrine_counter_read(uint32_t slot);
/// Counts from zero again; no thread's cell is touched, for each belongs to its thread.
void vitrine_counter_reset(uint32_t slot);

/// The same four for reals.
uint32_t vitrine_real_make(void);
void vitrine_real_free(uint32_t slot);
double vitrine_real_read(uint32_t slot);
void vitrine_real_reset(uint32_t slot);

/// One more than the greatest slot in use of each kind.
uint32_t vitrine_counter_bound(void);
uint32_t vitrine_real_bound(void);
/// The sums of the slots from 0 to count - 1 in one pass over each block.
void vitrine_counters_read(uint64_t *sums, uint32_t count);
void vitrine_reals_read(double *sums, uint32_t count);

// MARK: Gauges
//
// One shared cell, because the last writer is the one that counts.

struct vitrine_gauge {
    uint64_t bits;  // a double's
    uint64_t is_touched;  // set by every writer, taken back by whoever looks for idle series
};

struct vitrine_gauge *vitrine_gauge_make(void);
void vitrine_gauge_free(struct vitrine_gauge *gauge);

VITRINE_INLINE double vitrine_gauge_read(const struct vitrine_gauge *gauge) {
    return vitrine_real(vitrine_load(&gauge->bits));
}
VITRINE_INLINE void vitrine_gauge_touch(struct vitrine_gauge *gauge) {
    // Read first: a line that is only read stays with all processors.
    if (!vitrine_load(&gauge->is_touched)) vitrine_store(&gauge->is_touched, 1);
}
VITRINE_INLINE void vitrine_gauge_set(struct vitrine_gauge *gauge, double value) {
    vitrine_store(&gauge->bits, vitrine_bits(value));
    vitrine_gauge_touch(gauge);
}
VITRINE_INLINE void vitrine_gauge_add(struct vitrine_gauge *gauge, double amount) {
    uint64_t old = vitrine_load(&gauge->bits);
    while (!__atomic_compare_exchange_n(
        &gauge->bits, &old, vitrine_bits(vitrine_real(old) + amount), 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
    vitrine_gauge_touch(gauge);
}
/// Whether the gauge was written since this was last asked.
VITRINE_INLINE int vitrine_gauge_take_touch(struct vitrine_gauge *gauge) {
    return __atomic_exchange_n(&gauge->is_touched, 0, __ATOMIC_RELAXED) != 0;
}

#endif
