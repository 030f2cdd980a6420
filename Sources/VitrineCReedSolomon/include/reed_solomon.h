#ifndef VITRINE_REED_SOLOMON_H
#define VITRINE_REED_SOLOMON_H

#include <stddef.h>
#include <stdint.h>

// Products of a matrix over GF(256), polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11D), with vectors of byte strings: what
// encoding and decoding of a Reed-Solomon erasure code both are.

/// An element of the matrix, in the forms that the kernels multiply by.
struct vitrine_rs_factor {
    uint8_t low[16];  // its products with 0x00, 0x01, …, 0x0F
    uint8_t high[16];  // its products with 0x00, 0x10, …, 0xF0
    uint64_t affine;  // multiplication by it as an 8 by 8 bit matrix, as GF2P8AFFINEQB takes it
    uint64_t value;  // the element itself
};

/// Makes the factors of `count` elements.
void vitrine_rs_make_factors(const uint8_t *elements, size_t count, struct vitrine_rs_factor *factors);

/// The kernels that this machine can run, the fastest first and the portable one last, by number from 0.
size_t vitrine_rs_kernel_count(void);
/// A kernel's name: "gfni-avx512", "gfni-avx2", "avx2", "ssse3", "neon" or "portable".
const char *vitrine_rs_kernel_name(size_t kernel);

/// Computes the bytes from `start` up to `end` of each output: output r is the sum over c of factors[r * columns + c]
/// times source c. Outputs overlap neither each other nor a source; pointers need no alignment. Without columns, or
/// rows, or bytes, nothing is written. `kernel` is less than vitrine_rs_kernel_count.
void vitrine_rs_multiply(
    size_t kernel,
    const struct vitrine_rs_factor *factors, size_t rows, size_t columns,
    const uint8_t *const *sources, uint8_t *const *outputs, size_t start, size_t end
);

#endif
