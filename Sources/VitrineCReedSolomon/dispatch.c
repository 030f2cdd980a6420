#include "kernels.h"

#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

enum { kernels_max = 8 };
static struct {
    const char *name;
    vitrine_rs_kernel run;
} kernels[kernels_max];
static size_t kernel_count;

static void add(const char *name, vitrine_rs_kernel run) {
    kernels[kernel_count].name = name;
    kernels[kernel_count++].run = run;
}

// Runs before main, so that what there is needs no synchronisation afterwards.
__attribute__((constructor)) static void find(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    int has_avx2 = __builtin_cpu_supports("avx2");
    int has_gfni = __builtin_cpu_supports("gfni");
    if (has_gfni && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
        add("gfni-avx512", vitrine_rs_kernel_gfni_avx512());
    if (has_gfni && has_avx2) add("gfni-avx2", vitrine_rs_kernel_gfni_avx2());
    if (has_avx2) add("avx2", vitrine_rs_kernel_avx2());
    if (__builtin_cpu_supports("ssse3")) add("ssse3", vitrine_rs_kernel_ssse3());
#elif defined(__aarch64__)
    const unsigned long has_asimd = 1ul << 1;  // HWCAP_ASIMD
    if (getauxval(AT_HWCAP) & has_asimd) add("neon", vitrine_rs_kernel_neon());
#endif
    add("portable", vitrine_rs_multiply_portable);
}

size_t vitrine_rs_kernel_count(void) {
    return kernel_count;
}

const char *vitrine_rs_kernel_name(size_t kernel) {
    return kernels[kernel].name;
}

// With more rows than one pass computes, the sources are read in pieces that stay in the first-level cache until all
// passes over them are done, so that each comes from memory once.
enum { cached_bytes = 16384, piece_min = 512 };

void vitrine_rs_multiply(
    size_t kernel,
    const struct vitrine_rs_factor *factors, size_t rows, size_t columns,
    const uint8_t *const *sources, uint8_t *const *outputs, size_t start, size_t end
) {
    if (columns == 0) return;
    size_t piece = end - start;
    if (rows > rows_max) {
        piece = cached_bytes / columns & ~(size_t)(piece_min - 1);
        if (piece < piece_min) piece = piece_min;
    }
    while (start < end) {
        size_t until = end - start < piece ? end : start + piece;
        for (size_t row = 0; row < rows; row += rows_max) {
            size_t pass = rows - row < rows_max ? rows - row : rows_max;
            kernels[kernel].run(factors + row * columns, pass, columns, sources, outputs + row, start, until);
        }
        start = until;
    }
}
