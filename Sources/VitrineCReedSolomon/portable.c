#include "kernels.h"

// A byte at a time, by the products with the halves of the byte: any processor.

void vitrine_rs_multiply_portable(
    const struct vitrine_rs_factor *factors, size_t rows, size_t columns,
    const uint8_t *const *sources, uint8_t *const *outputs, size_t start, size_t end
) {
    for (size_t row = 0; row < rows; row++) {
        uint8_t *output = outputs[row];
        for (size_t column = 0; column < columns; column++) {
            const struct vitrine_rs_factor *factor = &factors[row * columns + column];
            const uint8_t *source = sources[column];
            for (size_t at = start; at < end; at++) {
                uint8_t product = factor->low[source[at] & 0x0F] ^ factor->high[source[at] >> 4];
                output[at] = column == 0 ? product : output[at] ^ product;
            }
        }
    }
}
