#ifndef BENCHMARKS_PEER_PROMETHEUS_H
#define BENCHMARKS_PEER_PROMETHEUS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// prometheus-cpp behind C, so that a benchmark calls it as directly as it calls ours: one call, no lookup.

typedef struct peer_registry peer_registry;
typedef struct peer_counter peer_counter;
typedef struct peer_histogram peer_histogram;
typedef struct peer_counter_family peer_counter_family;

peer_registry *peer_registry_make(void);
void peer_registry_free(peer_registry *registry);
peer_counter *peer_counter_make(peer_registry *registry, const char *name);
peer_histogram *peer_histogram_make(peer_registry *registry, const char *name, const double *bounds, size_t count);

void peer_counter_increment(peer_counter *counter, long times);
double peer_counter_value(const peer_counter *counter);
void peer_histogram_observe(peer_histogram *histogram, const double *values, long count);
double peer_histogram_count(const peer_histogram *histogram);

/// A family of counters with the labels "method" and "route".
peer_counter_family *peer_counter_family_make(peer_registry *registry, const char *name);
/// Looks up one of 32 counters of the family by its two labels and increments it, each time.
void peer_counter_family_increment(peer_counter_family *family, long times);
/// The sum of all counters in the registry.
double peer_counter_family_value(peer_registry *registry);

/// The length of the text exposition, after having written all of it.
size_t peer_registry_expose(peer_registry *registry);

#ifdef __cplusplus
}
#endif
#endif
