#if defined(__x86_64__)
#include "kernels.h"

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,gfni"))), apply_to = function)
#define INLINE static inline __attribute__((always_inline))

// One instruction multiplies bytes by a matrix of bits, and thus by an element of any field of 256: the one that
// multiplies in the field of AES, by another polynomial, is of no use here.

typedef __m256i vector;
typedef __m256i factor_vector, split_vector;

INLINE vector zero(void) { return _mm256_setzero_si256(); }
INLINE vector load(const uint8_t *bytes) { return _mm256_loadu_si256((const __m256i *)bytes); }
INLINE void store(uint8_t *bytes, vector value) { _mm256_storeu_si256((__m256i *)bytes, value); }
INLINE vector sum(vector left, vector right) { return _mm256_xor_si256(left, right); }
INLINE split_vector split_halves(vector value) { return value; }
INLINE factor_vector widened(const struct vitrine_rs_factor *factor) {
    return _mm256_set1_epi64x((long long)factor->affine);
}
INLINE vector plus_product(vector total, factor_vector factor, split_vector value) {
    return sum(total, _mm256_gf2p8affine_epi64_epi8(value, factor, 0));
}

#undef INLINE
#include "kernel.inc.h"
#pragma clang attribute pop

vitrine_rs_kernel vitrine_rs_kernel_gfni_avx2(void) {
    return multiply;
}
#endif
