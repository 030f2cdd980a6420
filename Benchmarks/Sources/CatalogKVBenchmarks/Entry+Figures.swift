import Foundation
import Glibc
import Harness

extension Entry {
    func opening(afterKill: Bool) -> Contender {
        let (version, settings) = description
        return Contender(S.name, version: version, settings: settings) { [self] in
            try await close()
            if afterKill { try Child.writeUntilKilled(S.name, plan: plan, path: path) }
            let start = Timing.onTheWall()
            try await open()
            let nanoseconds = Timing.onTheWall() - start
            try checkSample()
            return nanoseconds
        }
    }

    func diskAfterOverwriting() -> Contender {
        let (version, settings) = description
        return Contender(S.name, version: version, settings: settings) { [self] in
            let store = try store()
            try store.setSynced(false)
            let steps = (0..<plan.itemCount).map { Operation(kind: .put, item: UInt32(scattered($0))) }
            let driver = try Driver(store, steps: steps, plan: plan, isSynced: false)
            for _ in 0..<3 { try await driver.run(plan.itemCount) }
            try await store.settle()
            try checkSample()
            return try Double(Self.allocatedByteCount(at: path)) / Double(plan.liveByteCount)
        }
    }

    func memoryPerKey(isRead: Bool) -> Contender {
        let (version, settings) = description
        return Contender(S.name, version: version, settings: settings) { [self] in
            try await close()
            let memory = try Child.memory(S.name, plan: plan, path: path, isRead: isRead)
            try await open()
            guard !isRead || memory.valueByteCount > 0 else { throw WrongResult("no value came to stand in memory") }
            return (memory.byteCount - memory.valueByteCount) / Double(plan.itemCount) - Double(ItemKey.length)
        }
    }

    /// Each item once, in an order that knows no neighbours.
    private func scattered(_ index: Int) -> Int {
        let step = 611_953
        return Int((UInt64(index) * UInt64(step)) % UInt64(plan.itemCount))
    }

    /// What the store's files take on the disk: blocks, so that holes and room that was only reserved count as they are.
    static func allocatedByteCount(at path: String) throws -> Int {
        guard let files = FileManager.default.enumerator(atPath: path) else {
            throw WrongResult("\(path) cannot be listed")
        }
        var sum = 0
        for case let name as String in files {
            var status = stat()
            if lstat(path + "/" + name, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
                sum += Int(status.st_blocks) * 512
            }
        }
        return sum
    }
}
