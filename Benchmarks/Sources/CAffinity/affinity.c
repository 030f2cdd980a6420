#define _GNU_SOURCE
#include "affinity.h"

#include <pthread.h>
#include <sched.h>

static cpu_set_t allowed;
static int count;

// Asked once, before any thread is pinned: a pinned thread would be told of its own processor only.
__attribute__((constructor)) static void ask(void) {
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) count = CPU_COUNT(&allowed);
}

int benchmarks_processor_count(void) { return count; }

int benchmarks_processor(int n) {
    for (int processor = 0; processor < CPU_SETSIZE; processor++)
        if (CPU_ISSET(processor, &allowed) && n-- == 0) return processor;
    return -1;
}

int benchmarks_pin_thread(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    return pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}
