import CatalogKV
import VitrineIO
import VitrineSync
import VitrineTestSupport

extension CatalogFuzzing {
    /// Takes bytes as a cursor, as a cursor's text, and as a cursor whose checksum is right: it is refused with a typed
    /// error, or writes the same bytes again.
    ///
    /// As the end of a cursor of a query's own it leads to the end of what the query finds, or
    /// is refused.
    public static func cursor(_ bytes: [UInt8]) {
        check(bytes)
        var checked = bytes
        if checked.count > 5 {
            let checksum = CRC32C.checksum(of: checked.span.extracting(5..<checked.count))
            checked.replaceUInt32(at: 1, with: checksum)
            check(checked)
        }
        goOn(bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        do {
            hold(try QueryCursor(text: text).text == text, "one cursor has two texts")
        } catch {
            hold((error as? CatalogError)?.code == .invalidCursor, "another error: \(error)")
        }
    }

    /// Goes on with a query from where the bytes say: tree and key are the fuzzer's, the rest is the query's own.
    private static func goOn(_ bytes: [UInt8]) {
        guard let way = bytes.first, let place = CursorTable.shared else { return }
        let query = place.queries[Int(way) % place.queries.count]
        refusal {
            var forged = Array(query.cursor.bytes.prefix(13) + bytes.dropFirst())
            guard forged.count > 17 else { return }
            forged.replaceUInt32(at: 1, with: CRC32C.checksum(of: forged.span.extracting(5..<forged.count)))
            let cursor = try QueryCursor(bytes: forged.span)
            let rest = try query.run(nil, cursor)
            hold(query.all.suffix(rest.entries.count) == rest.entries.map(\.key), "a cursor leads to other items")
            hold(rest.cursor == nil, "a query without a limit is not at its end")
            let part = try query.run(2, cursor)
            hold(part.entries.map(\.key) == rest.entries.prefix(2).map(\.key), "a limit changes what comes first")
            hold((part.cursor == nil) == (rest.entries.count <= 2), "a page's cursor and its items disagree")
        }
    }

    private static func check(_ bytes: [UInt8]) {
        do {
            let cursor = try QueryCursor(bytes: bytes.span)
            hold(cursor.bytes == bytes, "one cursor has two encodings")
            hold(try QueryCursor(text: cursor.text) == cursor, "a cursor's text is another cursor")
        } catch {
            hold((error as? CatalogError)?.code == .invalidCursor, "another error: \(error)")
        }
    }
}

/// A table of a few items and the ways to ask for them, made once.
private struct CursorTable: Sendable {
    struct Query: Sendable {
        let run: @Sendable (_ limit: Int?, _ cursor: QueryCursor?) throws -> Page<[UInt8]>
        /// What it finds, in its order.
        let all: [Key]
        /// One of its own.
        let cursor: QueryCursor

        init?(_ run: @escaping @Sendable (_ limit: Int?, _ cursor: QueryCursor?) throws -> Page<[UInt8]>) throws {
            guard let cursor = try run(1, nil).cursor else { return nil }
            self.run = run
            self.cursor = cursor
            all = try run(nil, nil).entries.map(\.key)
        }
    }

    static let shared: CursorTable? = {
        let made = Locked<CursorTable?>(nil)
        let done = Semaphore()
        Task {
            let table = try? await CursorTable()
            made.withLock { $0 = table }
            done.signal()
        }
        done.wait()
        let table = made.withLock { $0 }
        CatalogFuzzing.hold(table != nil, "the table to go on in was not made")
        return table
    }()

    let catalog: Catalog
    let queries: [Query]

    init() async throws {
        let configuration = CatalogConfiguration(segmentByteCountMax: 1 << 16, indexPartitionCount: 4)
        catalog = try await Catalog.open(
            at: "/store",
            configuration: configuration,
            disk: SimulatedFileSystem(),
            freshStoreID: 1
        )
        let table = try await catalog.bytesTable("t")
        for partition in ["p", "q", "pq"] {
            for sort in ["", "a", "a\0", "ab", "b", "\u{7F}"] {
                try await table.put(Array(sort.utf8), for: Key(partition: partition, sort: sort))
            }
        }
        queries = try [
            Query { try table.query("p", limit: $0, after: $1).page() },
            Query { try table.query("p", order: .descending, limit: $0, after: $1).page() },
            Query { try table.query("p", .prefix("a"), limit: $0, after: $1).page() },
            Query { try table.query("p", .from("a"), order: .descending, limit: $0, after: $1).page() },
            Query { try table.scan(limit: $0, after: $1).page() },
            Query { try table.scan(segment: 1, of: 2, limit: $0, after: $1).page() },
        ].compactMap { $0 }
    }
}
