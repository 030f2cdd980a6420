public import Logging

/// A swift-log handler that writes each message as a line of JSON, and counts it by level and label.
///
/// ```swift
/// LoggingSystem.bootstrap { telemetry.logHandler(label: $0) }
/// // Or, where metadata of the moment is to be in every line:
/// LoggingSystem.bootstrap(
///     { telemetry.logHandler(label: $0, metadataProvider: $1) },
///     metadataProvider: provider
/// )
/// ```
///
/// A line has `time` (RFC 3339, UTC, microseconds), `level`, `logger`, `message`, `source`, `file`, `function`, `line`; with
/// an error `error` and `error_type`; with metadata `metadata`, nested as it is; and inside a sampled trace `trace_id` and
/// `span_id`. Every message that passes the level counts in `log_messages_total`, labelled `level` and `logger`.
public struct JSONLogHandler: LogHandler {
    /// The least level that is written.
    public var logLevel: Logger.Level = .info
    /// What is written with each message.
    public var metadata: Logger.Metadata = [:]
    /// What adds metadata of the moment: a request's identifier.
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let messages: CounterFamily<(Logger.Level, String)>
    private let now: @Sendable () -> Duration
    private let write: @Sendable (_ line: [UInt8]) -> Void

    init(
        label: String,
        messages: CounterFamily<(Logger.Level, String)>,
        metadataProvider: Logger.MetadataProvider?,
        now: @escaping @Sendable () -> Duration,
        write: @escaping @Sendable (_ line: [UInt8]) -> Void
    ) {
        self.label = label
        self.messages = messages
        self.metadataProvider = metadataProvider
        self.now = now
        self.write = write
    }

    /// One entry of the metadata.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes and counts a message.
    public func log(event: LogEvent) {
        messages.increment(event.level, label)
        write(line(event))
    }

    private func line(_ event: LogEvent) -> [UInt8] {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { $1 } }
        if let given = event.metadata { all.merge(given) { $1 } }
        var json = JSONBytes()
        json.object { json in
            func member(_ name: String, _ value: String) {
                json.key(name)
                json.string(value)
            }
            member("time", UTCTime(now()).text)
            member("level", event.level.rawValue)
            member("logger", label)
            member("message", "\(event.message)")
            if let trace = TraceReference.current {
                member("trace_id", trace.traceID)
                member("span_id", trace.spanID)
            }
            if let error = event.error {
                member("error", "\(error)")
                member("error_type", String(reflecting: type(of: error)))
            }
            if !all.isEmpty {
                json.key("metadata")
                Self.write(all, to: &json)
            }
            member("source", event.source)
            member("file", event.file)
            member("function", event.function)
            json.key("line")
            json.number(event.line)
        }
        return json.bytes + [UInt8(ascii: "\n")]
    }

    private static func write(_ metadata: Logger.Metadata, to json: inout JSONBytes) {
        json.object { json in
            for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
                json.key(key)
                write(value, to: &json)
            }
        }
    }

    private static func write(_ value: Logger.Metadata.Value, to json: inout JSONBytes) {
        switch value {
        case .string(let text): json.string(text)
        case .stringConvertible(let value): json.string(value.description)
        case .array(let values): json.array { json in for value in values { write(value, to: &json) } }
        case .dictionary(let metadata): write(metadata, to: &json)
        }
    }
}

extension Logger.Level: LabelValue {}

extension TelemetrySystem {
    /// A handler that writes JSON lines and counts them here.
    ///
    /// - Parameters:
    ///   - label: The logger's label.
    ///   - metadataProvider: What adds metadata of the moment.
    ///   - write: Takes each line, with its line feed, from any thread; standard error by default, in one system call for
    ///     each line.
    public func logHandler(
        label: String,
        metadataProvider: Logger.MetadataProvider? = nil,
        write: @escaping @Sendable (_ line: [UInt8]) -> Void = { StandardError.write($0) }
    ) -> JSONLogHandler {
        JSONLogHandler(
            label: label,
            messages: logMessages,
            metadataProvider: metadataProvider,
            now: now,
            write: write
        )
    }
}
