#define _GNU_SOURCE
#include "telemetry.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

// One lock for all that is rare: making and ending threads' blocks, growing them, slots, reading. A block's arrays
// are replaced only by its own thread and only under the lock, so the owner reads them without it.

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct vitrine_block *blocks, *free_blocks;
static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static struct vitrine_block no_block;  // without capacity: never written
__thread struct vitrine_block *vitrine_own = &no_block;

const uint8_t vitrine_boundaries_below[32] = {
    0, 1, 2, 3, 3, 4, 4, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 13, 14, 14, 15, 15, 15, 16, 16,
};
const uint64_t vitrine_boundary_within[32] = {
    0x0000000000000000, 0x0B5586CF9890F629, 0x172B83C7D517ADCD, 0xFFFFFFFFFFFFFFFF,
    0x2387A6E75623866C, 0xFFFFFFFFFFFFFFFF, 0x306FE0A31B7152DE, 0x3DEA64C12342235B,
    0xFFFFFFFFFFFFFFFF, 0x4BFDAD5362A271D4, 0xFFFFFFFFFFFFFFFF, 0x5AB07DD48542958C,
    0xFFFFFFFFFFFFFFFF, 0x6A09E667F3BCC908, 0xFFFFFFFFFFFFFFFF, 0x7A11473EB0186D7D,
    0xFFFFFFFFFFFFFFFF, 0x8ACE5422AA0DB5BA, 0xFFFFFFFFFFFFFFFF, 0x9C49182A3F0901C7,
    0xFFFFFFFFFFFFFFFF, 0xAE89F995AD3AD5E8, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF,
    0xC199BDD85529C222, 0xFFFFFFFFFFFFFFFF, 0xD5818DCFBA48725D, 0xFFFFFFFFFFFFFFFF,
    0xFFFFFFFFFFFFFFFF, 0xEA4AFA2A490D9858, 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF,
};

// Memory that cannot be had ends the process, as it does everywhere in Swift. Whole cache lines, so that no two
// threads' cells share one.
static void *zeroed(size_t bytes) {
    void *memory = 0;
    size_t rounded = (bytes + 63) & ~(size_t)63;
    if (posix_memalign(&memory, 64, rounded) != 0) abort();
    return memset(memory, 0, rounded);
}

// MARK: Blocks

// Runs when a thread ends. A destructor that runs after this one and records takes a block anew, and this runs again;
// past the system's limit of rounds that block stays with the dead thread, still counted.
static void leave_block(void *own) {
    struct vitrine_block *block = own;
    pthread_mutex_lock(&lock);
    vitrine_own = &no_block;
    block->next_free = free_blocks;
    free_blocks = block;
    pthread_mutex_unlock(&lock);
}

static void make_key(void) {
    if (pthread_key_create(&key, leave_block) != 0) abort();
}

static struct vitrine_block *own_block_locked(void) {
    if (vitrine_own != &no_block) return vitrine_own;
    struct vitrine_block *block = free_blocks;
    if (block) {
        free_blocks = block->next_free;
    } else {
        block = zeroed(sizeof *block);
        block->next = blocks;
        blocks = block;
    }
    vitrine_own = block;
    if (pthread_setspecific(key, block) != 0) abort();
    return block;
}

static uint32_t capacity_for(uint32_t slot) {
    uint32_t capacity = 64;
    while (capacity <= slot) capacity *= 2;
    return capacity;
}

struct vitrine_block *vitrine_grow_counters(uint32_t slot) {
    pthread_once(&key_once, make_key);
    pthread_mutex_lock(&lock);
    struct vitrine_block *block = own_block_locked();
    if (slot >= block->counter_capacity) {
        uint32_t capacity = capacity_for(slot);
        uint64_t *grown = zeroed(capacity * sizeof *grown);
        if (block->counters) memcpy(grown, block->counters, block->counter_capacity * sizeof *grown);
        free(block->counters);
        block->counters = grown;
        block->counter_capacity = capacity;
    }
    pthread_mutex_unlock(&lock);
    return block;
}

struct vitrine_samples *vitrine_make_samples(uint32_t slot, int is_real) {
    pthread_once(&key_once, make_key);
    pthread_mutex_lock(&lock);
    struct vitrine_block *block = own_block_locked();
    if (slot >= block->histogram_capacity) {
        uint32_t capacity = capacity_for(slot);
        struct vitrine_samples **grown = zeroed(capacity * sizeof *grown);
        if (block->histograms) memcpy(grown, block->histograms, block->histogram_capacity * sizeof *grown);
        free(block->histograms);
        block->histograms = grown;
        block->histogram_capacity = capacity;
    }
    struct vitrine_samples *samples = block->histograms[slot];
    if (!samples) {
        size_t octaves = is_real ? vitrine_real_octaves : vitrine_integer_octaves;
        samples = zeroed(sizeof *samples + octaves * sizeof *samples->octaves);
        samples->minimum = is_real ? vitrine_bits(INFINITY) : (uint64_t)INT64_MAX;
        samples->maximum = is_real ? vitrine_bits(-INFINITY) : (uint64_t)INT64_MIN;
        block->histograms[slot] = samples;
    }
    pthread_mutex_unlock(&lock);
    return samples;
}

uint64_t *vitrine_make_octave(struct vitrine_samples *samples, uint32_t octave) {
    uint64_t *buckets = zeroed(vitrine_octave_buckets * sizeof *buckets);
    pthread_mutex_lock(&lock);
    samples->octaves[octave] = buckets;
    pthread_mutex_unlock(&lock);
    return buckets;
}

void vitrine_wait_for_reader(void) {
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
}

uint32_t vitrine_block_count(void) {
    uint32_t count = 0;
    pthread_mutex_lock(&lock);
    for (struct vitrine_block *block = blocks; block; block = block->next) count++;
    pthread_mutex_unlock(&lock);
    return count;
}

// MARK: Slots

struct slots {
    uint32_t *freed;
    uint32_t freed_count, freed_capacity, next;
};
static struct slots counter_slots, histogram_slots;

static uint32_t take_slot_locked(struct slots *slots) {
    if (slots->freed_count > 0) return slots->freed[--slots->freed_count];
    if (slots->next == UINT32_MAX / 2) abort();  // 2^31 live metrics do not fit into memory
    return slots->next++;
}

static void give_slot_locked(struct slots *slots, uint32_t slot) {
    if (slots->freed_count == slots->freed_capacity) {
        uint32_t capacity = slots->freed_capacity ? slots->freed_capacity * 2 : 64;
        uint32_t *grown = realloc(slots->freed, capacity * sizeof *grown);
        if (!grown) abort();
        slots->freed = grown;
        slots->freed_capacity = capacity;
    }
    slots->freed[slots->freed_count++] = slot;
}

uint32_t vitrine_counter_make(void) {
    pthread_mutex_lock(&lock);
    uint32_t slot = take_slot_locked(&counter_slots);
    pthread_mutex_unlock(&lock);
    return slot;
}

void vitrine_counter_free(uint32_t slot) {
    pthread_mutex_lock(&lock);
    for (struct vitrine_block *block = blocks; block; block = block->next)
        if (slot < block->counter_capacity) vitrine_store(block->counters + slot, 0);
    give_slot_locked(&counter_slots, slot);
    pthread_mutex_unlock(&lock);
}

uint64_t vitrine_counter_read(uint32_t slot) {
    uint64_t sum = 0;
    pthread_mutex_lock(&lock);
    for (struct vitrine_block *block = blocks; block; block = block->next)
        if (slot < block->counter_capacity) sum += vitrine_load(block->counters + slot);
    pthread_mutex_unlock(&lock);
    return sum;
}

double vitrine_counter_read_real(uint32_t slot) {
    double sum = 0;
    pthread_mutex_lock(&lock);
    for (struct vitrine_block *block = blocks; block; block = block->next)
        if (slot < block->counter_capacity) sum += vitrine_real(vitrine_load(block->counters + slot));
    pthread_mutex_unlock(&lock);
    return sum;
}

uint32_t vitrine_histogram_make(void) {
    pthread_mutex_lock(&lock);
    uint32_t slot = take_slot_locked(&histogram_slots);
    pthread_mutex_unlock(&lock);
    return slot;
}

void vitrine_histogram_free(uint32_t slot, int is_real) {
    uint32_t octaves = is_real ? vitrine_real_octaves : vitrine_integer_octaves;
    pthread_mutex_lock(&lock);
    for (struct vitrine_block *block = blocks; block; block = block->next) {
        if (slot >= block->histogram_capacity || !block->histograms[slot]) continue;
        for (uint32_t octave = 0; octave < octaves; octave++) free(block->histograms[slot]->octaves[octave]);
        free(block->histograms[slot]);
        block->histograms[slot] = 0;
    }
    give_slot_locked(&histogram_slots, slot);
    pthread_mutex_unlock(&lock);
}

// MARK: Reading histograms

static uint64_t copied_counts[vitrine_real_octaves * vitrine_octave_buckets];  // under the lock

struct copied_samples {
    uint64_t zeros, sum_low, sum_high, minimum, maximum;
};

// An owner that records without a pause would overtake the reader forever: after a few attempts it is asked to wait.
// It sees the request before one of its next samples, and then the copy succeeds.
static struct copied_samples copy_locked(struct vitrine_samples *samples, uint32_t octaves) {
    struct copied_samples copy;
    for (int attempt = 0;; attempt++) {
        if (attempt == 3) vitrine_store(&samples->is_wanted, 1);
        if (attempt > 100) sched_yield();  // the owner may have lost the processor in the middle of a sample
        uint64_t before = __atomic_load_n(&samples->sequence, __ATOMIC_ACQUIRE);
        if (before & 1) continue;
        copy = (struct copied_samples){
            .zeros = vitrine_load(&samples->zeros),
            .sum_low = vitrine_load(&samples->sum_low),
            .sum_high = vitrine_load(&samples->sum_high),
            .minimum = vitrine_load(&samples->minimum),
            .maximum = vitrine_load(&samples->maximum),
        };
        for (uint32_t octave = 0; octave < octaves; octave++) {
            uint64_t *buckets = samples->octaves[octave];
            if (!buckets) continue;
            for (uint32_t i = 0; i < vitrine_octave_buckets; i++)
                copied_counts[octave * vitrine_octave_buckets + i] = vitrine_load(buckets + i);
        }
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (vitrine_load(&samples->sequence) == before) break;
    }
    vitrine_store(&samples->is_wanted, 0);
    return copy;
}

static void add_up(struct vitrine_totals *totals, const struct copied_samples *copy, int is_real) {
    totals->zeros += copy->zeros;
    if (is_real) {
        totals->real_sum += vitrine_real(copy->sum_low);
        totals->real_minimum = fmin(totals->real_minimum, vitrine_real(copy->minimum));
        totals->real_maximum = fmax(totals->real_maximum, vitrine_real(copy->maximum));
        return;
    }
    uint64_t low = totals->sum_low;
    totals->sum_low += copy->sum_low;
    totals->sum_high += copy->sum_high + (totals->sum_low < low);
    if ((int64_t)copy->minimum < totals->minimum) totals->minimum = (int64_t)copy->minimum;
    if ((int64_t)copy->maximum > totals->maximum) totals->maximum = (int64_t)copy->maximum;
}

struct vitrine_totals vitrine_histogram_read(uint32_t slot, int is_real, uint64_t *counts) {
    uint32_t octaves = is_real ? vitrine_real_octaves : vitrine_integer_octaves;
    struct vitrine_totals totals = {
        .minimum = INT64_MAX, .maximum = INT64_MIN, .real_minimum = INFINITY, .real_maximum = -INFINITY,
    };
    pthread_mutex_lock(&lock);
    for (struct vitrine_block *block = blocks; block; block = block->next) {
        if (slot >= block->histogram_capacity || !block->histograms[slot]) continue;
        struct vitrine_samples *samples = block->histograms[slot];
        struct copied_samples copy = copy_locked(samples, octaves);
        add_up(&totals, &copy, is_real);
        for (uint32_t octave = 0; octave < octaves; octave++) {
            if (!samples->octaves[octave]) continue;
            for (uint32_t i = octave * vitrine_octave_buckets; i < (octave + 1) * vitrine_octave_buckets; i++)
                counts[i] += copied_counts[i];
        }
    }
    pthread_mutex_unlock(&lock);
    return totals;
}
