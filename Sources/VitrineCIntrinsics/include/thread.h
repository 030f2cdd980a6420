#ifndef VITRINE_THREAD_H
#define VITRINE_THREAD_H

#include <semaphore.h>
#include <stdint.h>

/// Names the calling thread for debuggers and `top -H`; the kernel keeps 15 bytes.
/// (`pthread_setname_np` stands behind _GNU_SOURCE, which Swift's importer does not define.)
void vitrine_name_thread(const char *name);

/// Takes one from the semaphore, waiting for at most so long by the clock that nobody sets; returns whether it did.
/// (`sem_clockwait` stands behind _GNU_SOURCE too; `sem_timedwait` goes by the time of day, which can jump.)
int vitrine_semaphore_wait(sem_t *semaphore, int64_t nanoseconds);

#endif
