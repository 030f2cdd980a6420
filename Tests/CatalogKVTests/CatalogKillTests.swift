import CatalogKV
import Testing
import VitrineTestSupport

@Suite("After kill -9, a catalog")
struct CatalogKillTests {
    @Test("has every acknowledged batch of 16 writers, and each batch whole")
    func killedWriters() async throws {
        let seed = TestEnvironment.seed(UInt64.random(in: 0...UInt64.max))
        var generator = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        var acknowledged: [Int: Int] = [:]
        for run in 0..<TestEnvironment.count(5, soak: 500) {
            var child = try ChildProcess("CatalogCrashWriter", arguments: [directory.path])
            #expect(child.line() == "ready", "seed \(seed), run \(run)")
            for _ in 0..<Int.random(in: 1...300, using: &generator) { note(child.line(), in: &acknowledged) }
            child.kill()
            // What it said before it died counts too.
            while let line = child.line() { note(line, in: &acknowledged) }
            try await check(directory.path, &acknowledged, "seed \(seed), run \(run)")
        }
        #expect(acknowledged.count == 16)
    }

    private func note(_ line: String?, in acknowledged: inout [Int: Int]) {
        let words = (line ?? "").split(separator: " ").compactMap { Int($0) }
        if words.count == 2 { acknowledged[words[0]] = words[1] }
    }

    private func check(_ path: String, _ acknowledged: inout [Int: Int], _ context: String) async throws {
        let catalog = try await Catalog.open(at: path)
        let left = try catalog.range(of: "left")
        let right = try catalog.range(of: "right")
        #expect(left.map(\.key.sort) == right.map(\.key.sort), "\(context)")
        #expect(left.map(\.value) == right.map(\.value), "\(context): half of a batch")
        for (task, number) in acknowledged {
            let value = try catalog.value(for: Key(partition: "left", sort: "\(task)")) ?? []
            let found = Int(String(decoding: value, as: UTF8.self)) ?? -1
            // A task writes one batch at a time, so at most one more than was acknowledged.
            #expect((number...number + 1).contains(found), "\(context): task \(task) has \(found), not \(number)")
            // The next child goes on from here, and may be killed before it says a word of this task.
            acknowledged[task] = found
        }
        try await catalog.close()
    }
}
