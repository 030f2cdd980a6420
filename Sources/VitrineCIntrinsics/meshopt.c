#include "meshopt.h"

#include <string.h>

typedef uint8_t bytes16 __attribute__((vector_size(16)));
typedef int8_t signed_bytes16 __attribute__((vector_size(16)));
typedef uint16_t words8 __attribute__((vector_size(16)));
typedef uint32_t longs4 __attribute__((vector_size(16)));

enum { plane_bytes = vitrine_meshopt_plane_bytes };

static inline bytes16 load16(const uint8_t *bytes) {
    bytes16 value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline void store16(uint8_t *bytes, bytes16 value) {
    memcpy(bytes, &value, sizeof value);
}

static inline uint32_t load32(const uint8_t *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline uint64_t load64(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

// Unpacking

/// One group, byte by byte. Returns how many bytes it took.
static size_t unpack_group_portable(const uint8_t *source, int bits, uint8_t *group) {
    if (bits == 0) {
        memset(group, 0, 16);
        return 0;
    }
    if (bits == 8) {
        memcpy(group, source, 16);
        return 16;
    }
    const unsigned sentinel = (1u << bits) - 1;
    const uint8_t *full = source + bits * 2;
    for (int element = 0; element < 16; element++) {
        int bit = element * bits;
        // Deltas of one bit stand lowest first, the others highest first.
        int shift = bits == 1 ? (bit & 7) : 8 - bits - (bit & 7);
        unsigned delta = (source[bit >> 3] >> shift) & sentinel;
        // Read whether it is needed or not: at most 16 bytes after the packed ones, which the caller has.
        group[element] = (uint8_t)(delta == sentinel ? *full : delta);
        full += delta == sentinel;
    }
    return (size_t)(full - source);
}

#define UNPACK(name, unpack_group)                                                                                 \
    size_t name(const uint8_t *source, const uint8_t *end, size_t groups, uint32_t bits, uint8_t *plane) {          \
        const uint8_t *codes = source;                                                                             \
        if ((size_t)(end - source) < (groups + 3) / 4) return 0;                                                   \
        source += (groups + 3) / 4;                                                                                \
        for (size_t group = 0; group < groups; group++) {                                                          \
            int code = (codes[group / 4] >> (group % 4 * 2)) & 3;                                                  \
            /* A group takes and looks at 24 bytes at most, so that one which starts before the end stays */       \
            /* within the slack. */                                                                                \
            source += unpack_group(source, bits >> (code * 8) & 255, plane + group * 16);                          \
            if (source > end) return 0;                                                                            \
        }                                                                                                          \
        return (size_t)(source - codes);                                                                           \
    }

UNPACK(vitrine_meshopt_unpack_portable, unpack_group_portable)

// Where each of eight elements finds its full byte: row m has, for every set bit of m, how many bits are set below it,
// and elsewhere a number that makes a shuffle give zero.
#define LANE(mask, lane) ((mask) >> (lane) & 1 ? __builtin_popcount((mask) & ((1 << (lane)) - 1)) : 0x80)
#define ROW(mask)                                                                                                     \
    {LANE(mask, 0), LANE(mask, 1), LANE(mask, 2), LANE(mask, 3), LANE(mask, 4), LANE(mask, 5), LANE(mask, 6), LANE(mask, 7)}
#define ROWS4(mask) ROW(mask), ROW((mask) + 1), ROW((mask) + 2), ROW((mask) + 3)
#define ROWS16(mask) ROWS4(mask), ROWS4((mask) + 4), ROWS4((mask) + 8), ROWS4((mask) + 12)
#define ROWS64(mask) ROWS16(mask), ROWS16((mask) + 16), ROWS16((mask) + 32), ROWS16((mask) + 48)

#if defined(__x86_64__) || defined(__aarch64__)
static const uint8_t places[256][8] = {ROWS64(0), ROWS64(64), ROWS64(128), ROWS64(192)};

/// The places in the full bytes of all 16 elements of `mask`.
static inline bytes16 places_of(unsigned mask) {
    uint64_t low = load64(places[mask & 255]), high = load64(places[mask >> 8]);
    // What the low half used the high half skips; 0x80 plus at most 8 still gives zero.
    high += 0x0101010101010101u * (unsigned)__builtin_popcount(mask & 255);
    uint64_t both[2] = {low, high};
    return load16((const uint8_t *)both);
}
#endif

#if defined(__x86_64__)
#include <immintrin.h>

#define SSSE3 __attribute__((target("ssse3,popcnt")))

/// Puts full bytes in place of the deltas that say so; `mask` has a bit for each.
SSSE3 static inline size_t put_full(const uint8_t *full, __m128i deltas, __m128i is_full, uint8_t *group) {
    unsigned mask = (unsigned)_mm_movemask_epi8(is_full);
    __m128i bytes = _mm_shuffle_epi8((__m128i)load16(full), (__m128i)places_of(mask));
    store16(group, (bytes16)_mm_or_si128(_mm_andnot_si128(is_full, deltas), bytes));
    return (size_t)__builtin_popcount(mask);
}

SSSE3 static inline size_t unpack_group_ssse3(const uint8_t *source, int bits, uint8_t *group) {
    switch (bits) {
    case 0:
        store16(group, (bytes16){0});
        return 0;
    case 1: {
        __m128i spread = _mm_set1_epi16((short)(source[0] | source[1] << 8));
        const __m128i order = _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
        const __m128i bit = _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
        __m128i set = _mm_cmpeq_epi8(_mm_and_si128(_mm_shuffle_epi8(spread, order), bit), bit);
        return 2 + put_full(source + 2, _mm_setzero_si128(), set, group);
    }
    case 2: {
        __m128i packed = _mm_cvtsi32_si128((int)load32(source));
        __m128i halves = _mm_unpacklo_epi8(_mm_srli_epi16(packed, 4), packed);
        __m128i deltas = _mm_and_si128(_mm_unpacklo_epi8(_mm_srli_epi16(halves, 2), halves), _mm_set1_epi8(3));
        return 4 + put_full(source + 4, deltas, _mm_cmpeq_epi8(deltas, _mm_set1_epi8(3)), group);
    }
    case 4: {
        __m128i packed = _mm_loadl_epi64((const __m128i *)source);
        __m128i deltas = _mm_and_si128(_mm_unpacklo_epi8(_mm_srli_epi16(packed, 4), packed), _mm_set1_epi8(15));
        return 8 + put_full(source + 8, deltas, _mm_cmpeq_epi8(deltas, _mm_set1_epi8(15)), group);
    }
    default:
        store16(group, load16(source));
        return 16;
    }
}

SSSE3 static UNPACK(unpack_ssse3, unpack_group_ssse3)

static int has_shuffle = 0;

// Runs before main, so that the choice needs no synchronisation afterwards.
__attribute__((constructor)) static void choose(void) {
    has_shuffle = __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("popcnt");
}

size_t vitrine_meshopt_unpack(const uint8_t *source, const uint8_t *end, size_t groups, uint32_t bits,
                              uint8_t *plane) {
    return has_shuffle ? unpack_ssse3(source, end, groups, bits, plane)
                       : vitrine_meshopt_unpack_portable(source, end, groups, bits, plane);
}

#elif defined(__aarch64__)
#include <arm_neon.h>

/// Puts full bytes in place of the deltas for which `is_full` has all bits set.
static inline size_t put_full(const uint8_t *full, uint8x16_t deltas, uint8x16_t is_full, uint8_t *group) {
    const uint8x16_t bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    uint8x16_t bits = vandq_u8(is_full, bit);
    unsigned mask = vaddv_u8(vget_low_u8(bits)) | (unsigned)vaddv_u8(vget_high_u8(bits)) << 8;
    uint8x16_t bytes = vqtbl1q_u8(vld1q_u8(full), (uint8x16_t)places_of(mask));
    vst1q_u8(group, vbslq_u8(is_full, bytes, deltas));
    return (size_t)__builtin_popcount(mask);
}

static inline size_t unpack_group_neon(const uint8_t *source, int bits, uint8_t *group) {
    switch (bits) {
    case 0:
        vst1q_u8(group, vdupq_n_u8(0));
        return 0;
    case 1: {
        const uint8x16_t bit = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
        uint8x16_t spread = vcombine_u8(vdup_n_u8(source[0]), vdup_n_u8(source[1]));
        return 2 + put_full(source + 2, vdupq_n_u8(0), vtstq_u8(spread, bit), group);
    }
    case 2: {
        uint8x8_t packed = vreinterpret_u8_u32(vdup_n_u32(load32(source)));
        uint8x8_t halves = vzip1_u8(vshr_n_u8(packed, 4), packed);
        uint8x16_t deltas = vcombine_u8(vzip1_u8(vshr_n_u8(halves, 2), halves), vzip2_u8(vshr_n_u8(halves, 2), halves));
        deltas = vandq_u8(deltas, vdupq_n_u8(3));
        return 4 + put_full(source + 4, deltas, vceqq_u8(deltas, vdupq_n_u8(3)), group);
    }
    case 4: {
        uint8x8_t packed = vld1_u8(source);
        uint8x16_t deltas = vcombine_u8(vzip1_u8(vshr_n_u8(packed, 4), packed), vzip2_u8(vshr_n_u8(packed, 4), packed));
        deltas = vandq_u8(deltas, vdupq_n_u8(15));
        return 8 + put_full(source + 8, deltas, vceqq_u8(deltas, vdupq_n_u8(15)), group);
    }
    default:
        vst1q_u8(group, vld1q_u8(source));
        return 16;
    }
}

UNPACK(vitrine_meshopt_unpack, unpack_group_neon)

#else
size_t vitrine_meshopt_unpack(const uint8_t *source, const uint8_t *end, size_t groups, uint32_t bits,
                              uint8_t *plane) {
    return vitrine_meshopt_unpack_portable(source, end, groups, bits, plane);
}
#endif

// Deltas to elements

static inline bytes16 unzigzag_bytes(bytes16 value) {
    return (value >> 1) ^ -(value & 1);
}

static inline words8 unzigzag_words(words8 value) {
    return (value >> 1) ^ -(value & 1);
}

static inline longs4 rotated(longs4 value, unsigned left) {
    return value << left | value >> (-left & 31);
}

static inline longs4 sum(longs4 one, longs4 other, int delta) {
    if (delta == vitrine_meshopt_delta_bytes) return (longs4)((bytes16)one + (bytes16)other);
    if (delta == vitrine_meshopt_delta_words) return (longs4)((words8)one + (words8)other);
    return one ^ other;
}

/// Adds up four elements' deltas, each of the lanes from `previous` on, which becomes the last element's.
static inline longs4 running(longs4 deltas, longs4 *previous, int delta, unsigned rotation) {
    if (delta == vitrine_meshopt_delta_bytes) deltas = (longs4)unzigzag_bytes((bytes16)deltas);
    if (delta == vitrine_meshopt_delta_words) deltas = (longs4)unzigzag_words((words8)deltas);
    if (delta == vitrine_meshopt_delta_xor) deltas = rotated(deltas, -rotation & 31);
    const longs4 none = {0};
    deltas = sum(deltas, __builtin_shufflevector(none, deltas, 0, 4, 5, 6), delta);
    deltas = sum(deltas, __builtin_shufflevector(none, deltas, 0, 0, 4, 5), delta);
    deltas = sum(deltas, *previous, delta);
    *previous = __builtin_shufflevector(deltas, deltas, 3, 3, 3, 3);
    return deltas;
}

/// Four elements of four bytes each from four planes' bytes at `place`: 16 elements in four vectors.
static inline void interleave(const uint8_t *planes, longs4 elements[4]) {
    bytes16 a = load16(planes), b = load16(planes + plane_bytes), c = load16(planes + 2 * plane_bytes),
            d = load16(planes + 3 * plane_bytes);
    words8 ab_low = (words8)__builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    words8 ab_high = (words8)__builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    words8 cd_low = (words8)__builtin_shufflevector(c, d, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    words8 cd_high = (words8)__builtin_shufflevector(c, d, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    elements[0] = (longs4)__builtin_shufflevector(ab_low, cd_low, 0, 8, 1, 9, 2, 10, 3, 11);
    elements[1] = (longs4)__builtin_shufflevector(ab_low, cd_low, 4, 12, 5, 13, 6, 14, 7, 15);
    elements[2] = (longs4)__builtin_shufflevector(ab_high, cd_high, 0, 8, 1, 9, 2, 10, 3, 11);
    elements[3] = (longs4)__builtin_shufflevector(ab_high, cd_high, 4, 12, 5, 13, 6, 14, 7, 15);
}

__attribute__((always_inline)) static inline void
restore(const uint8_t *planes, int delta, unsigned rotation, uint32_t *previous, uint8_t *target, size_t stride,
        size_t count) {
    longs4 last = {*previous, *previous, *previous, *previous};
    for (size_t group = 0; group < count; group += 16) {
        longs4 elements[4];
        interleave(planes + group, elements);
        for (int quarter = 0; quarter < 4; quarter++) elements[quarter] = running(elements[quarter], &last, delta, rotation);
        size_t left = count - group < 16 ? count - group : 16;
        if (left == 16 && stride == 4) {
            memcpy(target, elements, sizeof elements);
            target += sizeof elements;
        } else if (left == 16) {
            for (int quarter = 0; quarter < 4; quarter++)
                for (int lane = 0; lane < 4; lane++) {
                    uint32_t element = elements[quarter][lane];
                    memcpy(target, &element, sizeof element);
                    target += stride;
                }
        } else {
            for (size_t index = 0; index < left; index++) {
                uint32_t element = elements[index / 4][index % 4];
                memcpy(target, &element, sizeof element);
                target += stride;
            }
            *previous = elements[(left - 1) / 4][(left - 1) % 4];
            return;
        }
    }
    *previous = last[0];
}

void vitrine_meshopt_restore(const uint8_t *planes, int delta, unsigned rotation, uint32_t *previous, uint8_t *target,
                             size_t stride, size_t count) {
    switch (delta) {
    case vitrine_meshopt_delta_bytes:
        restore(planes, vitrine_meshopt_delta_bytes, 0, previous, target, stride, count);
        break;
    case vitrine_meshopt_delta_words:
        restore(planes, vitrine_meshopt_delta_words, 0, previous, target, stride, count);
        break;
    default: restore(planes, vitrine_meshopt_delta_xor, rotation, previous, target, stride, count);
    }
}

// Elements to deltas

/// Four elements' deltas from the elements before them.
static inline longs4 differences(longs4 elements, longs4 before, int delta, unsigned rotation) {
    if (delta == vitrine_meshopt_delta_bytes) {
        bytes16 value = (bytes16)elements - (bytes16)before;
        return (longs4)(value + value ^ (bytes16)((signed_bytes16)value < 0));
    }
    if (delta == vitrine_meshopt_delta_words) {
        words8 value = (words8)elements - (words8)before;
        return (longs4)(value + value ^ -(value >> 15));
    }
    return rotated(elements ^ before, rotation);
}

/// One plane's 16 bytes: byte `lane` of each element.
static inline bytes16 plane_of(const longs4 elements[4], int lane) {
    bytes16 a = (bytes16)(elements[0] >> (lane * 8)), b = (bytes16)(elements[1] >> (lane * 8));
    bytes16 c = (bytes16)(elements[2] >> (lane * 8)), d = (bytes16)(elements[3] >> (lane * 8));
    bytes16 ab = __builtin_shufflevector(a, b, 0, 4, 8, 12, 16, 20, 24, 28, 0, 0, 0, 0, 0, 0, 0, 0);
    bytes16 cd = __builtin_shufflevector(c, d, 0, 4, 8, 12, 16, 20, 24, 28, 0, 0, 0, 0, 0, 0, 0, 0);
    return __builtin_shufflevector(ab, cd, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23);
}

__attribute__((always_inline)) static inline void
split(const uint8_t *source, size_t stride, size_t count, int delta, unsigned rotation, uint32_t *previous,
      uint8_t *planes) {
    uint32_t last = *previous;
    for (size_t group = 0; group < count; group += 16) {
        // One element before the group, then the group; where elements lack, the last again, whose delta is zero.
        uint32_t window[17];
        window[0] = last;
        size_t left = count - group < 16 ? count - group : 16;
        for (size_t index = 0; index < left; index++, source += stride) window[index + 1] = load32(source);
        for (size_t index = left; index < 16; index++) window[index + 1] = window[left];
        last = window[16];
        longs4 deltas[4];
        for (int quarter = 0; quarter < 4; quarter++) {
            longs4 before, elements;
            memcpy(&before, window + quarter * 4, sizeof before);
            memcpy(&elements, window + quarter * 4 + 1, sizeof elements);
            deltas[quarter] = differences(elements, before, delta, rotation);
        }
        for (int lane = 0; lane < 4; lane++) store16(planes + lane * plane_bytes + group, plane_of(deltas, lane));
    }
    *previous = last;
}

void vitrine_meshopt_split(const uint8_t *source, size_t stride, size_t count, int delta, unsigned rotation,
                           uint32_t *previous, uint8_t *planes) {
    switch (delta) {
    case vitrine_meshopt_delta_bytes:
        split(source, stride, count, vitrine_meshopt_delta_bytes, 0, previous, planes);
        break;
    case vitrine_meshopt_delta_words:
        split(source, stride, count, vitrine_meshopt_delta_words, 0, previous, planes);
        break;
    default: split(source, stride, count, vitrine_meshopt_delta_xor, rotation, previous, planes);
    }
}

// Packing

static inline uint8_t count_at_least(bytes16 value, uint8_t least) {
    bytes16 is = (bytes16)(value >= least) & 1;
    uint64_t halves[2];
    memcpy(halves, &is, sizeof halves);
    // Sixteen ones at most: their sum by bytes fits the highest byte of the product.
    return (uint8_t)(((halves[0] + halves[1]) * 0x0101010101010101u) >> 56);
}

void vitrine_meshopt_measure(const uint8_t *plane, size_t groups, uint8_t *counts) {
    for (size_t group = 0; group < groups; group++) {
        bytes16 value = load16(plane + group * 16);
        counts[group] = count_at_least(value, 1);
        counts[16 + group] = count_at_least(value, 3);
        counts[32 + group] = count_at_least(value, 15);
    }
}

/// The low 4 bits of eight bytes in four bytes, the first highest in each.
static inline uint32_t nibbles(uint64_t bytes) {
    uint64_t pairs = (bytes << 4 | bytes >> 8) & 0x00ff00ff00ff00ffu;
    pairs = (pairs | pairs >> 8) & 0x0000ffff0000ffffu;
    return (uint32_t)(pairs | pairs >> 16);
}

size_t vitrine_meshopt_pack(const uint8_t *group, int bits, uint8_t *target) {
    if (bits == 0) return 0;
    if (bits == 8) {
        memcpy(target, group, 16);
        return 16;
    }
    bytes16 value = load16(group);
    const uint8_t sentinel = (uint8_t)((1 << bits) - 1);
    bytes16 is_full = (bytes16)(value >= sentinel);
    bytes16 least = (is_full & sentinel) | (~is_full & value);
    uint64_t halves[2];
    memcpy(halves, &least, sizeof halves);
    size_t count = (size_t)bits * 2;
    if (bits == 1) {
        for (int half = 0; half < 2; half++)
            // The product's highest byte gathers one bit of each of the eight bytes.
            target[half] = (uint8_t)((halves[half] * 0x0102040810204080u) >> 56);
    } else if (bits == 4) {
        uint32_t packed[2] = {nibbles(halves[0]), nibbles(halves[1])};
        memcpy(target, packed, sizeof packed);
    } else {
        for (int half = 0; half < 2; half++) {
            // Two bits are two neighbours' nibble, and those are packed as nibbles are.
            uint64_t pairs = (halves[half] << 2 | halves[half] >> 8) & 0x000f000f000f000fu;
            uint64_t quads = pairs << 4 | pairs >> 16;
            target[half * 2] = (uint8_t)quads;
            target[half * 2 + 1] = (uint8_t)(quads >> 32);
        }
    }
    for (int element = 0; element < 16; element++) {
        target[count] = group[element];
        count += group[element] >= sentinel;
    }
    return count;
}
