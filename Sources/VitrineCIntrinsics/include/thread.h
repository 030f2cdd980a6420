#ifndef VITRINE_THREAD_H
#define VITRINE_THREAD_H

/// Names the calling thread for debuggers and `top -H`; the kernel keeps 15 bytes.
/// (`pthread_setname_np` stands behind _GNU_SOURCE, which Swift's importer does not define.)
void vitrine_name_thread(const char *name);

#endif
