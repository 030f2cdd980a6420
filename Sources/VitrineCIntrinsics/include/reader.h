#ifndef VITRINE_READER_H
#define VITRINE_READER_H

#include <stdint.h>
#include <string.h>

// What the lock-free readers of an index need and Swift does not offer: a number for the thread without a call,
// prefetching, and a search that the compiler turns into vector instructions.

/// The calling thread's number, from 1, or 0 while it has none. The model lets it be read without a call.
extern __thread uint32_t vitrine_thread_number_value __attribute__((tls_model("initial-exec")));

/// Gives the calling thread its number.
uint32_t vitrine_thread_number_assign(void);

/// A small number that threads seldom share: where to look first for a slot of one's own.
static inline uint32_t vitrine_thread_number(void) {
    uint32_t number = vitrine_thread_number_value;
    return number ? number : vitrine_thread_number_assign();
}

/// A number that no two calls in a row share: to draw a small part of calls at next to no cost.
static inline uint64_t vitrine_cycle_count(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
    uint64_t count;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
    // It ticks slowly; its low bits are spread to where the processor's own counter changes.
    return count << 4;
#else
    static _Thread_local uint64_t count;
    return count += 16;
#endif
}

/// Has the processor fetch the line at `address`, which need not be mapped.
static inline void vitrine_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/// The same for a line that is about to be written.
static inline void vitrine_prefetch_to_write(const void *address) { __builtin_prefetch(address, 1, 3); }

/// How many of `count` numbers, a multiple of four, are below `bound`.
static inline int32_t vitrine_count_below(const void *numbers, int32_t count, int32_t bound) {
    typedef int32_t four __attribute__((vector_size(16)));
    const char *place = (const char *)numbers;
    four bounds = {bound, bound, bound, bound};
    four sum = {0, 0, 0, 0};
    for (int32_t index = 0; index < count; index += 4, place += sizeof(four)) {
        four next;
        memcpy(&next, place, sizeof next);
        sum -= next < bounds; // A lane that holds is −1.
    }
    return sum[0] + sum[1] + sum[2] + sum[3];
}

#endif
