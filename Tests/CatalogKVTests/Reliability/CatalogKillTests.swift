import CatalogKV
import Testing
import VitrineTestSupport

@Suite("After kill -9, a catalog")
struct CatalogKillTests {
    @Test("has every acknowledged transaction of 16 writers, each whole, whatever compaction was at")
    func killedWriters() async throws {
        let seed = TestEnvironment.seed(UInt64.random(in: 0...UInt64.max))
        var generator = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        var acknowledged: [Int: Int] = [:]
        for run in 0..<TestEnvironment.count(25, soak: 500, brief: 3) {
            let context = "seed \(seed), run \(run)"
            var child = try ChildProcess("CatalogCrashWriter", arguments: [directory.path])
            #expect(child.line() == "ready", "\(context)")
            for _ in 0..<Int.random(in: 1...250, using: &generator) { note(child.line(), in: &acknowledged) }
            child.kill()
            // What it said before it died counts too.
            while let line = child.line() { note(line, in: &acknowledged) }
            try await check(directory.path, &acknowledged, context)
        }
        #expect(acknowledged.count == 16)
    }

    private func note(_ line: String?, in acknowledged: inout [Int: Int]) {
        guard let line else { return }
        let words = line.split(separator: " ").compactMap { Int($0) }
        guard words.count == 2 else {
            Issue.record("the writer said: \(line)")
            return
        }
        acknowledged[words[0]] = words[1]
    }

    private func check(_ path: String, _ acknowledged: inout [Int: Int], _ context: String) async throws {
        let catalog = try await Catalog.open(at: path)
        let slots = try await catalog.bytesTable("slots")
        for task in 0..<16 {
            let counter = try slots.get(Key(partition: "counter", sort: "\(task)"))
            let found = counter.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
            let heard = acknowledged[task] ?? 0
            // A task does one transaction at a time, so at most one more than was acknowledged.
            #expect((heard...heard + 1).contains(found), "\(context): task \(task) is at \(found), not \(heard)")
            // The next child goes on from here, and may be killed before it says a word of this task.
            if found > 0 { acknowledged[task] = found }
            for side in ["left", "right"] {
                var values = [[UInt8]?](repeating: nil, count: SlotScript.slotCount)
                for try await entry in try slots.query("\(side) \(task)") {
                    values[Int(String(decoding: entry.key.sort, as: UTF8.self)) ?? 0] = entry.item
                }
                let expected = SlotScript.slots(after: found).map { $0.map(SlotScript.value) }
                #expect(values == expected, "\(context): \(side) of task \(task) after step \(found)")
            }
        }
        var total = 0
        let accounts = try await catalog.bytesTable("accounts")
        for try await entry in try accounts.scan() { total += Int(String(decoding: entry.item, as: UTF8.self)) ?? 0 }
        #expect(total == 6_000, "\(context): money was made or lost")
        try await catalog.close()
    }
}
