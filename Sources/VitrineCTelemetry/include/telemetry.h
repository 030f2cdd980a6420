#ifndef VITRINE_TELEMETRY_H
#define VITRINE_TELEMETRY_H

// What each thread has counted, kept where only that thread writes: see block.h. The pages of this target:
//
//     block.h       what one thread owns, and sections in which nothing it reads is taken away
//     counter.h     whole and real counters, gauges
//     histogram.h   exponential buckets inside a sequence lock
//     extents.h     what a column of numbers spans
//     heap.h        what the allocator uses
//     labels.h      a table from label values to a metric, read without a lock

#include "block.h"
#include "counter.h"
#include "extents.h"
#include "heap.h"
#include "histogram.h"
#include "labels.h"

#endif
