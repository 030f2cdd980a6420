#include "peer_prometheus.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <string>

struct peer_registry {
    prometheus::Registry registry;
};

peer_registry *peer_registry_make(void) { return new peer_registry; }
void peer_registry_free(peer_registry *registry) { delete registry; }

peer_counter *peer_counter_make(peer_registry *registry, const char *name) {
    auto &family = prometheus::BuildCounter().Name(name).Help("a counter").Register(registry->registry);
    return reinterpret_cast<peer_counter *>(&family.Add({}));
}

peer_histogram *peer_histogram_make(peer_registry *registry, const char *name, const double *bounds, size_t count) {
    auto &family = prometheus::BuildHistogram().Name(name).Help("a histogram").Register(registry->registry);
    return reinterpret_cast<peer_histogram *>(
        &family.Add({}, prometheus::Histogram::BucketBoundaries(bounds, bounds + count)));
}

// The loop is here and not in Swift: the peer is called from its own language, without a crossing for each record.
void peer_counter_increment(peer_counter *counter, long times) {
    auto *real = reinterpret_cast<prometheus::Counter *>(counter);
    while (times-- > 0) real->Increment();
}

double peer_counter_value(const peer_counter *counter) {
    return reinterpret_cast<const prometheus::Counter *>(counter)->Value();
}

void peer_histogram_observe(peer_histogram *histogram, const double *values, long count) {
    auto *real = reinterpret_cast<prometheus::Histogram *>(histogram);
    for (long i = 0; i < count; i++) real->Observe(values[i & 1023]);
}

double peer_histogram_count(const peer_histogram *histogram) {
    return static_cast<double>(
        reinterpret_cast<const prometheus::Histogram *>(histogram)->Collect().histogram.sample_count);
}

peer_counter_family *peer_counter_family_make(peer_registry *registry, const char *name) {
    return reinterpret_cast<peer_counter_family *>(
        &prometheus::BuildCounter().Name(name).Help("counters").Register(registry->registry));
}

void peer_counter_family_increment(peer_counter_family *family, long times) {
    static const std::string methods[] = {"GET", "PUT", "POST", "DELETE"};
    static const std::string routes[] = {"/shop/item/0", "/shop/item/1", "/shop/item/2", "/shop/item/3",
                                         "/shop/item/4", "/shop/item/5", "/shop/item/6", "/shop/item/7"};
    auto *real = reinterpret_cast<prometheus::Family<prometheus::Counter> *>(family);
    for (long i = 0; i < times; i++)
        real->Add({{"method", methods[i & 3]}, {"route", routes[i >> 2 & 7]}}).Increment();
}

double peer_counter_family_value(peer_registry *registry) {
    double sum = 0;
    for (const auto &family : registry->registry.Collect())
        for (const auto &metric : family.metric) sum += metric.counter.value;
    return sum;
}

size_t peer_registry_expose(peer_registry *registry) {
    return prometheus::TextSerializer().Serialize(registry->registry.Collect()).size();
}
