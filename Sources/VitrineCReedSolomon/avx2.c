#if defined(__x86_64__)
#include "kernels.h"

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#define INLINE static inline __attribute__((always_inline))

// A product with a byte is the sum of those with its halves, and a shuffle looks sixteen of these up at once (Anvin,
// "The mathematics of RAID-6", 2004–2011; Plank, Greenan and Miller, 2013).

typedef __m256i vector;
typedef struct { __m256i low, high; } factor_vector, split_vector;

INLINE vector zero(void) { return _mm256_setzero_si256(); }
INLINE vector load(const uint8_t *bytes) { return _mm256_loadu_si256((const __m256i *)bytes); }
INLINE void store(uint8_t *bytes, vector value) { _mm256_storeu_si256((__m256i *)bytes, value); }
INLINE vector sum(vector left, vector right) { return _mm256_xor_si256(left, right); }
INLINE split_vector split_halves(vector value) {
    vector mask = _mm256_set1_epi8(0x0F);
    return (split_vector){_mm256_and_si256(value, mask), _mm256_and_si256(_mm256_srli_epi64(value, 4), mask)};
}
INLINE factor_vector widened(const struct vitrine_rs_factor *factor) {
    return (factor_vector){
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)factor->low)),
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)factor->high)),
    };
}
INLINE vector plus_product(vector total, factor_vector factor, split_vector value) {
    return sum(
        sum(total, _mm256_shuffle_epi8(factor.low, value.low)), _mm256_shuffle_epi8(factor.high, value.high));
}

#undef INLINE
#include "kernel.inc.h"
#pragma clang attribute pop

vitrine_rs_kernel vitrine_rs_kernel_avx2(void) {
    return multiply;
}
#endif
