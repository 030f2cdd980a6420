// An ExportMetricsServiceRequest of OpenTelemetry's protocol (opentelemetry-proto 1.x, metrics.proto) in its JSON encoding:
// field names in lower camel case, 64-bit whole numbers as strings, enumerations as numbers, trace and span identifiers in
// hexadecimal.
//
// Bucket i of an exponential histogram of scale 4 holds (2^(i/16), 2^((i+1)/16)]: our bucket i + 1.

/// Writes snapshots as OpenTelemetry's collector takes them: POST them to `/v1/metrics` as ``OTLPJSON/contentType``.
///
/// Counters are cumulative monotonic sums, gauges are gauges, histograms are exponential histograms of scale 4 with all
/// their buckets; each point states when its series began to count.
public enum OTLPJSON {
    /// The `Content-Type` to send with.
    public static let contentType = "application/json"
    private static let cumulative = 2

    /// The snapshot as one request.
    ///
    /// - Parameters:
    ///   - snapshot: What is to be sent.
    ///   - time: When the snapshot was taken, since 1970-01-01 00:00 UTC.
    ///   - resource: Who it is of, as OpenTelemetry names attributes: `service.name` at least.
    public static func bytes(
        of snapshot: RegistrySnapshot,
        at time: Duration,
        resource: [(String, String)] = []
    ) -> [UInt8] {
        var json = JSONBytes()
        json.object { json in
            json.key("resourceMetrics")
            json.array { json in
                json.object { json in
                    json.key("resource")
                    json.object { json in attributes(resource, &json) }
                    json.key("scopeMetrics")
                    json.array { json in
                        json.object { json in
                            json.key("scope")
                            json.object { json in member("name", "vitrine.telemetry", &json) }
                            json.key("metrics")
                            json.array { json in
                                for family in snapshot.families where !family.series.isEmpty {
                                    metric(family, time, &json)
                                }
                            }
                        }
                    }
                }
            }
        }
        return json.bytes
    }

    private static func metric(_ family: FamilySnapshot, _ time: Duration, _ json: inout JSONBytes) {
        json.object { json in
            member("name", family.name, &json)
            if !family.help.isEmpty { member("description", family.help, &json) }
            if let unit = family.unit, !unit.exposedName.isEmpty { member("unit", "s", &json) }
            switch family.kind {
            case .counter: json.key("sum")
            case .gauge: json.key("gauge")
            case .histogram: json.key("exponentialHistogram")
            }
            json.object { json in
                if family.kind != .gauge {
                    json.key("aggregationTemporality")
                    json.number(cumulative)
                }
                if family.kind == .counter {
                    json.key("isMonotonic")
                    json.bool(true)
                }
                json.key("dataPoints")
                json.array { json in
                    for series in family.series { json.object { json in point(series, time, &json) } }
                }
            }
        }
    }

    private static func point(_ series: SeriesSnapshot, _ time: Duration, _ json: inout JSONBytes) {
        attributes(series.labels.map { ($0.name, $0.value) }, &json)
        if case .gauge = series.value {} else { member("startTimeUnixNano", nanoseconds(series.created), &json) }
        member("timeUnixNano", nanoseconds(time), &json)
        switch series.value {
        case .counter(let total):
            member("asInt", String(min(total, UInt64(Int64.max))), &json)
        case .floatingPointCounter(let value), .gauge(let value):
            json.key("asDouble")
            json.number(value)
        case .histogram(let histogram):
            self.histogram(histogram, &json)
        }
    }

    private static func histogram(_ histogram: HistogramSnapshot, _ json: inout JSONBytes) {
        member("count", String(histogram.count), &json)
        // As in OpenMetrics: a sum of samples that may be negative does not only grow.
        if histogram.min ?? 0 >= 0 {
            json.key("sum")
            json.number(histogram.sum)
        }
        if let least = histogram.min, let greatest = histogram.max {
            json.key("min")
            json.number(least)
            json.key("max")
            json.number(greatest)
        }
        json.key("scale")
        json.number(4)
        member("zeroCount", String(histogram.zeros), &json)
        json.key("positive")
        buckets(histogram.positive, &json)
        json.key("negative")
        buckets(histogram.negative, &json)
        guard !histogram.exemplars.isEmpty else { return }
        json.key("exemplars")
        json.array { json in
            for exemplar in histogram.exemplars {
                json.object { json in
                    member("timeUnixNano", nanoseconds(exemplar.time), &json)
                    json.key("asDouble")
                    json.number(exemplar.value)
                    member("traceId", exemplar.trace.traceID, &json)
                    member("spanId", exemplar.trace.spanID, &json)
                }
            }
        }
    }

    private static func buckets(_ buckets: SparseBuckets, _ json: inout JSONBytes) {
        json.object { json in
            guard let first = buckets.buckets.first else { return }
            json.key("offset")
            json.number(first.index - 1)
            json.key("bucketCounts")
            json.array { json in
                var next = first.index
                for bucket in buckets.buckets {
                    while next < bucket.index {
                        json.string("0")
                        next += 1
                    }
                    json.string(String(bucket.count))
                    next += 1
                }
            }
        }
    }

    private static func attributes(_ pairs: [(String, String)], _ json: inout JSONBytes) {
        json.key("attributes")
        json.array { json in
            for (name, value) in pairs {
                json.object { json in
                    member("key", name, &json)
                    json.key("value")
                    json.object { json in member("stringValue", value, &json) }
                }
            }
        }
    }

    private static func member(_ name: String, _ value: String, _ json: inout JSONBytes) {
        json.key(name)
        json.string(value)
    }

    private static func nanoseconds(_ time: Duration) -> String { String(max(0, time.wholeNanoseconds)) }
}
