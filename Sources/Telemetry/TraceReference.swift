public import Instrumentation

/// Which trace and span something belongs to, as W3C Trace Context names them.
public struct TraceReference: Sendable, Hashable {
    /// 32 lower-case hexadecimal digits.
    public let traceID: String
    /// 16 lower-case hexadecimal digits.
    public let spanID: String

    /// Reads a `traceparent` header: `version-traceID-spanID-flags`.
    ///
    /// - Returns: `nil` for one that is malformed, of the invalid version `ff`, or that names no trace or no span.
    public init?(traceparent: String) {
        guard let fields = Self.fields(traceparent) else { return nil }
        traceID = fields.trace
        spanID = fields.span
    }

    /// The trace of a context that swift-distributed-tracing's tracer samples.
    ///
    /// Each tracer keeps its identifiers under a key of its own. What all of them have in common is that they propagate:
    /// the context is given to the bootstrapped instrument to inject, and the `traceparent` that it writes is read. Costs
    /// about a microsecond.
    ///
    /// - Returns: `nil` where there is no tracer, the context is in no trace, or the trace is not sampled.
    public init?(_ context: ServiceContext) {
        var carrier: [String: String] = [:]
        InstrumentationSystem.instrument.inject(context, into: &carrier, using: HeaderInjector())
        let header = carrier.first { $0.key.lowercased() == "traceparent" }
        guard let header, let fields = Self.fields(header.value), fields.isSampled else { return nil }
        traceID = fields.trace
        spanID = fields.span
    }

    /// The trace of a context, if there is one and its trace is sampled.
    @usableFromInline
    static func sampled(in context: ServiceContext?) -> TraceReference? { context.flatMap { TraceReference($0) } }

    /// The trace that the current task is in, if it is sampled.
    static var current: TraceReference? { ServiceContext.current.flatMap { TraceReference($0) } }

    private static func fields(_ traceparent: String) -> (trace: String, span: String, isSampled: Bool)? {
        let parts = traceparent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, zip(parts, [2, 32, 16, 2]).allSatisfy({ $0.utf8.count == $1 }),
            parts.prefix(4).allSatisfy({ $0.utf8.allSatisfy(isLowerCaseHex) }),
            parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" }),
            let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        return (String(parts[1]), String(parts[2]), flags & 1 == 1)
    }

    private static func isLowerCaseHex(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}

private struct HeaderInjector: Injector {
    func inject(_ value: String, forKey key: String, into carrier: inout [String: String]) {
        carrier[key] = value
    }
}
