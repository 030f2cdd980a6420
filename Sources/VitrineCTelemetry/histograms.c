#define _GNU_SOURCE
#include "include/histogram.h"

#include "lock.h"

#include <math.h>
#include <sched.h>
#include <stdlib.h>

// For each interval: its number, the bucket that it begins in, and the boundary within it.
#define SCALE_ONE(X) \
    X(0, 15, 0x0000000000000000) X(1, 16, 0x0B5586CF9890F629) X(2, 17, 0x172B83C7D517ADCD) \
    X(3, 18, 0xFFFFFFFFFFFFFFFF) X(4, 18, 0x2387A6E75623866C) X(5, 19, 0xFFFFFFFFFFFFFFFF) \
    X(6, 19, 0x306FE0A31B7152DE) X(7, 20, 0x3DEA64C12342235B) X(8, 21, 0xFFFFFFFFFFFFFFFF) \
    X(9, 21, 0x4BFDAD5362A271D4) X(10, 22, 0xFFFFFFFFFFFFFFFF) X(11, 22, 0x5AB07DD48542958C) \
    X(12, 23, 0xFFFFFFFFFFFFFFFF) X(13, 23, 0x6A09E667F3BCC908) X(14, 24, 0xFFFFFFFFFFFFFFFF) \
    X(15, 24, 0x7A11473EB0186D7D) X(16, 25, 0xFFFFFFFFFFFFFFFF) X(17, 25, 0x8ACE5422AA0DB5BA) \
    X(18, 26, 0xFFFFFFFFFFFFFFFF) X(19, 26, 0x9C49182A3F0901C7) X(20, 27, 0xFFFFFFFFFFFFFFFF) \
    X(21, 27, 0xAE89F995AD3AD5E8) X(22, 28, 0xFFFFFFFFFFFFFFFF) X(23, 28, 0xFFFFFFFFFFFFFFFF) \
    X(24, 28, 0xC199BDD85529C222) X(25, 29, 0xFFFFFFFFFFFFFFFF) X(26, 29, 0xD5818DCFBA48725D) \
    X(27, 30, 0xFFFFFFFFFFFFFFFF) X(28, 30, 0xFFFFFFFFFFFFFFFF) X(29, 30, 0xEA4AFA2A490D9858) \
    X(30, 31, 0xFFFFFFFFFFFFFFFF) X(31, 31, 0xFFFFFFFFFFFFFFFF)
#define SCALE_NANOSECONDS(X) \
    X(0, 17, 0x03FF4F52A9394DC6) X(1, 18, 0x0F82246B06DA2D47) X(2, 19, 0xFFFFFFFFFFFFFFFF) \
    X(3, 19, 0x1B87712C02C94FB2) X(4, 20, 0xFFFFFFFFFFFFFFFF) X(5, 20, 0x2814FC504B3F6705) \
    X(6, 21, 0x3530CE0A9AA24722) X(7, 22, 0xFFFFFFFFFFFFFFFF) X(8, 22, 0x42E132EBBF60CEAF) \
    X(9, 23, 0xFFFFFFFFFFFFFFFF) X(10, 23, 0x512CBEE97E0CA0E3) X(11, 24, 0xFFFFFFFFFFFFFFFF) \
    X(12, 24, 0x601A5087C20C1B84) X(13, 25, 0x6FB11425A1BB3D40) X(14, 26, 0xFFFFFFFFFFFFFFFF) \
    X(15, 26, 0x7FF8876FCC095244) X(16, 27, 0xFFFFFFFFFFFFFFFF) X(17, 27, 0xFFFFFFFFFFFFFFFF) \
    X(18, 27, 0x90F87CFA079B7D86) X(19, 28, 0xFFFFFFFFFFFFFFFF) X(20, 28, 0xA2B920017E42383E) \
    X(21, 29, 0xFFFFFFFFFFFFFFFF) X(22, 29, 0xB542F859A32AABB6) X(23, 30, 0xFFFFFFFFFFFFFFFF) \
    X(24, 30, 0xFFFFFFFFFFFFFFFF) X(25, 30, 0xC89EEE8596ADC7BB) X(26, 31, 0xFFFFFFFFFFFFFFFF) \
    X(27, 31, 0xDCD6500000000000) X(28, 32, 0xFFFFFFFFFFFFFFFF) X(29, 32, 0xFFFFFFFFFFFFFFFF) \
    X(30, 32, 0xF1F2D3B36B57F290) X(31, 33, 0xFFFFFFFFFFFFFFFF)

// A double's bits, and what this adds to them, have the ordinal in their upper 16 bits: the exponent and four bits of the
// significand, moved by the difference of the boundary from where those four bits change.
#define LOW_BITS ((1ull << 48) - 1)
#define SHIFT(interval, below, within)                              \
    ((uint64_t)((below) - ((interval) >> 1) - 1023 * 16) << 48) + \
        ((within) == ~0ull ? 0 : LOW_BITS - ((within) >> 12 & LOW_BITS)),
#define BELOW(interval, below, within) below,
#define WITHIN(interval, below, within) within,

const struct vitrine_scale vitrine_scale_one = {
    .shift = {SCALE_ONE(SHIFT)}, .below = {SCALE_ONE(BELOW)}, .within = {SCALE_ONE(WITHIN)},
};
const struct vitrine_scale vitrine_scale_nanoseconds = {
    .shift = {SCALE_NANOSECONDS(SHIFT)}, .below = {SCALE_NANOSECONDS(BELOW)}, .within = {SCALE_NANOSECONDS(WITHIN)},
};

static struct vitrine_slots slots;

struct vitrine_samples vitrine_no_samples = {.octaves = {[vitrine_real_octaves - 1] = 0}};

// MARK: What an owner rarely needs

static void grow_histograms(struct vitrine_block *block, uint32_t slot) {
    uint32_t old = block->histogram_capacity;
    block->histograms = vitrine_grown(block->histograms, sizeof *block->histograms, slot, &block->histogram_capacity);
    for (uint32_t i = old; i < block->histogram_capacity; i++) block->histograms[i] = &vitrine_no_samples;
}

// A block's samples of a slot, or null; under the lock.
static struct vitrine_samples *samples_of(const struct vitrine_block *block, uint32_t slot) {
    if (slot >= block->histogram_capacity || block->histograms[slot] == &vitrine_no_samples) return 0;
    return block->histograms[slot];
}

struct vitrine_samples *vitrine_make_samples(uint32_t slot, int is_real) {
    vitrine_prepare();
    pthread_mutex_lock(&vitrine_lock);
    struct vitrine_block *block = vitrine_own_block_locked();
    if (slot >= block->histogram_capacity) grow_histograms(block, slot);
    struct vitrine_samples *samples = samples_of(block, slot);
    if (!samples) {
        size_t octaves = is_real ? vitrine_real_octaves : vitrine_integer_octaves;
        samples = vitrine_zeroed(sizeof *samples + octaves * sizeof *samples->octaves);
        samples->minimum = UINT64_MAX;
        samples->real_minimum = vitrine_bits(INFINITY);
        samples->real_maximum = vitrine_bits(-INFINITY);
        block->histograms[slot] = samples;
    }
    pthread_mutex_unlock(&vitrine_lock);
    return samples;
}

uint64_t *vitrine_make_octave(struct vitrine_samples *samples, uint32_t octave) {
    uint64_t *buckets = vitrine_zeroed(vitrine_octave_buckets * sizeof *buckets);
    pthread_mutex_lock(&vitrine_lock);
    samples->octaves[octave] = buckets;
    pthread_mutex_unlock(&vitrine_lock);
    return buckets;
}

static void record_zero(struct vitrine_samples *samples) {
    vitrine_begin(samples);
    if (0 - samples->minimum > samples->span) vitrine_widen(samples, 0);
    vitrine_end(&samples->zeros);
}

void vitrine_record_seldom(uint32_t slot, const struct vitrine_scale *scale, int64_t value) {
    // A reader that was overtaken too often takes the samples away for a moment; they are waited for here.
    struct vitrine_samples *samples = vitrine_own_samples(slot, 0);
    if (value <= 0) return record_zero(samples);
    uint64_t sample = (uint64_t)value;
    int exponent = __builtin_clzll(sample) ^ 63;
    uint32_t ordinal = vitrine_ordinal(exponent, sample << (exponent ^ 63) << 1, scale);
    vitrine_record_whole(samples, vitrine_cell(samples, ordinal), sample);
}

void vitrine_widen(struct vitrine_samples *samples, uint64_t value) {
    uint64_t minimum = vitrine_load(&samples->minimum), maximum = minimum + vitrine_load(&samples->span);
    int is_first = minimum == UINT64_MAX;
    if (is_first || value > maximum) maximum = value;
    if (is_first || value < minimum) minimum = value;
    vitrine_store(&samples->minimum, minimum);
    vitrine_store(&samples->span, maximum - minimum);
}

// MARK: Slots

uint32_t vitrine_histogram_make(void) {
    pthread_mutex_lock(&vitrine_lock);
    uint32_t slot = vitrine_take_slot_locked(&slots);
    pthread_mutex_unlock(&vitrine_lock);
    return slot;
}

void vitrine_histogram_free(uint32_t slot, int is_real) {
    uint32_t octaves = is_real ? vitrine_real_octaves : vitrine_integer_octaves;
    pthread_mutex_lock(&vitrine_lock);
    for (struct vitrine_block *block = vitrine_blocks; block; block = block->next) {
        struct vitrine_samples *samples = samples_of(block, slot);
        if (!samples) continue;
        for (uint32_t octave = 0; octave < octaves; octave++) free(samples->octaves[octave]);
        free(samples);
        block->histograms[slot] = &vitrine_no_samples;
    }
    vitrine_give_slot_locked(&slots, slot);
    pthread_mutex_unlock(&vitrine_lock);
}

uint64_t vitrine_histogram_activity(uint32_t slot) {
    uint64_t sum = 0;
    pthread_mutex_lock(&vitrine_lock);
    for (struct vitrine_block *block = vitrine_blocks; block; block = block->next) {
        const struct vitrine_samples *samples = samples_of(block, slot);
        if (samples) sum += vitrine_load(&samples->begun);
    }
    pthread_mutex_unlock(&vitrine_lock);
    return sum;
}

// MARK: Reading histograms

// Of one thread and of all, under the lock.
static uint64_t copied_counts[vitrine_buckets_max], total_counts[vitrine_buckets_max];

struct copied_samples {
    uint64_t zeros, sum_low, sum_high, minimum, span, real_minimum, real_maximum;
};

// An owner that records without a pause would overtake the reader forever: after a few attempts its pointer to the
// samples is taken away, so that it comes to the lock before its next sample, and then the copy succeeds.
static struct copied_samples copy_locked(struct vitrine_samples **place, uint32_t octaves) {
    struct vitrine_samples *samples = *place;
    struct copied_samples copy;
    for (int attempt = 0;; attempt++) {
        if (attempt == 3) __atomic_store_n(place, &vitrine_no_samples, __ATOMIC_RELAXED);
        if (attempt > 100) sched_yield();  // the owner may have lost the processor in the middle of a sample
        uint64_t begun = __atomic_load_n(&samples->begun, __ATOMIC_ACQUIRE), ended = vitrine_load(&samples->zeros);
        copy.zeros = ended;
        for (uint32_t octave = 0; octave < octaves; octave++) {
            uint64_t *buckets = samples->octaves[octave];
            if (!buckets) continue;
            for (uint32_t i = octave * vitrine_octave_buckets; i < (octave + 1) * vitrine_octave_buckets; i++)
                ended += copied_counts[i] = vitrine_load(buckets + i % vitrine_octave_buckets);
        }
        if (ended != begun) continue;
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        copy = (struct copied_samples){
            .zeros = copy.zeros,
            .sum_low = vitrine_load(&samples->sum_low),
            .sum_high = vitrine_load(&samples->sum_high),
            .minimum = vitrine_load(&samples->minimum),
            .span = vitrine_load(&samples->span),
            .real_minimum = vitrine_load(&samples->real_minimum),
            .real_maximum = vitrine_load(&samples->real_maximum),
        };
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (vitrine_load(&samples->begun) == begun) break;
    }
    __atomic_store_n(place, samples, __ATOMIC_RELAXED);
    return copy;
}

static void add_up(struct vitrine_totals *totals, const struct copied_samples *copy, int is_real) {
    totals->zeros += copy->zeros;
    if (is_real) {
        totals->real_sum += vitrine_real(copy->sum_low);
        totals->real_minimum = fmin(totals->real_minimum, vitrine_real(copy->real_minimum));
        totals->real_maximum = fmax(totals->real_maximum, vitrine_real(copy->real_maximum));
        return;
    }
    uint64_t low = totals->sum_low;
    totals->sum_low += copy->sum_low;
    totals->sum_high += copy->sum_high + (totals->sum_low < low);
    if (copy->minimum == UINT64_MAX) return;  // made, and nothing recorded yet
    int64_t minimum = (int64_t)copy->minimum, maximum = (int64_t)(copy->minimum + copy->span);
    if (minimum < totals->minimum) totals->minimum = minimum;
    if (maximum > totals->maximum) totals->maximum = maximum;
}

static void add_buckets(const struct vitrine_samples *samples, uint32_t octaves, uint8_t *is_hit) {
    for (uint32_t octave = 0; octave < octaves; octave++) {
        if (!samples->octaves[octave]) continue;
        uint64_t *totals = total_counts + octave * vitrine_octave_buckets;
        if (!is_hit[octave]) memset(totals, 0, vitrine_octave_buckets * sizeof *totals);
        is_hit[octave] = 1;
        for (uint32_t i = 0; i < vitrine_octave_buckets; i++)
            totals[i] += copied_counts[octave * vitrine_octave_buckets + i];
    }
}

struct vitrine_totals vitrine_histogram_read(uint32_t slot, int is_real, struct vitrine_bucket_count *buckets) {
    uint32_t octaves = is_real ? vitrine_real_octaves : vitrine_integer_octaves;
    uint8_t is_hit[vitrine_real_octaves] = {0};
    struct vitrine_totals totals = {
        .minimum = INT64_MAX, .maximum = INT64_MIN, .real_minimum = INFINITY, .real_maximum = -INFINITY,
    };
    pthread_mutex_lock(&vitrine_lock);
    for (struct vitrine_block *block = vitrine_blocks; block; block = block->next) {
        struct vitrine_samples *samples = samples_of(block, slot);
        if (!samples) continue;
        struct copied_samples copy = copy_locked(block->histograms + slot, octaves);
        add_up(&totals, &copy, is_real);
        add_buckets(samples, octaves, is_hit);
    }
    for (uint32_t octave = 0; octave < octaves; octave++) {
        if (!is_hit[octave]) continue;
        for (uint32_t i = octave * vitrine_octave_buckets; i < (octave + 1) * vitrine_octave_buckets; i++)
            if (total_counts[i])
                buckets[totals.bucket_count++] = (struct vitrine_bucket_count){.count = total_counts[i], .ordinal = i};
    }
    pthread_mutex_unlock(&vitrine_lock);
    return totals;
}
