#include "reader.h"

__thread uint32_t vitrine_thread_number_value __attribute__((tls_model("initial-exec"))) = 0;

uint32_t vitrine_thread_number_assign(void) {
    static uint32_t last = 0;
    uint32_t number = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    if (number == 0) number = 1; // After 2^32 threads; two may then share one, which is allowed.
    vitrine_thread_number_value = number;
    return number;
}
