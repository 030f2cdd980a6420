import CatalogKV
import VitrineTestSupport

/// Random writes without conditions on a catalog whose disk fails, and what must hold of what it leaves.
///
/// After an error the trial goes on as far as the catalog lets it, so nobody knows whether a write that failed is there;
/// each puts a value of its own, by which it is told.
struct FaultTrial: Sendable {
    private enum Step: Sendable {
        case write([ModelWrite], Durability)
        case other(ModelStep)
    }

    private let steps: [Step]

    init(seed: UInt64, stepCount: Int) {
        var maker = StepMaker(seed: seed)
        steps = (0..<stepCount).map { number in
            switch maker.pick(12) {
            case 0: .other(.compact)
            case 1: .other(.checkpoint)
            case 2: .other(.reopen)
            case 3: .other(.flush)
            default:
                .write(
                    FaultTrial.writes(number, &maker),
                    maker.pick(3) == 0 ? .buffered : .synced
                )
            }
        }
    }

    /// One to three writes of different items.
    private static func writes(_ number: Int, _ maker: inout StepMaker) -> [ModelWrite] {
        var names: Set<ItemName> = []
        return (0..<1 + maker.pick(3)).compactMap { _ in
            let name = ItemName(table: maker.pick(2), partition: maker.pick(3), sort: maker.pick(3))
            guard names.insert(name).inserted else { return nil }
            if maker.pick(5) == 0 { return .delete(name) }
            let tail = maker.generator.bytes(maker.pick(500))
            return .put(name, Array("\(number) ".utf8) + tail, lifetime: nil)
        }
    }

    /// Does all steps, whatever fails.
    func perform(on disk: SimulatedFileSystem, _ record: SweepRecord<Int>) async throws {
        var catalog: CatalogUnderTest? = try await CatalogUnderTest.open(disk)
        for (number, step) in steps.enumerated() {
            record.attempt(number)
            do {
                switch step {
                case .write(let writes, let durability):
                    guard let open = catalog else { continue }
                    let answer = try await open.perform(.transact(writes, [], token: nil, durability))
                    try hold(answer == .done, "a write without a condition was refused")
                case .other(.reopen):
                    try await catalog?.close()
                    catalog = nil
                    catalog = try await CatalogUnderTest.open(disk)
                case .other(let step): _ = try await catalog?.perform(step)
                }
                if catalog != nil { record.acknowledge(number) }
            } catch let violation as SweepViolation {
                throw violation
            } catch {
                // A typed error, or the store hides what went wrong.
                try hold(error is CatalogError, "\(error) is no CatalogError")
            }
        }
        try? await catalog?.close()
    }

    /// Opens what is left and holds it against what was promised.
    func check(_ disk: SimulatedFileSystem, _ record: SweepRecord<Int>) async throws {
        let catalog = try await CatalogUnderTest.open(disk)
        let found = try await catalog.items()
        let histories = histories(record)
        for (name, history) in histories {
            let value = found[name]?.value
            let firstPossible = history.lastIndex(where: \.isCertain)
            let possible = history[(firstPossible ?? 0)...]
            let isPossible = possible.contains { $0.value == value } || firstPossible == nil && value == nil
            try hold(isPossible, "\(name) is \(found[name].map { "\($0)" } ?? "gone")")
        }
        for name in found.keys { try hold(histories[name] != nil, "\(name), which nobody wrote") }
        try checkWholeness(found, histories)
        let version = try await catalog.putProbe()
        try hold(try catalog.bytes.entry(ItemName.probe.key)?.version == version, "the probe is not there")
        try await catalog.close()
    }

    private struct Written {
        let step: Int
        let value: [UInt8]?
        var isAcknowledged: Bool
        var isCertain: Bool
    }

    /// What was written under each name, in order, and what of it cannot have been lost.
    private func histories(_ record: SweepRecord<Int>) -> [ItemName: [Written]] {
        let acknowledged = Set(record.acknowledged)
        var histories: [ItemName: [Written]] = [:]
        for number in record.attempted {
            let isDone = acknowledged.contains(number)
            var isBarrier = false
            switch steps[number] {
            case .write(let writes, let durability):
                isBarrier = durability == .synced
                for write in writes {
                    var value: [UInt8]?
                    if case .put(_, let bytes, _, _) = write { value = bytes }
                    let written = Written(step: number, value: value, isAcknowledged: isDone, isCertain: false)
                    histories[write.name, default: []].append(written)
                }
            case .other(let step): isBarrier = step.isBarrier
            }
            if isDone, isBarrier {
                for (name, history) in histories {
                    histories[name] = history.map { written in
                        var written = written
                        written.isCertain = written.isAcknowledged
                        return written
                    }
                }
            }
        }
        return histories
    }

    /// Holds that of no transaction one write is there and another is not, unless a later one took its place.
    private func checkWholeness(_ found: [ItemName: ModelItem], _ histories: [ItemName: [Written]]) throws {
        /// The step that wrote what is found.
        func origin(_ name: ItemName) -> Int? {
            guard let value = found[name]?.value else { return nil }
            return histories[name]?.first { $0.value == value }?.step
        }
        for (number, step) in steps.enumerated() {
            guard case .write(let writes, _) = step else { continue }
            let isThere = writes.contains { origin($0.name) == number }
            guard isThere else { continue }
            for write in writes {
                guard case .put(let name, _, _, _) = write else { continue }
                let later = histories[name]?.contains { $0.step > number } ?? false
                let place = origin(name)
                try hold(place.map { $0 >= number } ?? later, "half of step \(number) is there, without \(name)")
            }
        }
    }
}
