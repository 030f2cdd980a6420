#define _GNU_SOURCE
#include "include/labels.h"

#include <stdlib.h>
#include <sys/random.h>

uint64_t vitrine_label_seed;

// Stands where an entry was removed, so that those behind it are still found; equals no key.
static struct vitrine_label_entry removed = {.length = UINT32_MAX};

static struct vitrine_label_cells *make_cells(uint64_t capacity) {
    struct vitrine_label_cells *cells = calloc(1, sizeof *cells + capacity * sizeof *cells->entries);
    if (!cells) abort();
    cells->mask = capacity - 1;
    return cells;
}

struct vitrine_label_table *vitrine_label_table_make(void) {
    uint64_t seed = __atomic_load_n(&vitrine_label_seed, __ATOMIC_RELAXED);
    if (seed == 0) {
        // Where the kernel has no random numbers yet, an address is still not known outside.
        if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed || seed == 0) seed = (uint64_t)&seed;
        uint64_t none = 0;  // the first table's seed is everyone's
        __atomic_compare_exchange_n(&vitrine_label_seed, &none, seed, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    }
    struct vitrine_label_table *table = calloc(1, sizeof *table);
    if (!table) abort();
    table->cells = make_cells(16);
    return table;
}

void vitrine_label_table_free(struct vitrine_label_table *table) {
    for (uint64_t i = 0; i <= table->cells->mask; i++)
        if (table->cells->entries[i] != &removed) free(table->cells->entries[i]);
    free(table->cells);
    free(table);
}

static void place(struct vitrine_label_cells *cells, struct vitrine_label_entry *entry) {
    uint64_t i = entry->hash & cells->mask;
    while (cells->entries[i]) i = (i + 1) & cells->mask;
    __atomic_store_n(cells->entries + i, entry, __ATOMIC_RELEASE);
}

// At most half of the cells are taken; a rebuilt table has no removed ones and is at most a quarter full.
static void make_room(struct vitrine_label_table *table) {
    struct vitrine_label_cells *old = table->cells;
    if ((table->count + 1) * 2 <= old->mask + 1) return;
    uint64_t live = 0;
    for (uint64_t i = 0; i <= old->mask; i++) live += old->entries[i] && old->entries[i] != &removed;
    uint64_t capacity = 16;
    while (capacity < (live + 1) * 4) capacity *= 2;
    struct vitrine_label_cells *cells = make_cells(capacity);
    for (uint64_t i = 0; i <= old->mask; i++)
        if (old->entries[i] && old->entries[i] != &removed) place(cells, old->entries[i]);
    __atomic_store_n(&table->cells, cells, __ATOMIC_RELEASE);
    table->count = live;
    vitrine_synchronize();
    free(old);
}

void vitrine_label_insert(
    struct vitrine_label_table *table, const struct vitrine_label_key *key, struct vitrine_label_end end, uint64_t metric) {
    make_room(table);
    uint32_t padded = (end.length + 7) & ~7u;
    struct vitrine_label_entry *entry = malloc(sizeof *entry + padded);
    if (!entry) abort();
    entry->hash = end.hash;
    entry->metric = metric;
    entry->length = end.length;
    memcpy(entry->words, key->words, padded);
    place(table->cells, entry);
    table->count++;
}

struct vitrine_label_entry *vitrine_label_remove(
    struct vitrine_label_table *table, const struct vitrine_label_key *key, struct vitrine_label_end end) {
    for (uint64_t i = end.hash & table->cells->mask;; i = (i + 1) & table->cells->mask) {
        struct vitrine_label_entry *entry = table->cells->entries[i];
        if (!entry) return 0;
        if (!vitrine_label_matches(entry, key, end)) continue;
        __atomic_store_n(table->cells->entries + i, &removed, __ATOMIC_RELEASE);
        return entry;
    }
}

void vitrine_label_free(struct vitrine_label_entry *entry) {
    free(entry);
}
