#define _GNU_SOURCE
#include "lock.h"

#include <linux/membarrier.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

pthread_mutex_t vitrine_lock = PTHREAD_MUTEX_INITIALIZER;
struct vitrine_block *vitrine_blocks;
static struct vitrine_block *free_blocks;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

struct vitrine_block vitrine_no_block;  // without capacity: never written
__thread struct vitrine_block *vitrine_own = &vitrine_no_block;
uint32_t vitrine_needs_fence;

void *vitrine_zeroed(size_t bytes) {
    void *memory = 0;
    size_t rounded = (bytes + (vitrine_line - 1)) & ~(size_t)(vitrine_line - 1);
    if (posix_memalign(&memory, vitrine_line, rounded) != 0) abort();
    return memset(memory, 0, rounded);
}

void *vitrine_grown(void *array, size_t element, uint32_t slot, uint32_t *capacity) {
    uint32_t wanted = 64;
    while (wanted <= slot) wanted *= 2;
    void *grown = vitrine_zeroed(wanted * element);
    if (array) memcpy(grown, array, *capacity * element);
    free(array);
    *capacity = wanted;
    return grown;
}

// MARK: Blocks

// Runs when a thread ends. A destructor that runs after this one and records takes a block anew, and this runs again;
// past the system's limit of rounds that block stays with the dead thread, still counted.
static void leave_block(void *own) {
    struct vitrine_block *block = own;
    pthread_mutex_lock(&vitrine_lock);
    vitrine_own = &vitrine_no_block;
    block->next_free = free_blocks;
    free_blocks = block;
    pthread_mutex_unlock(&vitrine_lock);
}

static void prepare_once(void) {
    if (pthread_key_create(&key, leave_block) != 0) abort();
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) != 0) vitrine_needs_fence = 1;
}

void vitrine_prepare(void) {
    pthread_once(&once, prepare_once);
}

struct vitrine_block *vitrine_own_block_locked(void) {
    if (vitrine_own != &vitrine_no_block) return vitrine_own;
    struct vitrine_block *block = free_blocks;
    if (block) {
        free_blocks = block->next_free;
    } else {
        block = vitrine_zeroed(sizeof *block);
        block->next = vitrine_blocks;
        __atomic_store_n(&vitrine_blocks, block, __ATOMIC_RELEASE);
    }
    vitrine_own = block;
    if (pthread_setspecific(key, block) != 0) abort();
    return block;
}

struct vitrine_block *vitrine_take_block(void) {
    vitrine_prepare();
    pthread_mutex_lock(&vitrine_lock);
    struct vitrine_block *block = vitrine_own_block_locked();
    pthread_mutex_unlock(&vitrine_lock);
    return block;
}

uint32_t vitrine_block_count(void) {
    uint32_t count = 0;
    pthread_mutex_lock(&vitrine_lock);
    for (struct vitrine_block *block = vitrine_blocks; block; block = block->next) count++;
    pthread_mutex_unlock(&vitrine_lock);
    return count;
}

// MARK: Sections

// Without the lock, which a section's owner may be waiting for. A thread that takes its first block meanwhile enters
// its section after what is to be freed became unreachable: taking the block orders it behind the lock.
void vitrine_synchronize(void) {
    vitrine_prepare();
    if (!vitrine_needs_fence) syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    pthread_mutex_lock(&vitrine_lock);
    struct vitrine_block *first = vitrine_blocks;
    pthread_mutex_unlock(&vitrine_lock);
    for (struct vitrine_block *block = first; block; block = block->next)
        while (__atomic_load_n(&block->is_reading, __ATOMIC_ACQUIRE)) sched_yield();
}

// MARK: Slots

uint32_t vitrine_take_slot_locked(struct vitrine_slots *slots) {
    if (slots->freed_count > 0) return slots->freed[--slots->freed_count];
    if (slots->next == UINT32_MAX / 2) abort();  // 2^31 live metrics do not fit into memory
    return slots->next++;
}

void vitrine_give_slot_locked(struct vitrine_slots *slots, uint32_t slot) {
    if (slots->freed_count == slots->freed_capacity) {
        uint32_t capacity = slots->freed_capacity ? slots->freed_capacity * 2 : 64;
        uint32_t *grown = realloc(slots->freed, capacity * sizeof *grown);
        if (!grown) abort();
        slots->freed = grown;
        slots->freed_capacity = capacity;
    }
    slots->freed[slots->freed_count++] = slot;
}
