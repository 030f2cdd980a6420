import Foundation
import Logging
import Synchronization
import Telemetry
import Testing
import VitrineSync

private struct Mishap: Error, CustomStringConvertible {
    let description = "it \"broke\""
}

@Suite("JSON log lines")
struct LogTests {
    private let system: TelemetrySystem
    private let written = Written()

    private final class Written: Sendable {
        let bytes = Locked<[UInt8]>([])
        var lines: [[String: Any]] {
            get throws {
                let all = bytes.withLock { $0 }
                #expect(all.isEmpty || all.last == UInt8(ascii: "\n"))
                return try all.split(separator: UInt8(ascii: "\n")).map {
                    try #require(try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any])
                }
            }
        }
    }

    init() {
        let time = ManualTime(seconds: 1_709_210_096)  // 2024-02-29, a leap day.
        system = TelemetrySystem(configuration: TelemetryConfiguration(), now: { time.now + .microseconds(42) })
    }

    private func logger(_ label: String) -> Logger {
        let written = written
        return Logger(label: label) { label in
            system.logHandler(label: label) { line in written.bytes.withLock { $0 += line } }
        }
    }

    @Test("a message is one line with time, level, logger, message, source and place")
    func line() throws {
        logger("shop").warning("5 left of \"shoe\"\n", file: "Shop/Stock.swift", function: "take()", line: 7)
        let line = try #require(try written.lines.first)
        #expect(line["time"] as? String == "2024-02-29T12:34:56.000042Z")
        #expect(line["level"] as? String == "warning" && line["logger"] as? String == "shop")
        #expect(line["message"] as? String == "5 left of \"shoe\"\n")
        #expect(line["file"] as? String == "Shop/Stock.swift" && line["function"] as? String == "take()")
        #expect(line["line"] as? Int == 7 && line["metadata"] == nil && line["trace_id"] == nil)
        #expect(line["source"] as? String == "Shop")
    }

    @Test("both ways of bootstrapping take the handler, one of them with what adds metadata of the moment")
    func bootstrapping() throws {
        // As the documentation has it; a process can only do it once, and this one's belongs to all tests.
        typealias Provided = @Sendable (String, Logger.MetadataProvider?) -> any LogHandler
        let plain: (@escaping @Sendable (String) -> any LogHandler) -> Void = { LoggingSystem.bootstrap($0) }
        let provided: (@escaping Provided, Logger.MetadataProvider?) -> Void = {
            LoggingSystem.bootstrap($0, metadataProvider: $1)
        }
        _ = (plain, provided)
        let written = written
        let system = system
        let make: Provided = { label, provider in
            system.logHandler(label: label, metadataProvider: provider) { line in
                written.bytes.withLock { $0 += line }
            }
        }
        let provider = Logger.MetadataProvider { ["request": "7"] }
        Logger(label: "shop", factory: { make($0, provider) }).info("m")
        let line = try #require(try written.lines.first)
        #expect((line["metadata"] as? [String: Any])?["request"] as? String == "7")
    }

    @Test("metadata is nested as it is, the nearest wins, and errors are told")
    func metadata() throws {
        var logger = logger("shop")
        logger[metadataKey: "request"] = "1"
        logger[metadataKey: "user"] = "me"
        logger.info("m", metadata: ["request": "2", "list": ["a", ["b": .stringConvertible(3)]]])
        logger.error("n", error: Mishap())
        let lines = try written.lines
        let metadata = try #require(lines[0]["metadata"] as? [String: Any])
        #expect(metadata["request"] as? String == "2" && metadata["user"] as? String == "me")
        let list = try #require(metadata["list"] as? [Any])
        #expect(list[0] as? String == "a" && (list[1] as? [String: String])?["b"] == "3")
        #expect(lines[1]["error"] as? String == "it \"broke\"")
        #expect((lines[1]["error_type"] as? String)?.hasSuffix("Mishap") == true)
    }

    @Test("messages are counted by level and logger; what the level leaves out is neither written nor counted")
    func counting() throws {
        var quiet = logger("quiet")
        quiet.logLevel = .error
        let loud = logger("loud")
        for _ in 0..<3 {
            quiet.info("no")
            quiet.error("yes")
            loud.info("yes")
            loud.debug("no")
        }
        let snapshot = system.registry.snapshot()
        func count(_ level: String, _ logger: String) -> SeriesSnapshot.Value? {
            snapshot.value(of: "log_messages_total", labels: [("level", level), ("logger", logger)])
        }
        #expect(count("error", "quiet") == .counter(3) && count("info", "loud") == .counter(3))
        #expect(count("info", "quiet") == nil && count("debug", "loud") == nil)
        #expect(try written.lines.count == 6)
    }

    @Test("the name of the counts belongs to the handler")
    func name() {
        let error = #expect(throws: TelemetryError.self) { try system.registry.gauge("log_messages_total") }
        #expect(error?.code == .typeConflict)
    }

    @Test("metadata of the moment comes from the provider")
    func provider() throws {
        let written = written
        let logger = Logger(label: "p") { label in
            system.logHandler(label: label, metadataProvider: .init { ["at": "now"] }) { line in
                written.bytes.withLock { $0 += line }
            }
        }
        logger.notice("x")
        #expect((try written.lines.first?["metadata"] as? [String: String]) == ["at": "now"])
    }
}
