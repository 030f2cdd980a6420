#ifndef VITRINE_TELEMETRY_LABELS_H
#define VITRINE_TELEMETRY_LABELS_H

#include "block.h"

// From the values of a family's labels to the metric that they name: a hash table with open addressing that is read
// inside a section (block.h) and without a lock, so that threads which look up meet no more than threads that record.
// Whoever changes it is alone, by a lock of its own.

enum { vitrine_label_key_max = 120 };

/// Label values one after the other, each ended by 0xFF, which no UTF-8 contains; zeros up to a multiple of 8.
struct vitrine_label_key {
    uint32_t length;  // more than vitrine_label_key_max when the values had no room
    uint8_t bytes[vitrine_label_key_max] __attribute__((aligned(8)));
};

struct vitrine_label_entry {
    uint64_t hash;
    uint64_t metric;  // a slot or an address
    uint32_t length;
    uint8_t key[] __attribute__((aligned(8)));
};

struct vitrine_label_cells {
    uint64_t mask;
    struct vitrine_label_entry *entries[];
};

struct vitrine_label_table {
    struct vitrine_label_cells *cells;
    uint64_t count;  // of cells that are not empty, those of removed entries included
};

/// A number that is drawn anew in each process, so that nobody outside can choose values that collide.
extern uint64_t vitrine_label_seed;

/// As memcpy, without its call for the few bytes that a label's value has.
VITRINE_INLINE void vitrine_label_copy(uint8_t *to, const uint8_t *from, uint32_t count) {
    if (VITRINE_RARE(count > 16)) {
        memcpy(to, from, count);
    } else if (count >= 8) {
        memcpy(to, from, 8);
        memcpy(to + count - 8, from + count - 8, 8);
    } else if (count >= 4) {
        memcpy(to, from, 4);
        memcpy(to + count - 4, from + count - 4, 4);
    } else {
        for (uint32_t i = 0; i < count; i++) to[i] = from[i];
    }
}

VITRINE_INLINE void vitrine_label_append(struct vitrine_label_key *key, const void *bytes, long count) {
    if (VITRINE_RARE((long)key->length + count >= vitrine_label_key_max)) {
        key->length = vitrine_label_key_max + 1;
        return;
    }
    uint8_t *end = key->bytes + key->length;
    vitrine_label_copy(end, bytes, (uint32_t)count);
    end[count] = 0xFF;
    key->length += (uint32_t)count + 1;
}

VITRINE_INLINE uint64_t vitrine_label_word(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/// Each word is mixed in by a multiplication of 64 by 64 bits, folded.
VITRINE_INLINE uint64_t vitrine_label_hash(const struct vitrine_label_key *key) {
    uint64_t hash = vitrine_label_seed;
    for (uint32_t i = 0; i < key->length; i += 8) {
        unsigned __int128 product = (unsigned __int128)(hash ^ vitrine_label_word(key->bytes + i)) * 0x9E3779B97F4A7C15u;
        hash = (uint64_t)product ^ (uint64_t)(product >> 64);
    }
    return hash;
}

VITRINE_INLINE int vitrine_label_matches(
    const struct vitrine_label_entry *entry, uint64_t hash, const struct vitrine_label_key *key) {
    if (entry->hash != hash || entry->length != key->length) return 0;
    for (uint32_t i = 0; i < key->length; i += 8)
        if (vitrine_label_word(entry->key + i) != vitrine_label_word(key->bytes + i)) return 0;
    return 1;
}

/// The entry of these values, or null; valid until the section that the caller is in ends.
VITRINE_INLINE const struct vitrine_label_entry *vitrine_label_find(
    const struct vitrine_label_table *table, const struct vitrine_label_key *key) {
    uint64_t hash = vitrine_label_hash(key);
    const struct vitrine_label_cells *cells = __atomic_load_n(&table->cells, __ATOMIC_ACQUIRE);
    for (uint64_t i = hash & cells->mask;; i = (i + 1) & cells->mask) {
        const struct vitrine_label_entry *entry = __atomic_load_n(cells->entries + i, __ATOMIC_ACQUIRE);
        if (!entry) return 0;
        if (vitrine_label_matches(entry, hash, key)) return entry;
    }
}

// MARK: Changing, by one caller at a time

struct vitrine_label_table *vitrine_label_table_make(void);
/// Gives the table back; nobody may read it any more.
void vitrine_label_table_free(struct vitrine_label_table *table);
/// Enters a metric under values that are not there yet and that have room in a key.
void vitrine_label_insert(struct vitrine_label_table *table, const struct vitrine_label_key *key, uint64_t metric);
/// Makes the entry of these values unreachable and returns it, or null if there is none. The caller frees it by
/// vitrine_label_free after a vitrine_synchronize.
struct vitrine_label_entry *vitrine_label_remove(
    struct vitrine_label_table *table, const struct vitrine_label_key *key);
void vitrine_label_free(struct vitrine_label_entry *entry);

#endif
