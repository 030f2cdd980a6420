#ifndef VITRINE_REED_SOLOMON_KERNELS_H
#define VITRINE_REED_SOLOMON_KERNELS_H

#include "reed_solomon.h"

/// A product of up to `rows_max` rows: see vitrine_rs_multiply.
typedef void (*vitrine_rs_kernel)(
    const struct vitrine_rs_factor *factors, size_t rows, size_t columns,
    const uint8_t *const *sources, uint8_t *const *outputs, size_t start, size_t end
);

/// Rows that a kernel computes in one pass over the sources: as many as sixteen registers have room for, which hold
/// two vectors for each row, two for the source and two tables.
enum { rows_max = 4 };

void vitrine_rs_multiply_portable(
    const struct vitrine_rs_factor *factors, size_t rows, size_t columns,
    const uint8_t *const *sources, uint8_t *const *outputs, size_t start, size_t end
);

#if defined(__x86_64__)
vitrine_rs_kernel vitrine_rs_kernel_ssse3(void);
vitrine_rs_kernel vitrine_rs_kernel_avx2(void);
vitrine_rs_kernel vitrine_rs_kernel_gfni_avx2(void);
vitrine_rs_kernel vitrine_rs_kernel_gfni_avx512(void);
#elif defined(__aarch64__)
vitrine_rs_kernel vitrine_rs_kernel_neon(void);
#endif

#endif
