import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Random operations on the index")
struct IndexModelTests {
    @Test("leave what they leave in a dictionary of versions", arguments: [1, 2, 3, 4] as [UInt64])
    func randomOperations(_ usual: UInt64) {
        let seed = TestEnvironment.seed(usual)
        var generator = SeededGenerator(seed: seed)
        var model = IndexModel(partitionCount: 1 << Int.random(in: 0..<4, using: &generator))
        var snapshots: [IndexSnapshot] = []
        for step in 0..<TestEnvironment.count(6_000, soak: 1_000_000) {
            var key = IndexModel.randomKey(partitions: 12, using: &generator)
            if Int.random(in: 0..<3, using: &generator) == 0, let old = model.keys.first { key = old }
            let isDeleted = Int.random(in: 0..<10, using: &generator) < 3
            let expiry = Int.random(in: 0..<4, using: &generator) == 0 ? Int64(step) : ItemVersion.never
            let isAsExpected = model.write(key, isDeleted: isDeleted, expiry: expiry)
            #expect(isAsExpected, "seed \(seed), step \(step)")
            if Int.random(in: 0..<4, using: &generator) > 0 { model.index.publish(model.sequence) }
            switch Int.random(in: 0..<200, using: &generator) {
            case 0: snapshots.append(model.index.snapshot())
            case 1: if !snapshots.isEmpty { snapshots.removeFirst() }
            case 2: model.index.reclaim()
            default: break
            }
            if step % 1_500 == 1_499 { check(model, snapshots, &generator, "seed \(seed), step \(step)") }
        }
    }

    private func check(
        _ model: IndexModel,
        _ snapshots: [IndexSnapshot],
        _ generator: inout SeededGenerator,
        _ place: Comment
    ) {
        let index = model.index
        for key in model.keys {
            #expect(index.version(of: key) == model.version(of: key, at: index.visible), place)
            for snapshot in snapshots {
                let expected = model.version(of: key, at: snapshot.sequence)
                #expect(index.version(of: key, at: snapshot.sequence) == expected, place)
            }
        }
        let present = index.snapshot()
        for snapshot in snapshots + [present] {
            let partition = Int.random(in: 0..<index.partitionCount, using: &generator)
            let bounds = [
                IndexModel.randomKey(partitions: 12, using: &generator),
                IndexModel.randomKey(partitions: 12, using: &generator),
            ].sorted { $0.lexicographicallyPrecedes($1) }
            for (lower, upper) in [(bounds[0], bounds[1]), ([], [255])] {
                let expected = model.range(lower, upper, partition: partition, at: snapshot.sequence)
                let forwards = index.range(lower, upper, partition: partition, at: snapshot.sequence)
                #expect(forwards == expected, place)
                let backwards = index.range(
                    lower,
                    upper,
                    partition: partition,
                    at: snapshot.sequence,
                    reversed: true
                )
                #expect(backwards == expected.reversed(), place)
            }
        }
    }

    @Test("in rising, falling and random order of many keys leave them in order", arguments: [0, 1, 2])
    func manyKeys(_ order: Int) {
        var generator = SeededGenerator(seed: TestEnvironment.seed(9))
        let index = VersionedIndex(partitionCount: 1)
        let count = 12_000
        var numbers = Array(0..<count)
        if order == 1 { numbers.reverse() }
        if order == 2 { numbers.shuffle(using: &generator) }
        for (step, number) in numbers.enumerated() {
            let location = Location(segment: 1, offset: UInt32(number), byteCount: 9)
            let version = ItemVersion(sequence: UInt64(step + 1), location: location)
            let replaced = index.apply(sortable(number).span, version)
            #expect(replaced == nil)
            index.publish(UInt64(step + 1))
        }
        let all = index.range([], [255], partition: 0, at: index.visible)
        #expect(all.map { Int($0.version.location.offset) } == Array(0..<count))
        for number in stride(from: 0, to: count - 50, by: 997) {
            let page = index.range(sortable(number), [255], partition: 0, at: index.visible, limit: 20)
            #expect(page.map { Int($0.version.location.offset) } == Array(number..<number + 20))
        }
        #expect(index.usage.keyCount == count)
    }

    private func sortable(_ number: Int) -> [UInt8] {
        let digits = Array(String(number).utf8)
        let sort = [UInt8](repeating: 48, count: 8 - digits.count) + digits
        return IndexModel.key(Array("customer".utf8), sort)
    }
}
