#ifndef VITRINE_TELEMETRY_BLOCK_H
#define VITRINE_TELEMETRY_BLOCK_H

#include <stdint.h>
#include <string.h>

// A metric is a slot number. Each thread owns a block with one cell per slot, so that recording is an addition to
// memory that no other thread writes: no locked instruction, no shared cache line. Reading adds the cells of all
// blocks up under the lock of blocks.c. A thread that ends leaves its block, values included, to the next thread
// that starts: nothing is moved, so nothing can be lost or counted twice, and the memory is bounded by the greatest
// number of threads that ever recorded at once.
//
// Every cell is accessed by relaxed atomics, which are plain loads and stores on the machines Swift runs on.

struct vitrine_samples;

/// What one thread owns. The arrays grow when a slot beyond them is first used.
struct vitrine_block {
    uint64_t *counters;  // modulo 2^64
    uint64_t *reals;  // a double's bits each
    struct vitrine_samples **histograms;
    uint32_t counter_capacity, real_capacity, histogram_capacity;
    uint32_t is_reading;  // between vitrine_enter and vitrine_leave
    struct vitrine_block *next;  // of all blocks ever made
    struct vitrine_block *next_free;  // of those whose thread has ended
};

/// The calling thread's block; a block without capacity until it first records.
extern __thread struct vitrine_block *vitrine_own __attribute__((tls_model("initial-exec")));
extern struct vitrine_block vitrine_no_block;

#define VITRINE_INLINE static inline __attribute__((always_inline))
#define VITRINE_RARE(condition) __builtin_expect(!!(condition), 0)

VITRINE_INLINE uint64_t vitrine_load(const uint64_t *cell) {
    return __atomic_load_n(cell, __ATOMIC_RELAXED);
}
VITRINE_INLINE void vitrine_store(uint64_t *cell, uint64_t value) {
    __atomic_store_n(cell, value, __ATOMIC_RELAXED);
}
VITRINE_INLINE double vitrine_real(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
VITRINE_INLINE uint64_t vitrine_bits(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

// MARK: Sections
//
// What is read between vitrine_enter and vitrine_leave is not given back before vitrine_leave: whoever takes something
// away makes it unreachable, calls vitrine_synchronize, which waits for the sections of that moment, and only then
// frees it (McKenney and Slingwine, "Read-Copy Update", PDCS 1998). A section is a few nanoseconds long and does not
// nest. The processor's fence that it needs is run on the waiting side for all threads, by membarrier(2); where the
// kernel has no such call, each section runs its own.

extern uint32_t vitrine_needs_fence;

struct vitrine_block *vitrine_take_block(void);
/// Waits until every section that another thread is in has ended.
void vitrine_synchronize(void);

VITRINE_INLINE struct vitrine_block *vitrine_enter(void) {
    struct vitrine_block *own = vitrine_own;
    if (VITRINE_RARE(own == &vitrine_no_block)) own = vitrine_take_block();
    __atomic_store_n(&own->is_reading, 1, __ATOMIC_RELAXED);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (VITRINE_RARE(vitrine_needs_fence)) __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return own;
}
VITRINE_INLINE void vitrine_leave(struct vitrine_block *own) {
    __atomic_store_n(&own->is_reading, 0, __ATOMIC_RELEASE);
}

/// How many blocks there are: those of living threads that recorded and those that wait for a new thread.
uint32_t vitrine_block_count(void);

#endif
