import OrderLedger
import Testing
import VitrineSync
import VitrineTestSupport

/// Keeps all segments that it gets, unless `check` throws.
final class Collector: ReplicationSink {
    private let kept = Locked<[WALSegment]>([])
    private let flushed = Locked(0)
    private let check: @Sendable (WALSegment) async throws -> Void
    var segments: [WALSegment] { kept.withLock { $0 } }
    /// Segments that were there at the last flush.
    var flushedCount: Int { flushed.withLock { $0 } }

    init(_ check: @escaping @Sendable (WALSegment) async throws -> Void = { _ in }) {
        self.check = check
    }

    func receive(_ segment: WALSegment) async throws {
        try await check(segment)
        kept.withLock { $0.append(segment) }
    }

    func flush() async throws {
        let count = segments.count
        flushed.withLock { $0 = count }
    }
}

/// Holds segments back until it is told to let them pass.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }
    private let state = Locked(State())

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            let waiting = state.waiting
            state.waiting = []
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// Limits of a ledger that waits for its copies for as long as a busy machine may take.
var patient: LedgerConfiguration {
    var configuration = LedgerConfiguration()
    configuration.replication.acknowledgementTimeout = .seconds(600)
    return configuration
}

/// A sink with the task that hands it its segments.
struct Attached: Sendable {
    let link: ReplicationLink
    let task: Task<Void, any Error>

    init(
        _ sink: any ReplicationSink,
        to ledger: Ledger,
        _ mode: ReplicationMode,
        as name: String = "sink",
        after version: LedgerVersion? = nil
    ) async throws {
        let link = try await ledger.attach(sink, as: name, mode: mode, after: version)
        self.link = link
        task = Task { try await link.run() }
    }

    /// Waits for the link's end.
    func end() async throws {
        try await task.value
    }
}

/// Follows a ledger from a snapshot, in memory: the simplest replica there can be.
struct Follower {
    var image: [UInt8]
    var version: LedgerVersion

    /// Applies the segments that the image does not contain yet.
    mutating func apply(_ segments: [WALSegment]) throws {
        for segment in segments where segment.after.position.transaction > version.position.transaction {
            try #require(segment.before == version)
            let size = segment.pageSize
            let pages = try segment.images { numbers in
                var bytes: [UInt8] = []
                for number in numbers {
                    let start = (Int(number) - 1) * size
                    bytes += start < image.count ? image[start..<start + size] : Array(repeating: 0, count: size)[...]
                }
                return WALPages(numbers: numbers, pageSize: size, bytes: bytes)
            }
            let end = segment.databasePages * size
            if image.count < end { image += Array(repeating: 0, count: end - image.count) }
            for (index, number) in pages.numbers.enumerated() {
                let start = (Int(number) - 1) * size
                image.replaceSubrange(start..<start + size, with: pages[index])
            }
            image.removeLast(image.count - end)
            version = segment.after
        }
    }
}
