#ifndef VITRINE_SANITIZER_H
#define VITRINE_SANITIZER_H

// ThreadSanitizer does not see Swift's `Mutex` on Linux. These weak hooks tell it what a lock orders;
// in a build without the sanitizer each is one test of a null symbol.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

static inline void vitrine_tsan_acquire(void *address) {
    if (__tsan_acquire) __tsan_acquire(address);
}
static inline void vitrine_tsan_release(void *address) {
    if (__tsan_release) __tsan_release(address);
}

#endif
