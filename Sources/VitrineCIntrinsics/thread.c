#define _GNU_SOURCE
#include "thread.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

void vitrine_name_thread(const char *name) {
    char kept[16] = {0};
    strncpy(kept, name, sizeof kept - 1);
    pthread_setname_np(pthread_self(), kept);
}

int vitrine_semaphore_wait(sem_t *semaphore, int64_t nanoseconds) {
    struct timespec end;
    // CLOCK_MONOTONIC with a valid pointer cannot fail (clock_gettime(2)).
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += nanoseconds / 1000000000;
    end.tv_nsec += nanoseconds % 1000000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec += 1;
        end.tv_nsec -= 1000000000;
    }
    while (sem_clockwait(semaphore, CLOCK_MONOTONIC, &end) != 0)
        if (errno != EINTR) return 0;
    return 1;
}
