import CatalogKV
import VitrineIO
import VitrineSync
import VitrineTestSupport

extension CatalogFuzzing {
    /// Takes bytes as changes to the files of a small store, whose checksums are then put right or not: opening, reading,
    /// writing, verifying and repairing it end, with a result or with a typed error.
    ///
    /// The first byte says whether checksums are put right; then each five are one change: the file, the offset and the
    /// byte's new value, or with an odd fifth byte the length that the file is cut to.
    public static func store(_ bytes: [UInt8]) {
        let done = Semaphore()
        Task {
            await damagedStore(bytes)
            done.signal()
        }
        done.wait()
    }

    private static func damagedStore(_ bytes: [UInt8]) async {
        guard let whole = await SmallStore.shared.value else { return hold(false, "the small store was not made") }
        let disk = whole.disk.restarted(after: .kept)
        guard let first = bytes.first else { return }
        var changes = bytes.dropFirst()
        while changes.count >= 5, let file = changes.first {
            let change = Array(changes.prefix(5))
            changes = changes.dropFirst(5)
            let path = whole.paths[Int(file) % whole.paths.count]
            guard var contents = disk.contents(ofFile: path), !contents.isEmpty else { continue }
            let offset = (Int(change[1]) << 8 | Int(change[2])) % contents.count
            if change[4] & 1 == 1 {
                contents.removeLast(contents.count - offset)
            } else {
                contents[offset] = change[3]
            }
            if first & 1 == 1 { putRight(&contents, path) }
            do {
                try disk.install(contents, at: path)
            } catch {
                hold(false, "the simulated disk took no file")
            }
        }
        await whole.examine(disk)
    }

    /// Puts the checksums of a file right, as far as its lengths lead to them.
    private static func putRight(_ bytes: inout [UInt8], _ path: String) {
        if path.hasSuffix("manifest") {
            guard bytes.count > 8 else { return }
            let checksum = CRC32C.checksum(of: bytes.span.extracting(0..<bytes.count - 4))
            bytes.replaceUInt32(at: bytes.count - 4, with: checksum)
        } else if path.hasSuffix(".log"), bytes.count >= SegmentHeader.byteCount {
            let checksum = CRC32C.checksum(of: bytes.span.extracting(0..<44))
            bytes.replaceUInt32(at: 44, with: checksum)
            guard let number = path.split(separator: "/").last.map(String.init).flatMap(SegmentHeader.number(ofFile:))
            else { return }
            putRecordsRight(&bytes, SegmentHeader.checksumSeed(storeID: SmallStore.storeID, number: number))
        }
    }

    private static func putRecordsRight(_ bytes: inout [UInt8], _ seed: CRC32C) {
        var start = SegmentHeader.byteCount
        while start + RecordHeader.byteCount <= bytes.count, bytes[start + 14] != 0 {
            let body = Int(bytes[start]) | Int(bytes[start + 1]) << 8 | Int(bytes[start + 2]) << 16
            let end = start + RecordHeader.byteCount + body
            guard end <= bytes.count else { return }
            var cursor = start + RecordHeader.byteCount
            while cursor < end, let count = frameByteCount(bytes, cursor..<end) {
                let checksum = CRC32C.checksum(of: bytes.span.extracting(cursor + 4..<cursor + count))
                bytes.replaceUInt32(at: cursor, with: checksum)
                cursor += count
            }
            var checksum = seed
            var place: [UInt8] = []
            place.appendLittleEndian(UInt64(start))
            checksum.update(place.span)
            checksum.update(bytes.span.extracting(start..<start + 24))
            bytes.replaceUInt32(at: start + 24, with: checksum.value)
            start = end
        }
    }
}

/// A store with something in each of the catalog's own tables, made once.
private struct SmallStore: Sendable {
    static let storeID: UInt64 = 0xF0_22
    static let shared = Task { try? await SmallStore() }

    let disk: SimulatedFileSystem
    let paths: [String]
    let token: SessionToken

    init() async throws {
        let disk = SimulatedFileSystem()
        let catalog = try await SmallStore.open(disk)
        let table = try await catalog.bytesTable("t")
        for number in 0..<6 {
            try await table.put([UInt8](repeating: 1, count: 40), for: Key(partition: "p", sort: "\(number)"))
        }
        let documents = try await catalog.table("d", options: TableOptions(expiryAttribute: "until"))
        try await documents.put(try Document(["until": .int(2_000_000_000)]), for: Key(partition: "d"))
        _ = try await catalog.consumer(named: "c", startingAfter: 0)
        token = try await SessionStore(catalog: catalog).create(user: "ada").token
        _ = try await catalog.transact([table.putting([2], for: Key(partition: "q"))], token: "once")
        for number in 0..<3 {
            try await table.put([UInt8](repeating: 2, count: 1_200), for: Key(partition: "p", sort: "\(number)"))
        }
        try await table.delete(Key(partition: "p", sort: "5"))
        try await catalog.compact()
        try await catalog.close()
        var paths = ["/store/manifest"]
        for name in try disk.list("/store/journal").sorted() { paths.append("/store/journal/" + name) }
        for name in try disk.list("/store") where name.hasPrefix("checkpoint") { paths.append("/store/" + name) }
        self.paths = paths
        self.disk = disk
    }

    private static func open(_ disk: SimulatedFileSystem, at path: String = "/store") async throws -> Catalog {
        var configuration = CatalogConfiguration(
            segmentByteCountMax: 4_096,
            indexPartitionCount: 4,
            residentValueByteCountMax: 200,
            checkpointIntervalByteCount: 1_000,
            changeRetention: ChangeRetention()
        )
        configuration.now = ManualClock(sinceEpoch: .seconds(1_800_000_000)).now
        return try await Catalog.open(at: path, configuration: configuration, disk: disk, freshStoreID: storeID)
    }

    /// Does with a damaged store what can be done with one.
    func examine(_ damaged: SimulatedFileSystem) async {
        await refusal { _ = try await Catalog.verify(at: "/store", disk: damaged) }
        await refusal {
            _ = try await Catalog.repair(
                at: "/store",
                into: "/repaired",
                segmentByteCountMax: 4_096,
                disk: damaged,
                freshStoreID: 1
            )
            let repaired = try await SmallStore.open(damaged, at: "/repaired")
            let isIntact = try await repaired.verify().isIntact
            CatalogFuzzing.hold(isIntact, "a repaired store is damaged")
            await use(repaired)
            try await repaired.close()
        }
        await refusal {
            let catalog = try await SmallStore.open(damaged)
            await use(catalog)
            try await catalog.close()
        }
    }

    private func use(_ catalog: Catalog) async {
        await refusal {
            let table = try await catalog.bytesTable("t")
            for number in 0..<6 { await refusal { _ = try table.get(Key(partition: "p", sort: "\(number)")) } }
            await refusal { for try await _ in try table.scan() {} }
            try await table.put([3], for: Key(partition: "new"))
            _ = try await catalog.transact([table.putting([2], for: Key(partition: "q"))], token: "once")
        }
        await refusal { for try await _ in try await catalog.table("d").scan() {} }
        await refusal { _ = try catalog.tables() }
        await refusal {
            let sessions = SessionStore(catalog: catalog)
            _ = try sessions.resolve(token)
            _ = try await sessions.touch(token)
        }
        await refusal { _ = try await catalog.consumer(named: "c").position() }
        await refusal {
            let last = try await catalog.bytesTable("end").put([1], for: Key(partition: "end")).version
            for try await set in try catalog.changes(after: 0) where set.lastSequence >= last { break }
        }
        await refusal { try await catalog.sweepExpired() }
        await refusal { try await catalog.compact() }
    }

    /// Runs `body`, which may throw only what the module throws.
    private func refusal(_ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            CatalogFuzzing.hold(error is CatalogError, "another error: \(error)")
        }
    }
}
