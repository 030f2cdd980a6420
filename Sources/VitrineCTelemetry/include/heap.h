#ifndef VITRINE_TELEMETRY_HEAP_H
#define VITRINE_TELEMETRY_HEAP_H

#include <stdint.h>

/// What the C library's allocator has given out, and what it keeps for later.
struct vitrine_heap {
    uint64_t used_bytes, free_bytes;
};

/// Asks the allocator, which locks its arenas for the while (mallinfo2(3)).
struct vitrine_heap vitrine_heap_now(void);

#endif
