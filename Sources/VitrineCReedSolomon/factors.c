#include "reed_solomon.h"

static uint8_t doubled(uint8_t value) {
    return (uint8_t)(value << 1 ^ (value & 0x80 ? 0x1D : 0));
}

// GF2P8AFFINEQB computes bit i of its result as the parity of the source byte and byte 7 - i of the matrix (Intel 64
// and IA-32 Architectures Software Developer's Manual, volume 2). Multiplication is linear: bit i of the product has
// source bit j in it where the product with 2^j has bit i.
static uint64_t affine_matrix(uint8_t element) {
    uint64_t matrix = 0;
    for (int j = 0; j < 8; j++) {
        for (int i = 0; i < 8; i++)
            if (element >> i & 1) matrix |= (uint64_t)1 << (8 * (7 - i) + j);
        element = doubled(element);
    }
    return matrix;
}

void vitrine_rs_make_factors(const uint8_t *elements, size_t count, struct vitrine_rs_factor *factors) {
    for (size_t index = 0; index < count; index++) {
        struct vitrine_rs_factor *factor = &factors[index];
        // Products with powers of two, and then the sums of those.
        uint8_t power = elements[index];
        factor->low[0] = factor->high[0] = 0;
        for (int bit = 0; bit < 4; bit++, power = doubled(power))
            for (int below = 0; below < 1 << bit; below++)
                factor->low[(1 << bit) + below] = power ^ factor->low[below];
        for (int bit = 0; bit < 4; bit++, power = doubled(power))
            for (int below = 0; below < 1 << bit; below++)
                factor->high[(1 << bit) + below] = power ^ factor->high[below];
        factor->affine = affine_matrix(elements[index]);
        factor->value = elements[index];
    }
}
