// io.prometheus.client.MetricFamily of Prometheus's metrics.proto, each message with its length as a varint before it.
// Field numbers as in prometheus/client_model:
//
//     MetricFamily  name 1, help 2, type 3 (COUNTER 0, GAUGE 1, HISTOGRAM 4), metric 4
//     Metric        label 1, gauge 2, counter 3, histogram 7
//     LabelPair     name 1, value 2
//     Gauge         value 1
//     Counter       value 1, exemplar 2, created_timestamp 3
//     Histogram     sample_count 1, sample_sum 2, bucket 3, schema 5, zero_threshold 6, zero_count 7,
//                   negative_span 9, negative_delta 10, positive_span 12, positive_delta 13, created_timestamp 15
//     Bucket        cumulative_count 1, upper_bound 2, exemplar 3
//     BucketSpan    offset 1, length 2
//     Exemplar      label 1, value 2, timestamp 3
//     Timestamp     seconds 1, nanos 2
//
// A native histogram's bucket i holds (2^((i−1)/16), 2^(i/16)] in schema 4, as ours does. Counts are differences to the
// bucket before; spans say which buckets are there: how many are left out, then how many follow.

/// Writes snapshots as Prometheus's protocol buffers: the only format in which a Prometheus before 3.0 takes native
/// histograms.
///
/// A histogram leaves with both its native buckets, all sixteen to an octave, and the classic ones of the text format.
public enum PrometheusProtobuf {
    /// What to answer a scrape with as `Content-Type`.
    public static let contentType =
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

    /// The snapshot as one delimited message for each family that has series.
    public static func bytes(of snapshot: RegistrySnapshot) -> [UInt8] {
        var bytes: [UInt8] = []
        for family in snapshot.families where !family.series.isEmpty {
            let message = message(family)
            bytes.appendVarint(UInt64(message.bytes.count))
            bytes += message.bytes
        }
        return bytes
    }

    private static func message(_ family: FamilySnapshot) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.append(1, family.name)
        message.append(2, family.help)
        let type: UInt64 =
            switch family.kind {
            case .counter: 0
            case .gauge: 1
            case .histogram: 4
            }
        message.append(3, varint: type)
        for series in family.series { message.append(4, metric(series)) }
        return message
    }

    private static func metric(_ series: SeriesSnapshot) -> ProtobufMessage {
        var message = ProtobufMessage()
        for label in series.labels { message.append(1, pair(label.name, label.value)) }
        var value = ProtobufMessage()
        switch series.value {
        case .gauge(let level):
            value.append(1, level)
            message.append(2, value)
        case .counter(let total):
            value.append(1, Double(total))
            value.append(3, timestamp(series.created))
            message.append(3, value)
        case .floatingPointCounter(let total):
            value.append(1, total)
            value.append(3, timestamp(series.created))
            message.append(3, value)
        case .histogram(let snapshot):
            message.append(7, histogram(snapshot, created: series.created))
        }
        return message
    }

    private static func histogram(_ snapshot: HistogramSnapshot, created: Duration) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.append(1, varint: snapshot.count)
        message.append(2, snapshot.sum)
        let exemplars = Dictionary(
            snapshot.exemplars.map { (Exemplar.bucket(of: $0.value, in: snapshot.unit), $0) }
        ) { $1 }
        let exponents = snapshot.unit.exposedExponents
        var counts = snapshot.cumulativeCounts(throughPowersOfTwo: exponents)
        counts.append(snapshot.count)
        for (index, count) in counts.enumerated() {
            var bucket = ProtobufMessage()
            bucket.append(1, varint: count)
            let isLast = index == exponents.count
            bucket.append(2, isLast ? .infinity : Double(sign: .plus, exponent: exponents[index], significand: 1))
            if let exemplar = exemplars[index] { bucket.append(3, self.exemplar(exemplar)) }
            message.append(3, bucket)
        }
        message.append(5, zigzag: 4)
        // Magnitudes under it share the bucket of zero; also tells a native histogram without samples from none.
        message.append(6, 0x1p-64)
        message.append(7, varint: snapshot.zeros)
        append(snapshot.negative, spans: 9, deltas: 10, to: &message)
        append(snapshot.positive, spans: 12, deltas: 13, to: &message)
        // Without samples, a span of no bucket is what marks the histogram as native.
        if snapshot.count == 0 { message.append(12, span(offset: 0, length: 0)) }
        message.append(15, timestamp(created))
        return message
    }

    private static func append(_ buckets: SparseBuckets, spans: Int, deltas: Int, to message: inout ProtobufMessage) {
        var next = 0
        var start = 0
        let all = buckets.buckets
        while start < all.count {
            var end = start + 1
            while end < all.count, all[end].index == all[end - 1].index + 1 { end += 1 }
            message.append(spans, span(offset: all[start].index - next, length: end - start))
            next = all[end - 1].index + 1
            start = end
        }
        var packed: [UInt8] = []
        var previous: UInt64 = 0
        for bucket in all {
            packed.appendVarint(zigzag: Int64(bitPattern: bucket.count &- previous))
            previous = bucket.count
        }
        if !packed.isEmpty { message.append(deltas, bytes: packed) }
    }

    private static func span(offset: Int, length: Int) -> ProtobufMessage {
        var span = ProtobufMessage()
        span.append(1, zigzag: Int64(offset))
        span.append(2, varint: UInt64(length))
        return span
    }

    private static func exemplar(_ exemplar: Exemplar) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.append(1, pair("trace_id", exemplar.trace.traceID))
        message.append(1, pair("span_id", exemplar.trace.spanID))
        message.append(2, exemplar.value)
        message.append(3, timestamp(exemplar.time))
        return message
    }

    private static func pair(_ name: String, _ value: String) -> ProtobufMessage {
        var pair = ProtobufMessage()
        pair.append(1, name)
        pair.append(2, value)
        return pair
    }

    private static func timestamp(_ time: Duration) -> ProtobufMessage {
        var message = ProtobufMessage()
        let nanoseconds = max(0, time.wholeNanoseconds)
        message.append(1, varint: UInt64(nanoseconds / 1_000_000_000))
        message.append(2, varint: UInt64(nanoseconds % 1_000_000_000))
        return message
    }
}
