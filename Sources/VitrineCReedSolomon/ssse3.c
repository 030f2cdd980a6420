#if defined(__x86_64__)
#include "kernels.h"

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("ssse3"))), apply_to = function)
#define INLINE static inline __attribute__((always_inline))

// As avx2.c, with vectors half as wide.

typedef __m128i vector;
typedef struct { __m128i low, high; } factor_vector, split_vector;

INLINE vector zero(void) { return _mm_setzero_si128(); }
INLINE vector load(const uint8_t *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }
INLINE void store(uint8_t *bytes, vector value) { _mm_storeu_si128((__m128i *)bytes, value); }
INLINE vector sum(vector left, vector right) { return _mm_xor_si128(left, right); }
INLINE split_vector split_halves(vector value) {
    vector mask = _mm_set1_epi8(0x0F);
    return (split_vector){_mm_and_si128(value, mask), _mm_and_si128(_mm_srli_epi64(value, 4), mask)};
}
INLINE factor_vector widened(const struct vitrine_rs_factor *factor) {
    return (factor_vector){
        _mm_loadu_si128((const __m128i *)factor->low),
        _mm_loadu_si128((const __m128i *)factor->high),
    };
}
INLINE vector plus_product(vector total, factor_vector factor, split_vector value) {
    return sum(
        sum(total, _mm_shuffle_epi8(factor.low, value.low)), _mm_shuffle_epi8(factor.high, value.high));
}

#undef INLINE
#include "kernel.inc.h"
#pragma clang attribute pop

vitrine_rs_kernel vitrine_rs_kernel_ssse3(void) {
    return multiply;
}
#endif
