#ifndef VITRINE_TELEMETRY_EXTENTS_H
#define VITRINE_TELEMETRY_EXTENTS_H

#include <stdint.h>

/// The least and the greatest of some numbers.
struct vitrine_extent {
    int64_t low, high;
};

/// What a codec of whole numbers must know of a column to choose its form: of the numbers, of their differences and of the
/// differences of those, modulo 2^64, the extent, and how many of the latter two are not zero.
struct vitrine_extents {
    struct vitrine_extent numbers, differences, turns;
    int64_t difference_count, turn_count;
};

/// Takes in `count` numbers of a column that has at least two before them.
void vitrine_extents_add(struct vitrine_extents *extents, const int64_t *numbers, int64_t count);

#endif
