internal import CAffinity
internal import Foundation

/// Where and of what a figure was taken.
struct Machine: Encodable {
    let processor: String
    let processorCount: Int
    let kernel: String
    let memoryBytes: UInt64
    let commit: String
    let date: String

    init() {
        let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = info.split(separator: "\n").first { $0.hasPrefix("model name") }
        processor =
            model.flatMap { $0.split(separator: ":").last }.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
        processorCount = Int(benchmarks_processor_count())
        kernel = ProcessInfo.processInfo.operatingSystemVersionString
        memoryBytes = ProcessInfo.processInfo.physicalMemory
        // scripts/bench sets it, with "+" where the tree had changes.
        commit = ProcessInfo.processInfo.environment["VITRINE_COMMIT"] ?? "unknown"
        date = Date().ISO8601Format()
    }
}
