#if defined(__aarch64__)
#include "kernels.h"

#include <arm_neon.h>

#define INLINE static inline __attribute__((always_inline))

// As avx2.c: a table look-up of sixteen at once.

typedef uint8x16_t vector;
typedef struct { uint8x16_t low, high; } factor_vector, split_vector;

INLINE vector zero(void) { return vdupq_n_u8(0); }
INLINE vector load(const uint8_t *bytes) { return vld1q_u8(bytes); }
INLINE void store(uint8_t *bytes, vector value) { vst1q_u8(bytes, value); }
INLINE vector sum(vector left, vector right) { return veorq_u8(left, right); }
INLINE split_vector split_halves(vector value) {
    return (split_vector){vandq_u8(value, vdupq_n_u8(0x0F)), vshrq_n_u8(value, 4)};
}
INLINE factor_vector widened(const struct vitrine_rs_factor *factor) {
    return (factor_vector){vld1q_u8(factor->low), vld1q_u8(factor->high)};
}
INLINE vector plus_product(vector total, factor_vector factor, split_vector value) {
    return sum(sum(total, vqtbl1q_u8(factor.low, value.low)), vqtbl1q_u8(factor.high, value.high));
}

#undef INLINE
#include "kernel.inc.h"

vitrine_rs_kernel vitrine_rs_kernel_neon(void) {
    return multiply;
}
#endif
