#ifndef VITRINE_TELEMETRY_HISTOGRAM_H
#define VITRINE_TELEMETRY_HISTOGRAM_H

#include "block.h"

/// A histogram's samples of one thread, written by that thread. It counts a sample as begun before all else and puts it into
/// its bucket after all else: a reader who finds as many in the buckets as were begun, before and after, has buckets and sum
/// of the same moment. That is a sequence lock (Boehm, "Can seqlocks get along with programming language memory models?",
/// MSPC 2012) whose second count is that of the buckets.
struct vitrine_samples {
    uint64_t begun;
    uint64_t zeros;
    uint64_t sum_low, sum_high;  // 128 bits in two's complement, or a double's bits in sum_low
    uint64_t minimum;  // of whole numbers; all ones without samples
    uint64_t span;  // the greatest less the least, so that one comparison tells a sample outside of both
    uint64_t real_minimum, real_maximum;  // doubles' bits
    uint64_t *octaves[];  // 16 buckets each, made when first hit
};

enum {
    vitrine_integer_octaves = 65,
    vitrine_real_octaves = 256,  // 128 for positive values, then 128 for negative ones
    vitrine_octave_buckets = 16,
    vitrine_exact_ordinals = 53 * vitrine_octave_buckets + 15,
    vitrine_real_exponent_min = -64,
    vitrine_real_exponent_max = 62,
};

/// Where the 16 boundaries of an octave of whole numbers lie. The fraction of a significand is looked at in 32 intervals,
/// of which each has at most one boundary.
struct vitrine_scale {
    uint64_t shift[32];  // added to the bits of a double in the interval, gives the ordinal in the upper 16 bits
    uint8_t below[32];  // the ordinal, in the octave from 1 to 2, of the bucket that the interval begins in
    uint64_t within[32];  // the one inside it, as a fraction of 2^64, rounded down; all ones if there is none
};

/// Boundaries at 2^(i/16), and at 2^(i/16) seconds for whole numbers of nanoseconds.
extern const struct vitrine_scale vitrine_scale_one, vitrine_scale_nanoseconds;

VITRINE_INLINE const struct vitrine_scale *vitrine_scale_of(int is_nanoseconds) {
    return is_nanoseconds ? &vitrine_scale_nanoseconds : &vitrine_scale_one;
}

/// What stands for a thread's samples as long as it has none: without octaves, and never written.
extern struct vitrine_samples vitrine_no_samples;

// The slow paths, in histograms.c. They keep the caller's registers, so that its fast path need not.
#define VITRINE_SELDOM __attribute__((preserve_most))
VITRINE_SELDOM void vitrine_record_seldom(uint32_t slot, const struct vitrine_scale *scale, int64_t value);
VITRINE_SELDOM void vitrine_widen(struct vitrine_samples *samples, uint64_t value);
struct vitrine_samples *vitrine_make_samples(uint32_t slot, int is_real);
uint64_t *vitrine_make_octave(struct vitrine_samples *samples, uint32_t octave);

// MARK: Recording

/// The caller's samples of a slot, made if there are none.
VITRINE_INLINE struct vitrine_samples *vitrine_own_samples(uint32_t slot, int is_real) {
    struct vitrine_block *own = vitrine_own;
    if (VITRINE_RARE(slot >= own->histogram_capacity)) return vitrine_make_samples(slot, is_real);
    struct vitrine_samples *samples = __atomic_load_n(own->histograms + slot, __ATOMIC_RELAXED);
    return VITRINE_RARE(samples == &vitrine_no_samples) ? vitrine_make_samples(slot, is_real) : samples;
}

/// The ordinal of the bucket of 2^exponent · (1 + fraction / 2^64): the least whose boundary is not below.
VITRINE_INLINE uint32_t vitrine_ordinal(int32_t exponent, uint64_t fraction, const struct vitrine_scale *scale) {
    uint32_t interval = (uint32_t)(fraction >> 59);
    return (uint32_t)(exponent * vitrine_octave_buckets) + scale->below[interval] + (fraction > scale->within[interval]);
}

VITRINE_INLINE uint64_t *vitrine_cell(struct vitrine_samples *samples, uint32_t ordinal) {
    uint32_t octave = ordinal / vitrine_octave_buckets;
    uint64_t *buckets = samples->octaves[octave];
    if (VITRINE_RARE(!buckets)) buckets = vitrine_make_octave(samples, octave);
    return buckets + ordinal % vitrine_octave_buckets;
}

VITRINE_INLINE void vitrine_begin(struct vitrine_samples *samples) {
    vitrine_store(&samples->begun, vitrine_load(&samples->begun) + 1);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}
VITRINE_INLINE void vitrine_end(uint64_t *cell) {
    __atomic_store_n(cell, vitrine_load(cell) + 1, __ATOMIC_RELEASE);
}

VITRINE_INLINE void vitrine_add_to_sum(struct vitrine_samples *samples, uint64_t sample) {
    uint64_t low = samples->sum_low, sum = low + sample;
    vitrine_store(&samples->sum_low, sum);
    if (VITRINE_RARE(sum < low)) vitrine_store(&samples->sum_high, samples->sum_high + 1);
}

/// Adds a sample above zero to its bucket.
VITRINE_INLINE void vitrine_record_whole(struct vitrine_samples *samples, uint64_t *cell, uint64_t sample) {
    vitrine_begin(samples);
    vitrine_add_to_sum(samples, sample);
    // Plain loads, which may be operands: only this thread writes them.
    if (VITRINE_RARE(sample - samples->minimum > samples->span)) vitrine_widen(samples, sample);
    vitrine_end(cell);
}

/// Records a whole number; one below zero counts as zero.
VITRINE_INLINE void vitrine_histogram_record(uint32_t slot, const struct vitrine_scale *scale, int64_t value) {
    struct vitrine_block *own = vitrine_own;
    if (VITRINE_RARE(slot >= own->histogram_capacity)) return vitrine_record_seldom(slot, scale, value);
    struct vitrine_samples *samples = __atomic_load_n(own->histograms + slot, __ATOMIC_RELAXED);
    // A double has exponent and fraction ready. It is exact below 2^53, whose ordinal is not less than the bound; numbers
    // that are not positive have a greater one too.
    uint64_t bits = vitrine_bits((double)value);
    uint64_t ordinal = (bits + scale->shift[bits >> 47 & 31]) >> 48;
    if (VITRINE_RARE(ordinal >= vitrine_exact_ordinals)) return vitrine_record_seldom(slot, scale, value);
    uint64_t *buckets = samples->octaves[ordinal / vitrine_octave_buckets];
    // Nor has a thread without samples any.
    if (VITRINE_RARE(!buckets)) return vitrine_record_seldom(slot, scale, value);
    vitrine_record_whole(samples, buckets + ordinal % vitrine_octave_buckets, (uint64_t)value);
}

/// Records a finite real. Magnitudes under 2^-64 share the bucket of zero, those from 2^63 on the last bucket.
VITRINE_INLINE void vitrine_histogram_record_real(uint32_t slot, double value) {
    struct vitrine_samples *samples = vitrine_own_samples(slot, 1);
    uint64_t bits = vitrine_bits(value);
    int32_t exponent = (int32_t)(bits >> 52 & 0x7FF) - 1023;
    uint64_t *cell = &samples->zeros;
    if (exponent >= vitrine_real_exponent_min) {
        int is_large = exponent > vitrine_real_exponent_max;
        int32_t place = (is_large ? vitrine_real_exponent_max : exponent) - vitrine_real_exponent_min;
        uint32_t ordinal = vitrine_ordinal(place, is_large ? ~0ull : bits << 12, &vitrine_scale_one);
        cell = vitrine_cell(samples, ordinal + (bits >> 63 ? vitrine_real_octaves / 2 * vitrine_octave_buckets : 0));
    }
    vitrine_begin(samples);
    vitrine_store(&samples->sum_low, vitrine_bits(vitrine_real(vitrine_load(&samples->sum_low)) + value));
    if (VITRINE_RARE(value < vitrine_real(vitrine_load(&samples->real_minimum)))) vitrine_store(&samples->real_minimum, bits);
    if (VITRINE_RARE(value > vitrine_real(vitrine_load(&samples->real_maximum)))) vitrine_store(&samples->real_maximum, bits);
    vitrine_end(cell);
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
