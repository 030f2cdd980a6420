// The product for one instruction set: included after `vector`, `factor_vector`, and the functions load, store, sum,
// widened and times were defined for it. Not a header of its own.
//
// A pass holds two vectors of each row in registers and adds up all columns before it stores them: a source byte is
// loaded once for all rows (Plank, Greenan and Miller, "Screaming fast Galois field arithmetic using Intel SIMD
// instructions", FAST 2013), an output byte is written once. Two vectors side by side share the factors' loads.

#define INLINE static inline __attribute__((always_inline))

/// Computes `vectors` (one or two) vectors of each row at offset `at`. With `ones`, the first row's factors are all 1:
/// it is the sum of the sources.
INLINE void multiply_at(
    const struct vitrine_rs_factor *factors, const size_t rows, const int ones, const size_t vectors, size_t columns,
    const uint8_t *const *sources, uint8_t *const *outputs, size_t at
) {
    vector sums[rows_max][2];
    for (size_t row = 0; row < rows; row++)
        for (size_t v = 0; v < vectors; v++) sums[row][v] = zero();
    for (size_t column = 0; column < columns; column++) {
        const uint8_t *source = sources[column] + at;
        vector plain[2];
        split_vector split[2];
        for (size_t v = 0; v < vectors; v++) plain[v] = load(source + v * sizeof(vector));
        for (size_t v = 0; v < vectors; v++) split[v] = split_halves(plain[v]);
        for (size_t row = 0; row < rows; row++) {
            if (ones && row == 0) {
                for (size_t v = 0; v < vectors; v++) sums[row][v] = sum(sums[row][v], plain[v]);
            } else {
                factor_vector factor = widened(&factors[row * columns + column]);
                for (size_t v = 0; v < vectors; v++) sums[row][v] = plus_product(sums[row][v], factor, split[v]);
            }
        }
    }
    for (size_t row = 0; row < rows; row++)
        for (size_t v = 0; v < vectors; v++) store(outputs[row] + at + v * sizeof(vector), sums[row][v]);
}

INLINE void multiply_rows(
    const struct vitrine_rs_factor *factors, const size_t rows, const int ones, size_t columns,
    const uint8_t *const *sources, uint8_t *const *outputs, size_t start, size_t end
) {
    const size_t width = sizeof(vector);
    size_t at = start;
    for (; end - at >= 2 * width; at += 2 * width)
        multiply_at(factors, rows, ones, 2, columns, sources, outputs, at);
    for (; end - at >= width; at += width) multiply_at(factors, rows, ones, 1, columns, sources, outputs, at);
    // The last vector may overlap what was computed before it: the same bytes are written again.
    if (at < end && end - start >= width)
        multiply_at(factors, rows, ones, 1, columns, sources, outputs, end - width);
    else if (at < end)
        vitrine_rs_multiply_portable(factors, rows, columns, sources, outputs, at, end);
}

static void multiply(
    const struct vitrine_rs_factor *factors, size_t rows, size_t columns,
    const uint8_t *const *sources, uint8_t *const *outputs, size_t start, size_t end
) {
    int ones = 1;
    for (size_t column = 0; column < columns; column++) ones &= factors[column].value == 1;
    switch (rows * 2 + (size_t)ones) {
    case 2: multiply_rows(factors, 1, 0, columns, sources, outputs, start, end); break;
    case 3: multiply_rows(factors, 1, 1, columns, sources, outputs, start, end); break;
    case 4: multiply_rows(factors, 2, 0, columns, sources, outputs, start, end); break;
    case 5: multiply_rows(factors, 2, 1, columns, sources, outputs, start, end); break;
    case 6: multiply_rows(factors, 3, 0, columns, sources, outputs, start, end); break;
    case 7: multiply_rows(factors, 3, 1, columns, sources, outputs, start, end); break;
    case 8: multiply_rows(factors, 4, 0, columns, sources, outputs, start, end); break;
    case 9: multiply_rows(factors, 4, 1, columns, sources, outputs, start, end); break;
    }
}

#undef INLINE
