import CatalogKV
import Testing
import VitrineTestSupport

@Suite("The index")
struct IndexTests {
    private func key(_ number: Int) -> [UInt8] {
        IndexModel.key(Array("product-\(number % 97)".utf8), Array("item-\(number)".utf8))
    }

    private func version(_ sequence: Int, isDeleted: Bool = false) -> ItemVersion {
        let location = Location(segment: 1, offset: UInt32(sequence), byteCount: 64)
        return ItemVersion(sequence: UInt64(sequence), location: location, isDeleted: isDeleted)
    }

    private func newest(_ number: Int, in index: VersionedIndex) -> ItemVersion? {
        index.newest(key(number).span)
    }

    private func relocate(_ number: Int, in index: VersionedIndex, to place: Location) -> Bool {
        index.relocate(key(number).span, sequence: 1, to: place)
    }

    @Test("shows a version only once it is published, and the writer at once")
    func publishing() {
        let index = VersionedIndex(partitionCount: 8)
        index.apply(key(1).span, version(1))
        #expect(index.version(of: key(1)) == nil)
        #expect(newest(1, in: index) == version(1))
        index.publish(1)
        #expect(index.version(of: key(1)) == version(1))
        index.apply(key(1).span, version(2))
        #expect(index.version(of: key(1)) == version(1))
        index.apply(key(1).span, version(3, isDeleted: true))
        index.publish(2)
        #expect(index.version(of: key(1)) == version(2))
        index.publish(3)
        #expect(index.version(of: key(1)) == nil)
        #expect(newest(1, in: index) == version(3, isDeleted: true))
    }

    @Test("gives back the memory of old versions and of deleted keys, and uses it again")
    func memoryComesBack() {
        let index = VersionedIndex(partitionCount: 16)
        let count = 4_000
        var sequence = 0
        var touched = 0
        for round in 0..<4 {
            for isDeleted in [false, false, true] {
                for number in 0..<count {
                    sequence += 1
                    index.apply(key(number).span, version(sequence, isDeleted: isDeleted))
                    index.publish(UInt64(sequence))
                }
            }
            index.reclaim()
            let usage = index.usage
            #expect(usage.keyCount == 0)
            #expect(usage.entryByteCount == 0)
            #expect(usage.nodeByteCount == 4 * 16)
            if round == 0 { touched = usage.freeByteCount }
            #expect(usage.freeByteCount <= touched + touched / 20, "round \(round)")
        }
    }

    @Test("a snapshot keeps what it can see, and no longer than it lives")
    func snapshotsHold() {
        let index = VersionedIndex(partitionCount: 4)
        for number in 1...1_000 { index.apply(key(number).span, version(number)) }
        index.publish(1_000)
        let snapshot = index.snapshot()
        #expect(snapshot.sequence == 1_000)
        for round in 1...3 {
            for number in 1...1_000 {
                index.apply(key(number).span, version(1_000 * round + number, isDeleted: round == 3))
                index.publish(UInt64(1_000 * round + number))
            }
        }
        index.reclaim()
        #expect(index.announceOldest() == 1_000)
        for number in 1...1_000 {
            #expect(index.version(of: key(number), at: 1_000) == version(number))
            #expect(index.version(of: key(number)) == nil)
        }
        let held = index.usage.entryByteCount
        snapshot.release()
        #expect(index.announceOldest() == index.visible)
        index.reclaim()
        #expect(held > 0)
        #expect(index.usage.entryByteCount == 0)
    }

    @Test("thousands of snapshots at once all see their own time")
    func manySnapshots() {
        let index = VersionedIndex(partitionCount: 1)
        var snapshots: [IndexSnapshot] = []
        for sequence in 1...2_000 {
            index.apply(key(1).span, version(sequence))
            index.publish(UInt64(sequence))
            snapshots.append(index.snapshot())
        }
        for snapshot in snapshots {
            #expect(index.version(of: key(1), at: snapshot.sequence) == version(Int(snapshot.sequence)))
        }
        #expect(index.announceOldest() == 1)
    }

    @Test("walks over leaves that stand higher than others, where deletes have emptied the nodes around them")
    func unevenTree() {
        let index = VersionedIndex(partitionCount: 1)
        func key(_ number: Int) -> [UInt8] {
            IndexModel.key([1], [UInt8(number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255)])
        }
        // Enough for three inner nodes below the root.
        let count = 20_000
        for number in 0..<count { index.apply(key(number).span, version(number + 1)) }
        index.publish(UInt64(count))
        let kept = Set(Array(0..<100) + Array(9_000..<9_010) + Array(18_000..<count))
        var sequence = count
        for number in 0..<count where !kept.contains(number) {
            sequence += 1
            index.apply(key(number).span, version(sequence, isDeleted: true))
        }
        index.publish(UInt64(sequence))
        index.reclaim()
        let expected = kept.sorted().map { key($0) }
        for isReversed in [false, true] {
            let found = index.range([], [255], partition: 0, at: UInt64(sequence), reversed: isReversed)
            #expect(found.map(\.key) == (isReversed ? expected.reversed() : expected))
        }
        for number in 0..<count where number % 7 == 0 {
            #expect((index.version(of: key(number)) != nil) == kept.contains(number))
        }
    }

    @Test("moves the newest version in place, and refuses to move one that was replaced")
    func relocation() {
        let index = VersionedIndex(partitionCount: 2)
        index.apply(key(5).span, version(1))
        index.publish(1)
        for step in 1...5 {
            let place = Location(segment: UInt32(step) + 1, offset: 77, byteCount: UInt32(64 + 8 * step))
            #expect(relocate(5, in: index, to: place))
            #expect(index.version(of: key(5))?.location == place)
        }
        index.apply(key(5).span, version(2))
        let place = Location(segment: 9, offset: 1, byteCount: 1)
        #expect(!relocate(5, in: index, to: place))
        #expect(!relocate(6, in: index, to: place))
        #expect(newest(5, in: index) == version(2))
    }

    @Test("an action runs only after the readers of its time have left")
    func retiredActions() {
        let index = VersionedIndex(partitionCount: 1)
        let hasRun = Flag()
        index.pinned {
            index.retire { hasRun.isSet = true }
            index.reclaim()
            #expect(!hasRun.isSet)
            // Readers inside readers.
            index.pinned { index.reclaim() }
            #expect(!hasRun.isSet)
        }
        index.reclaim()
        #expect(hasRun.isSet)
    }

    private final class Flag {
        var isSet = false
    }

    @Test("loaded in bulk is the index that single writes make", arguments: [0, 1, 59, 61, 7_200, 7_201, 15_000])
    func bulkLoad(_ count: Int) {
        let index = VersionedIndex(partitionCount: 2)
        var keys: [[[UInt8]]] = [[], []]
        for number in 0..<count { keys[index.partition(of: key(number).span)].append(key(number)) }
        var sequence = 0
        var loader = BulkLoader(index)
        for partition in 0..<2 {
            keys[partition].sort { $0.lexicographicallyPrecedes($1) }
            loader.begin(partition)
            for key in keys[partition] {
                sequence += 1
                let isAdded = loader.append(key.span, version(sequence))
                #expect(isAdded)
            }
            if let last = keys[partition].last {
                let isAdded = loader.append(last.span, version(sequence))
                #expect(!isAdded)
            }
            loader.end()
        }
        loader.finish()
        index.publish(UInt64(sequence))
        #expect(index.usage.keyCount == count)
        for partition in 0..<2 {
            let found = index.range([], [255], partition: partition, at: index.visible)
            #expect(found.map(\.key) == keys[partition])
        }
        for number in 0..<count {
            #expect(index.version(of: key(number)) != nil)
            sequence += 1
            index.apply(key(number).span, version(sequence, isDeleted: true))
            index.publish(UInt64(sequence))
        }
        index.reclaim()
        #expect(index.usage.keyCount == 0)
    }
}
