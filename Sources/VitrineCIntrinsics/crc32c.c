#include "crc32c.h"

#include <string.h>

// The polynomial x^32 + x^28 + x^27 + … + 1 in the reflected order that the wire format uses.
static const uint32_t polynomial = 0x82F63B78;

// Portable: slicing by eight (Kounavis and Berry, "Novel table lookup-based algorithms for high-performance CRC
// generation", 2008). Table k holds the checksum of one byte followed by k zero bytes.

static uint32_t tables[8][256];

static void make_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (polynomial & (0u - (crc & 1)));
        tables[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (uint32_t byte = 0; byte < 256; byte++)
            tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 0xFF];
}

static uint32_t update_portable(uint32_t crc, const uint8_t *bytes, size_t count) {
    while (count >= 8) {
        uint32_t low = crc ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16
                              | (uint32_t)bytes[3] << 24);
        crc = tables[7][low & 0xFF] ^ tables[6][(low >> 8) & 0xFF] ^ tables[5][(low >> 16) & 0xFF]
              ^ tables[4][low >> 24] ^ tables[3][bytes[4]] ^ tables[2][bytes[5]] ^ tables[1][bytes[6]]
              ^ tables[0][bytes[7]];
        bytes += 8;
        count -= 8;
    }
    while (count--) crc = (crc >> 8) ^ tables[0][(crc ^ *bytes++) & 0xFF];
    return crc;
}

#if defined(__x86_64__)
#include <immintrin.h>

// The crc32 instruction takes 8 bytes with a latency of three cycles and can start one a cycle, so long input is
// read as three stripes side by side. A stripe's checksum is moved past the stripes after it by one carry-less
// multiplication with x^(8 · length − 33) mod P, whose 64-bit product the instruction itself reduces
// (Gopal et al., "Fast CRC computation for iSCSI polynomial using CRC32 instruction", Intel, 2011).

enum { long_stripe = 4096, short_stripe = 256, least_stripe = 64 };
static uint64_t past_long[2], past_short[2], past_least[2];

static uint64_t power_of_x_modulo_polynomial(uint32_t exponent) {
    uint32_t power = 0x80000000;  // x^0, reflected
    while (exponent--) power = (power >> 1) ^ (polynomial & (0u - (power & 1)));
    return power;
}

static void make_stripe_constants(void) {
    past_long[0] = power_of_x_modulo_polynomial(8 * long_stripe - 33);
    past_long[1] = power_of_x_modulo_polynomial(16 * long_stripe - 33);
    past_short[0] = power_of_x_modulo_polynomial(8 * short_stripe - 33);
    past_short[1] = power_of_x_modulo_polynomial(16 * short_stripe - 33);
    past_least[0] = power_of_x_modulo_polynomial(8 * least_stripe - 33);
    past_least[1] = power_of_x_modulo_polynomial(16 * least_stripe - 33);
}

static inline uint64_t load64(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

__attribute__((target("sse4.2,pclmul"))) static inline uint64_t
moved_past(uint64_t crc, uint64_t constant) {
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)crc), _mm_cvtsi64_si128((long long)constant), 0);
    return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

__attribute__((target("sse4.2,pclmul"))) static inline uint64_t
three_stripes(uint64_t crc, const uint8_t *bytes, size_t stripe, const uint64_t past[2]) {
    uint64_t first = crc, second = 0, third = 0;
    for (size_t i = 0; i < stripe; i += 8) {
        first = _mm_crc32_u64(first, load64(bytes + i));
        second = _mm_crc32_u64(second, load64(bytes + stripe + i));
        third = _mm_crc32_u64(third, load64(bytes + 2 * stripe + i));
    }
    return moved_past(first, past[1]) ^ moved_past(second, past[0]) ^ third;
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t
update_sse42(uint32_t start, const uint8_t *bytes, size_t count) {
    uint64_t crc = start;
    for (; count >= 3 * long_stripe; bytes += 3 * long_stripe, count -= 3 * long_stripe)
        crc = three_stripes(crc, bytes, long_stripe, past_long);
    for (; count >= 3 * short_stripe; bytes += 3 * short_stripe, count -= 3 * short_stripe)
        crc = three_stripes(crc, bytes, short_stripe, past_short);
    for (; count >= 3 * least_stripe; bytes += 3 * least_stripe, count -= 3 * least_stripe)
        crc = three_stripes(crc, bytes, least_stripe, past_least);
    for (; count >= 8; bytes += 8, count -= 8) crc = _mm_crc32_u64(crc, load64(bytes));
    while (count--) crc = _mm_crc32_u8((uint32_t)crc, *bytes++);
    return (uint32_t)crc;
}

#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>

__attribute__((target("+crc"))) static uint32_t
update_armv8(uint32_t crc, const uint8_t *bytes, size_t count) {
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t value;
        memcpy(&value, bytes, sizeof value);
        crc = __crc32cd(crc, value);
    }
    while (count--) crc = __crc32cb(crc, *bytes++);
    return crc;
}
#endif

typedef uint32_t (*update_function)(uint32_t, const uint8_t *, size_t);

static update_function chosen = update_portable;
static const char *chosen_name = "portable";

// Runs before main, so that the tables and the choice need no synchronisation afterwards.
__attribute__((constructor)) static void choose(void) {
    make_tables();
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul")) {
        make_stripe_constants();
        chosen = update_sse42;
        chosen_name = "sse4.2+pclmul";
    }
#elif defined(__aarch64__)
    const unsigned long has_crc32 = 1ul << 7;  // HWCAP_CRC32
    if (getauxval(AT_HWCAP) & has_crc32) {
        chosen = update_armv8;
        chosen_name = "armv8-crc";
    }
#endif
}

uint32_t vitrine_crc32c(uint32_t crc, const void *bytes, size_t count) {
    return ~chosen(~crc, bytes, count);
}

uint32_t vitrine_crc32c_portable(uint32_t crc, const void *bytes, size_t count) {
    return ~update_portable(~crc, bytes, count);
}

const char *vitrine_crc32c_implementation(void) {
    return chosen_name;
}
