#ifndef VITRINE_TELEMETRY_HISTOGRAM_H
#define VITRINE_TELEMETRY_HISTOGRAM_H

#include "block.h"

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

enum {
    vitrine_integer_octaves = 65,
    vitrine_real_octaves = 256,  // 128 for positive values, then 128 for negative ones
    vitrine_octave_buckets = 16,
    vitrine_real_exponent_min = -64,
    vitrine_real_exponent_max = 62,
    vitrine_nanosecond_exponent = -30,  // what is recorded in nanoseconds is bucketed in units of 2^-30 s
};

/// What a whole number is multiplied with before it is bucketed, as a fraction of 2^63, rounded down: 1, or 2^30 / 10^9,
/// which makes units of 2^-30 seconds of nanoseconds, so that the buckets are those of the exposition's seconds.
#define vitrine_scale_one UINT64_C(0x8000000000000000)
#define vitrine_scale_nanoseconds UINT64_C(0x89705F4136B4A597)

// The slow paths, in histograms.c.
struct vitrine_samples *vitrine_make_samples(uint32_t slot, int is_real);
uint64_t *vitrine_make_octave(struct vitrine_samples *samples, uint32_t octave);
void vitrine_wait_for_reader(void);

// Where the boundaries 2^(j/16) − 1, j = 0 … 15, lie in 32 intervals of a significand's fraction: at most one in each.
// `below` counts the boundaries under the interval, `within` is the one inside it, as a fraction of 2^64.
extern const uint8_t vitrine_boundaries_below[32];
extern const uint64_t vitrine_boundary_within[32];

// MARK: Recording

VITRINE_INLINE struct vitrine_samples *vitrine_own_samples(uint32_t slot, int is_real) {
    struct vitrine_block *own = vitrine_own;
    struct vitrine_samples *samples = 0;
    if (!VITRINE_RARE(slot >= own->histogram_capacity)) samples = own->histograms[slot];
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

/// The bucket of a positive whole number times `scale`.
VITRINE_INLINE int32_t vitrine_scaled_bucket(uint64_t value, uint64_t scale) {
    int leading = __builtin_clzll(value);
    uint64_t product = (uint64_t)((unsigned __int128)(value << leading) * scale >> 64);  // in [2^62, 2^64)
    int is_below = (int64_t)product >= 0;
    return vitrine_bucket(64 - leading - is_below, product << is_below << 1);
}

VITRINE_INLINE uint64_t *vitrine_cell(struct vitrine_samples *samples, uint32_t ordinal) {
    uint32_t octave = ordinal / vitrine_octave_buckets;
    uint64_t *buckets = samples->octaves[octave];
    if (VITRINE_RARE(!buckets)) buckets = vitrine_make_octave(samples, octave);
    return buckets + ordinal % vitrine_octave_buckets;
}

VITRINE_INLINE uint64_t vitrine_begin(struct vitrine_samples *samples) {
    uint64_t sequence = vitrine_load(&samples->sequence) + 1;
    vitrine_store(&samples->sequence, sequence);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    return sequence;
}
VITRINE_INLINE void vitrine_end(struct vitrine_samples *samples, uint64_t sequence) {
    __atomic_store_n(&samples->sequence, sequence + 1, __ATOMIC_RELEASE);
}

/// Records a whole number; one below zero counts as zero.
VITRINE_INLINE void vitrine_histogram_record(uint32_t slot, uint64_t scale, int64_t value) {
    struct vitrine_samples *samples = vitrine_own_samples(slot, 0);
    uint64_t *cell = &samples->zeros;
    if (__builtin_expect(value > 0, 1)) {
        int32_t bucket = vitrine_scaled_bucket((uint64_t)value, scale);
        cell = vitrine_cell(samples, (uint32_t)(bucket + vitrine_octave_buckets - 1));
    } else {
        value = 0;
    }
    uint64_t sequence = vitrine_begin(samples);
    vitrine_store(cell, vitrine_load(cell) + 1);
    uint64_t low = vitrine_load(&samples->sum_low), sum = low + (uint64_t)value;
    vitrine_store(&samples->sum_low, sum);
    if (VITRINE_RARE(sum < low)) vitrine_store(&samples->sum_high, vitrine_load(&samples->sum_high) + 1);
    if (VITRINE_RARE(value < (int64_t)vitrine_load(&samples->minimum))) vitrine_store(&samples->minimum, (uint64_t)value);
    if (VITRINE_RARE(value > (int64_t)vitrine_load(&samples->maximum))) vitrine_store(&samples->maximum, (uint64_t)value);
    vitrine_end(samples, sequence);
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
    uint64_t sequence = vitrine_begin(samples);
    vitrine_store(cell, vitrine_load(cell) + 1);
    vitrine_store(&samples->sum_low, vitrine_bits(vitrine_real(vitrine_load(&samples->sum_low)) + value));
    if (VITRINE_RARE(value < vitrine_real(vitrine_load(&samples->minimum)))) vitrine_store(&samples->minimum, bits);
    if (VITRINE_RARE(value > vitrine_real(vitrine_load(&samples->maximum)))) vitrine_store(&samples->maximum, bits);
    vitrine_end(samples, sequence);
}

// MARK: Making, reading and giving back, under the lock

/// All threads' samples taken together. `minimum` and `maximum` mean something only where there are samples.
struct vitrine_totals {
    uint64_t zeros;
    uint64_t sum_low, sum_high;
    double real_sum;
    int64_t minimum, maximum;
    double real_minimum, real_maximum;
    uint32_t bucket_count;  // how many were written to `buckets`
};

/// A bucket that is not empty. Its ordinal counts from the least bucket of the kind, 16 to an octave.
struct vitrine_bucket_count {
    uint64_t count;
    uint32_t ordinal;
};

enum { vitrine_buckets_max = vitrine_real_octaves * vitrine_octave_buckets };

/// A slot without samples.
uint32_t vitrine_histogram_make(void);
/// Gives a slot and its memory back; nothing may record into it any more.
void vitrine_histogram_free(uint32_t slot, int is_real);
/// Takes all samples together; writes the buckets that are not empty, in ascending order, to `buckets`, which has room for
/// `vitrine_buckets_max`.
struct vitrine_totals vitrine_histogram_read(uint32_t slot, int is_real, struct vitrine_bucket_count *buckets);
/// A number that differs after a sample was recorded.
uint64_t vitrine_histogram_activity(uint32_t slot);

#endif
