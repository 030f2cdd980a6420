#ifndef BENCHMARKS_AFFINITY_H
#define BENCHMARKS_AFFINITY_H

/// Pins the calling thread to one processor; returns 0, or an errno. (The CPU_SET macros are C's alone.)
int benchmarks_pin_thread(int processor);
/// How many processors this process may use.
int benchmarks_processor_count(void);
/// The n-th processor that this process may use, or -1.
int benchmarks_processor(int n);

#endif
