#include "include/counter.h"

#include "lock.h"

#include <stdlib.h>

static struct vitrine_slots counter_slots, real_slots;

// What is added to the sums of a slot that was reset: one more block, written under the lock alone.
static struct vitrine_block adjustments;

// MARK: Whole numbers

struct vitrine_block *vitrine_grow_counters(uint32_t slot) {
    vitrine_prepare();
    pthread_mutex_lock(&vitrine_lock);
    struct vitrine_block *block = vitrine_own_block_locked();
    if (slot >= block->counter_capacity)
        block->counters = vitrine_grown(block->counters, sizeof *block->counters, slot, &block->counter_capacity);
    pthread_mutex_unlock(&vitrine_lock);
    return block;
}

uint32_t vitrine_counter_make(void) {
    pthread_mutex_lock(&vitrine_lock);
    uint32_t slot = vitrine_take_slot_locked(&counter_slots);
    pthread_mutex_unlock(&vitrine_lock);
    return slot;
}

void vitrine_counter_free(uint32_t slot) {
    pthread_mutex_lock(&vitrine_lock);
    for (struct vitrine_block *block = vitrine_blocks; block; block = block->next)
        if (slot < block->counter_capacity) vitrine_store(block->counters + slot, 0);
    if (slot < adjustments.counter_capacity) adjustments.counters[slot] = 0;
    vitrine_give_slot_locked(&counter_slots, slot);
    pthread_mutex_unlock(&vitrine_lock);
}

static uint64_t counter_sum_locked(uint32_t slot) {
    uint64_t sum = 0;
    for (struct vitrine_block *block = vitrine_blocks; block; block = block->next)
        if (slot < block->counter_capacity) sum += vitrine_load(block->counters + slot);
    return sum;
}

uint64_t vitrine_counter_read(uint32_t slot) {
    pthread_mutex_lock(&vitrine_lock);
    uint64_t sum = counter_sum_locked(slot);
    if (slot < adjustments.counter_capacity) sum += adjustments.counters[slot];
    pthread_mutex_unlock(&vitrine_lock);
    return sum;
}

void vitrine_counter_reset(uint32_t slot) {
    pthread_mutex_lock(&vitrine_lock);
    if (slot >= adjustments.counter_capacity)
        adjustments.counters =
            vitrine_grown(adjustments.counters, sizeof *adjustments.counters, slot, &adjustments.counter_capacity);
    adjustments.counters[slot] = 0 - counter_sum_locked(slot);
    pthread_mutex_unlock(&vitrine_lock);
}

uint32_t vitrine_counter_bound(void) {
    pthread_mutex_lock(&vitrine_lock);
    uint32_t bound = counter_slots.next;
    pthread_mutex_unlock(&vitrine_lock);
    return bound;
}

static void add_counters(uint64_t *sums, uint32_t count, const struct vitrine_block *block) {
    uint32_t shared = count < block->counter_capacity ? count : block->counter_capacity;
    for (uint32_t slot = 0; slot < shared; slot++) sums[slot] += vitrine_load(block->counters + slot);
}

void vitrine_counters_read(uint64_t *sums, uint32_t count) {
    memset(sums, 0, count * sizeof *sums);
    pthread_mutex_lock(&vitrine_lock);
    for (struct vitrine_block *block = vitrine_blocks; block; block = block->next) add_counters(sums, count, block);
    add_counters(sums, count, &adjustments);
    pthread_mutex_unlock(&vitrine_lock);
}

// MARK: Reals

struct vitrine_block *vitrine_grow_reals(uint32_t slot) {
    vitrine_prepare();
    pthread_mutex_lock(&vitrine_lock);
    struct vitrine_block *block = vitrine_own_block_locked();
    if (slot >= block->real_capacity)
        block->reals = vitrine_grown(block->reals, sizeof *block->reals, slot, &block->real_capacity);
    pthread_mutex_unlock(&vitrine_lock);
    return block;
}

uint32_t vitrine_real_make(void) {
    pthread_mutex_lock(&vitrine_lock);
    uint32_t slot = vitrine_take_slot_locked(&real_slots);
    pthread_mutex_unlock(&vitrine_lock);
    return slot;
}

void vitrine_real_free(uint32_t slot) {
    pthread_mutex_lock(&vitrine_lock);
    for (struct vitrine_block *block = vitrine_blocks; block; block = block->next)
        if (slot < block->real_capacity) vitrine_store(block->reals + slot, 0);
    if (slot < adjustments.real_capacity) adjustments.reals[slot] = 0;
    vitrine_give_slot_locked(&real_slots, slot);
    pthread_mutex_unlock(&vitrine_lock);
}

static double real_sum_locked(uint32_t slot) {
    double sum = 0;
    for (struct vitrine_block *block = vitrine_blocks; block; block = block->next)
        if (slot < block->real_capacity) sum += vitrine_real(vitrine_load(block->reals + slot));
    return sum;
}

double vitrine_real_read(uint32_t slot) {
    pthread_mutex_lock(&vitrine_lock);
    double sum = real_sum_locked(slot);
    if (slot < adjustments.real_capacity) sum += vitrine_real(adjustments.reals[slot]);
    pthread_mutex_unlock(&vitrine_lock);
    return sum;
}

void vitrine_real_reset(uint32_t slot) {
    pthread_mutex_lock(&vitrine_lock);
    if (slot >= adjustments.real_capacity)
        adjustments.reals =
            vitrine_grown(adjustments.reals, sizeof *adjustments.reals, slot, &adjustments.real_capacity);
    adjustments.reals[slot] = vitrine_bits(-real_sum_locked(slot));
    pthread_mutex_unlock(&vitrine_lock);
}

uint32_t vitrine_real_bound(void) {
    pthread_mutex_lock(&vitrine_lock);
    uint32_t bound = real_slots.next;
    pthread_mutex_unlock(&vitrine_lock);
    return bound;
}

static void add_reals(double *sums, uint32_t count, const struct vitrine_block *block) {
    uint32_t shared = count < block->real_capacity ? count : block->real_capacity;
    for (uint32_t slot = 0; slot < shared; slot++) sums[slot] += vitrine_real(vitrine_load(block->reals + slot));
}

void vitrine_reals_read(double *sums, uint32_t count) {
    memset(sums, 0, count * sizeof *sums);
    pthread_mutex_lock(&vitrine_lock);
    for (struct vitrine_block *block = vitrine_blocks; block; block = block->next) add_reals(sums, count, block);
    add_reals(sums, count, &adjustments);
    pthread_mutex_unlock(&vitrine_lock);
}

// MARK: Gauges

struct vitrine_gauge *vitrine_gauge_make(void) {
    struct vitrine_gauge *gauge = calloc(1, sizeof *gauge);
    if (!gauge) abort();
    return gauge;
}

void vitrine_gauge_free(struct vitrine_gauge *gauge) {
    free(gauge);
}
