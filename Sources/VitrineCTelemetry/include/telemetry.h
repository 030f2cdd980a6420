#ifndef VITRINE_TELEMETRY_H
#define VITRINE_TELEMETRY_H

#include <stdint.h>
#include <string.h>

// What each thread has counted, kept where only that thread writes.
//
// A metric is a slot number. Each thread owns a block with one cell per slot, so that recording is an addition to
// memory that no other thread writes: no locked instruction, no shared cache line. Reading adds the cells of all
// blocks up under the lock of telemetry.c. A thread that ends leaves its block, values included, to the next thread
// that starts: nothing is moved, so nothing can be lost or counted twice, and the memory is bounded by the greatest
// number of threads that ever recorded at once.
//
// Every cell is accessed by relaxed atomics, which are plain loads and stores on the machines Swift runs on.

/// A histogram's samples of one thread. Written by that thread inside a sequence lock (Boehm, "Can seqlocks get along
/// with programming language memory models?", MSPC 2012), so that a reader sees buckets and sum of the same moment.
struct vitrine_samples {
    uint64_t sequence;  // odd while a sample is being written
    uint64_t is_wanted;  // set by a reader that was overtaken too often: the owner then waits for it
    uint64_t zeros;
    uint64_t sum_low, sum_high;  // 128 bits in two's complement, or a double's bits in sum_low
    uint64_t minimum, maximum;  // an int64_t's or a double's bits
    uint64_t *octaves[];  // 16 buckets each, made when first hit
};

/// What one thread owns. The arrays grow when a slot beyond them is first used.
struct vitrine_block {
    uint64_t *counters;
    struct vitrine_samples **histograms;
    uint32_t counter_capacity, histogram_capacity;
    struct vitrine_block *next;  // of all blocks ever made
    struct vitrine_block *next_free;  // of those whose thread has ended
};

enum {
    vitrine_integer_octaves = 64,
    vitrine_real_octaves = 256,  // 128 for positive values, then 128 for negative ones
    vitrine_octave_buckets = 16,
    vitrine_real_exponent_min = -64,
    vitrine_real_exponent_max = 62,
};

/// The calling thread's block; a block without capacity until it first records.
extern __thread struct vitrine_block *vitrine_own __attribute__((tls_model("initial-exec")));

// The slow paths, in telemetry.c.
struct vitrine_block *vitrine_grow_counters(uint32_t slot);
struct vitrine_samples *vitrine_make_samples(uint32_t slot, int is_real);
uint64_t *vitrine_make_octave(struct vitrine_samples *samples, uint32_t octave);
void vitrine_wait_for_reader(void);

// Where the boundaries 2^(j/16) − 1, j = 0 … 15, lie in 32 intervals of a significand's fraction: at most one in each.
// `below` counts the boundaries under the interval, `within` is the one inside it, as a fraction of 2^64.
extern const uint8_t vitrine_boundaries_below[32];
extern const uint64_t vitrine_boundary_within[32];

#define VITRINE_INLINE static inline __attribute__((always_inline))
#define VITRINE_RARE(condition) __builtin_expect(!!(condition), 0)

VITRINE_INLINE uint64_t vitrine_load(const uint64_t *cell) {
    return __atomic_load_n(cell, __ATOMIC_RELAXED);
}
VITRINE_INLINE void vitrine_store(uint64_t *cell, uint64_t value) {
    __atomic_store_n(cell, value, __ATOMIC_RELAXED);
}
VITRINE_INLINE double vitrine_real(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
VITRINE_INLINE uint64_t vitrine_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// MARK: Counters

VITRINE_INLINE uint64_t *vitrine_own_counter(uint32_t slot) {
    struct vitrine_block *own = vitrine_own;
    if (VITRINE_RARE(slot >= own->counter_capacity)) own = vitrine_grow_counters(slot);
    return own->counters + slot;
}

/// Adds to a counter of whole numbers, modulo 2^64.
VITRINE_INLINE void vitrine_counter_add(uint32_t slot, uint64_t amount) {
    uint64_t *cell = vitrine_own_counter(slot);
    vitrine_store(cell, vitrine_load(cell) + amount);
}

/// Adds to a counter of reals.
VITRINE_INLINE void vitrine_counter_add_real(uint32_t slot, double amount) {
    uint64_t *cell = vitrine_own_counter(slot);
    vitrine_store(cell, vitrine_bits(vitrine_real(vitrine_load(cell)) + amount));
}

// MARK: Histograms

VITRINE_INLINE struct vitrine_samples *vitrine_own_samples(uint32_t slot, int is_real) {
    struct vitrine_block *own = vitrine_own;
    struct vitrine_samples *samples = slot < own->histogram_capacity ? own->histograms[slot] : 0;
    if (VITRINE_RARE(!samples)) samples = vitrine_make_samples(slot, is_real);
    if (VITRINE_RARE(vitrine_load(&samples->is_wanted))) vitrine_wait_for_reader();
    return samples;
}

/// The bucket of 2^exponent · (1 + fraction / 2^64): the least i with value ≤ 2^(i/16).
VITRINE_INLINE int32_t vitrine_bucket(int32_t exponent, uint64_t fraction) {
    uint32_t interval = (uint32_t)(fraction >> 59);
    return exponent * vitrine_octave_buckets + vitrine_boundaries_below[interval]
           + (fraction > vitrine_boundary_within[interval]);
}

VITRINE_INLINE uint64_t *vitrine_cell(struct vitrine_samples *samples, uint32_t ordinal) {
    uint32_t octave = ordinal / vitrine_octave_buckets;
    uint64_t *buckets = samples->octaves[octave];
    if (VITRINE_RARE(!buckets)) buckets = vitrine_make_octave(samples, octave);
    return buckets + ordinal % vitrine_octave_buckets;
}

VITRINE_INLINE void vitrine_begin(struct vitrine_samples *samples) {
    vitrine_store(&samples->sequence, vitrine_load(&samples->sequence) + 1);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}
VITRINE_INLINE void vitrine_end(struct vitrine_samples *samples) {
    __atomic_store_n(&samples->sequence, vitrine_load(&samples->sequence) + 1, __ATOMIC_RELEASE);
}

/// Records a whole number; one below zero counts as zero.
VITRINE_INLINE void vitrine_histogram_record(uint32_t slot, int64_t value) {
    struct vitrine_samples *samples = vitrine_own_samples(slot, 0);
    uint64_t *cell = &samples->zeros;
    if (value > 0) {
        int leading = __builtin_clzll((uint64_t)value);
        int32_t bucket = vitrine_bucket(63 - leading, (uint64_t)value << leading << 1);
        cell = vitrine_cell(samples, (uint32_t)(bucket + vitrine_octave_buckets - 1));
    } else {
        value = 0;
    }
    vitrine_begin(samples);
    vitrine_store(cell, vitrine_load(cell) + 1);
    uint64_t low = vitrine_load(&samples->sum_low), sum = low + (uint64_t)value;
    vitrine_store(&samples->sum_low, sum);
    if (VITRINE_RARE(sum < low)) vitrine_store(&samples->sum_high, vitrine_load(&samples->sum_high) + 1);
    if (VITRINE_RARE(value < (int64_t)vitrine_load(&samples->minimum))) vitrine_store(&samples->minimum, (uint64_t)value);
    if (VITRINE_RARE(value > (int64_t)vitrine_load(&samples->maximum))) vitrine_store(&samples->maximum, (uint64_t)value);
    vitrine_end(samples);
}

/// Records a finite real. Magnitudes under 2^-64 share the bucket of zero, those from 2^63 on the last bucket.
VITRINE_INLINE void vitrine_histogram_record_real(uint32_t slot, double value) {
    struct vitrine_samples *samples = vitrine_own_samples(slot, 1);
    uint64_t bits = vitrine_bits(value);
    int32_t exponent = (int32_t)(bits >> 52 & 0x7FF) - 1023;
    uint64_t *cell = &samples->zeros;
    if (exponent >= vitrine_real_exponent_min) {
        int is_large = exponent > vitrine_real_exponent_max;
        int32_t bucket = vitrine_bucket(is_large ? vitrine_real_exponent_max : exponent, is_large ? ~0ull : bits << 12);
        uint32_t ordinal = (uint32_t)(bucket + (1 - vitrine_real_exponent_min) * vitrine_octave_buckets - 1);
        cell = vitrine_cell(samples, ordinal + (bits >> 63 ? vitrine_real_octaves / 2 * vitrine_octave_buckets : 0));
    }
    vitrine_begin(samples);
    vitrine_store(cell, vitrine_load(cell) + 1);
    vitrine_store(&samples->sum_low, vitrine_bits(vitrine_real(vitrine_load(&samples->sum_low)) + value));
    if (VITRINE_RARE(value < vitrine_real(vitrine_load(&samples->minimum)))) vitrine_store(&samples->minimum, bits);
    if (VITRINE_RARE(value > vitrine_real(vitrine_load(&samples->maximum)))) vitrine_store(&samples->maximum, bits);
    vitrine_end(samples);
}

// MARK: Making, reading and giving back, under the lock

/// A slot whose cells are all zero.
uint32_t vitrine_counter_make(void);
/// Gives a slot back; nothing may record into it any more.
void vitrine_counter_free(uint32_t slot);
/// The sum of all threads' cells, modulo 2^64.
uint64_t vitrine_counter_read(uint32_t slot);
/// The sum of all threads' cells as reals.
double vitrine_counter_read_real(uint32_t slot);

/// All threads' samples taken together. `minimum` and `maximum` mean something only where there are samples.
struct vitrine_totals {
    uint64_t zeros;
    uint64_t sum_low, sum_high;
    double real_sum;
    int64_t minimum, maximum;
    double real_minimum, real_maximum;
};

/// A slot without samples.
uint32_t vitrine_histogram_make(void);
/// Gives a slot and its memory back; nothing may record into it any more.
void vitrine_histogram_free(uint32_t slot, int is_real);
/// Adds every bucket up into `counts`, which has 16 numbers per octave and starts at zero.
struct vitrine_totals vitrine_histogram_read(uint32_t slot, int is_real, uint64_t *counts);

/// How many blocks there are: those of living threads that recorded and those that wait for a new thread.
uint32_t vitrine_block_count(void);

#endif
