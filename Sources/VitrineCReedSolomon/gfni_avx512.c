#if defined(__x86_64__)
#include "kernels.h"

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,gfni"))), apply_to = function)
#define INLINE static inline __attribute__((always_inline))

// As gfni_avx2.c, with vectors twice as wide.

typedef __m512i vector;
typedef __m512i factor_vector, split_vector;

INLINE vector zero(void) { return _mm512_setzero_si512(); }
INLINE vector load(const uint8_t *bytes) { return _mm512_loadu_si512(bytes); }
INLINE void store(uint8_t *bytes, vector value) { _mm512_storeu_si512(bytes, value); }
INLINE vector sum(vector left, vector right) { return _mm512_xor_si512(left, right); }
INLINE split_vector split_halves(vector value) { return value; }
INLINE factor_vector widened(const struct vitrine_rs_factor *factor) {
    return _mm512_set1_epi64((long long)factor->affine);
}
INLINE vector plus_product(vector total, factor_vector factor, split_vector value) {
    return sum(total, _mm512_gf2p8affine_epi64_epi8(value, factor, 0));
}

#undef INLINE
#include "kernel.inc.h"
#pragma clang attribute pop

vitrine_rs_kernel vitrine_rs_kernel_gfni_avx512(void) {
    return multiply;
}
#endif
