#ifndef VITRINE_TELEMETRY_LABELS_H
#define VITRINE_TELEMETRY_LABELS_H

#include "block.h"

// From the values of a family's labels to the metric that they name: a hash table with open addressing that is read
// inside a section (block.h) and without a lock, so that threads which look up meet no more than threads that record.
// Whoever changes it is alone, by a lock of its own.

enum {
    vitrine_label_key_max = 120,
    vitrine_label_key_overlong = 128,
};

/// Label values one after the other, each ended by 0xFF, which no UTF-8 contains; zeros up to a multiple of 8.
///
/// The words are put together in a register and stored whole: a processor that has to load a word which was stored in
/// pieces waits until the pieces have reached its cache.
struct vitrine_label_key {
    uint64_t words[vitrine_label_key_max / 8];
};

/// What is known of a key that is being written; apart from its words, so that it can stay in registers.
struct vitrine_label_end {
    uint64_t word;  // the bytes behind the last whole word
    uint64_t hash;  // of the whole words, and in the end of all
    uint32_t length;  // in bytes; vitrine_label_key_overlong when the values had no room
};

struct vitrine_label_entry {
    uint64_t hash;
    uint64_t metric;  // a slot or an address
    uint32_t length;
    uint64_t words[];
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

/// A key without values. Its words are not set: most will never be read.
VITRINE_INLINE struct vitrine_label_key vitrine_label_key_make(void) {
    struct vitrine_label_key key;
    (void)&key;  // Without an address it could not be read before it is set (C11, 6.3.2.1).
    return key;
}
VITRINE_INLINE struct vitrine_label_end vitrine_label_begin(void) {
    return (struct vitrine_label_end){.word = 0, .hash = vitrine_label_seed, .length = 0};
}

/// A word is mixed in by a multiplication of 64 by 64 bits, folded.
VITRINE_INLINE uint64_t vitrine_label_mixed(uint64_t hash, uint64_t word) {
    unsigned __int128 product = (unsigned __int128)(hash ^ word) * 0x9E3779B97F4A7C15u;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/// Appends the lowest `count` bytes, from 1 to 8, of a word whose others are zero.
VITRINE_INLINE struct vitrine_label_end vitrine_label_put(
    struct vitrine_label_key *key, struct vitrine_label_end end, uint64_t bytes, uint32_t count) {
    uint32_t used = end.length & 7;
    uint64_t word = end.word | bytes << (8 * used);
    if (used + count >= 8) {
        key->words[end.length >> 3] = word;
        end.hash = vitrine_label_mixed(end.hash, word);
        word = used ? bytes >> (8 * (8 - used)) : 0;
    }
    end.word = word;
    end.length += count;
    return end;
}

VITRINE_INLINE uint64_t vitrine_label_word(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/// Fewer than 8 bytes, as the lowest of a word; none beyond them is read.
VITRINE_INLINE uint64_t vitrine_label_rest(const uint8_t *bytes, uint32_t count) {
    if (count >= 4) {
        uint32_t low, high;
        memcpy(&low, bytes, 4);
        memcpy(&high, bytes + count - 4, 4);
        return low | (uint64_t)high << (8 * (count - 4));
    }
    if (count == 0) return 0;
    // Of one byte all three are the same, of two the last two.
    return bytes[0] | (uint64_t)bytes[count / 2] << (8 * (count / 2)) | (uint64_t)bytes[count - 1] << (8 * (count - 1));
}

/// Appends a value; returns where the key ends then.
VITRINE_INLINE struct vitrine_label_end vitrine_label_append(
    struct vitrine_label_key *key, struct vitrine_label_end end, const void *text, long count) {
    if (VITRINE_RARE((long)end.length + count >= vitrine_label_key_max)) {
        end.length = vitrine_label_key_overlong;
        return end;
    }
    const uint8_t *bytes = text;
    for (; count >= 8; count -= 8, bytes += 8) end = vitrine_label_put(key, end, vitrine_label_word(bytes), 8);
    uint64_t rest = vitrine_label_rest(bytes, (uint32_t)count);
    return vitrine_label_put(key, end, rest | 0xFFull << (8 * count), (uint32_t)count + 1);
}

/// Finishes the key, to which nothing may be appended any more. An overlong key is like no entry's.
VITRINE_INLINE struct vitrine_label_end vitrine_label_finish(
    struct vitrine_label_key *key, struct vitrine_label_end end) {
    if (end.length & 7) {
        key->words[end.length >> 3] = end.word;
        end.hash = vitrine_label_mixed(end.hash, end.word);
    }
    return end;
}

VITRINE_INLINE int vitrine_label_matches(
    const struct vitrine_label_entry *entry, const struct vitrine_label_key *key, struct vitrine_label_end end) {
    if (entry->hash != end.hash || entry->length != end.length) return 0;
    for (uint32_t i = 0; 8 * i < end.length; i++)
        if (entry->words[i] != key->words[i]) return 0;
    return 1;
}

/// The entry of a key that is finished, or null; valid until the section that the caller is in ends.
VITRINE_INLINE const struct vitrine_label_entry *vitrine_label_find(
    const struct vitrine_label_table *table, const struct vitrine_label_key *key, struct vitrine_label_end end) {
    const struct vitrine_label_cells *cells = __atomic_load_n(&table->cells, __ATOMIC_ACQUIRE);
    for (uint64_t i = end.hash & cells->mask;; i = (i + 1) & cells->mask) {
        const struct vitrine_label_entry *entry = __atomic_load_n(cells->entries + i, __ATOMIC_ACQUIRE);
        if (!entry) return 0;
        if (vitrine_label_matches(entry, key, end)) return entry;
    }
}

// MARK: Changing, by one caller at a time

struct vitrine_label_table *vitrine_label_table_make(void);
/// Gives the table back; nobody may read it any more.
void vitrine_label_table_free(struct vitrine_label_table *table);
/// Enters a metric under the values of a finished key; they are not there yet and have room.
void vitrine_label_insert(
    struct vitrine_label_table *table, const struct vitrine_label_key *key, struct vitrine_label_end end, uint64_t metric);
/// Makes the entry of a finished key unreachable and returns it, or null if there is none. The caller frees it by
/// vitrine_label_free after a vitrine_synchronize.
struct vitrine_label_entry *vitrine_label_remove(
    struct vitrine_label_table *table, const struct vitrine_label_key *key, struct vitrine_label_end end);
void vitrine_label_free(struct vitrine_label_entry *entry);

#endif
