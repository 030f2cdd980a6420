#include "include/heap.h"

#include <malloc.h>

struct vitrine_heap vitrine_heap_now(void) {
    struct mallinfo2 info = mallinfo2();
    return (struct vitrine_heap){.used_bytes = info.uordblks + info.hblkhd, .free_bytes = info.fordblks};
}
