import ObjectVault
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Buckets, names and versions")
struct NamedObjectTests {
    /// A vault in memory with a bucket that keeps versions and one that does not.
    private func makeVault(_ disk: SimulatedFileSystem = SimulatedFileSystem()) async throws -> Vault {
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        try await vault.createBucket("models", options: BucketOptions(isVersioned: true))
        try await vault.createBucket("plain")
        return vault
    }

    @Test("what is put is there at once, with all that was said of it, and after a reopen")
    func keepsAttributes() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await makeVault(disk)
        let name = ObjectName("models", "chairs/Größe 🪑.glb")
        let options = PutOptions(
            contentType: "model/gltf-binary",
            metadata: ["artist": "Ana", "empty": ""],
            tags: ["season": "winter"]
        )
        let put = try await vault.put([1, 2, 3], as: name, options: options)
        #expect(try vault.stat(name) == put)
        #expect(put.contentType == "model/gltf-binary" && put.metadata["artist"] == "Ana" && put.tags == options.tags)
        try await vault.close()
        let again = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        #expect(try again.stat(name) == put)
        #expect(try again.read(name) == [1, 2, 3])
        #expect(try again.buckets().map(\.name) == ["models", "plain"])
        try await again.close()
    }

    @Test("a bucket with versions keeps what is replaced, and hides what is deleted behind a marker")
    func versions() async throws {
        let vault = try await makeVault()
        let name = ObjectName("models", "a")
        let first = try await vault.put([1], as: name)
        let second = try await vault.put([2], as: name)
        #expect(second.number > first.number)
        #expect(try vault.read(name) == [2])
        #expect(try vault.read(name, version: first.number) == [1])
        #expect(try await vault.delete(name))
        #expect(try await !vault.delete(name), "it is gone already")
        #expect(try vault.stat(name) == nil)
        #expect(try await code { try vault.read(name) } == .notFound)
        #expect(try vault.list("models").objects.isEmpty)
        let all = try vault.listVersions("models").objects
        #expect(all.map(\.isDeleteMarker) == [true, false, false])
        #expect(all.map(\.isCurrent) == [true, false, false])
        // Deleting the marker brings the object back.
        #expect(try await vault.delete(name, version: all[0].number))
        #expect(try vault.read(name) == [2])
        #expect(try await vault.delete(name, version: second.number))
        #expect(try vault.read(name) == [1])
        try await vault.collect(deadShareMin: 0)
        #expect(try vault.read(name) == [1])
        #expect(try await vault.verify().isIntact)
        try await vault.close()
    }

    @Test("a bucket without versions forgets what is replaced")
    func withoutVersions() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await makeVault(disk)
        let name = ObjectName("plain", "a")
        let first = try await vault.put([1], as: name)
        try await vault.put([2], as: name)
        #expect(try vault.listVersions("plain").objects.count == 1)
        #expect(try await code { try vault.read(name, version: first.number) } == .notFound)
        #expect(try await vault.delete(name))
        #expect(try vault.listVersions("plain").objects.isEmpty)
        try await vault.collect(deadShareMin: 0)
        #expect(try disk.packBytes(in: "/vault") == 0)
        try await vault.close()
    }

    @Test("conditions are held against the object that is there in the very transaction")
    func conditions() async throws {
        let vault = try await makeVault()
        let name = ObjectName("plain", "a")
        let absent = PutOptions(condition: .ifAbsent)
        let first = try await vault.put([1], as: name, options: absent)
        let etag = try #require(first.etag)
        #expect(try await code { try await vault.put([2], as: name, options: absent) } == .preconditionFailed)
        let other = try await vault.put([9])
        let wrong = PutOptions(condition: .ifMatch(other))
        #expect(try await code { try await vault.put([2], as: name, options: wrong) } == .preconditionFailed)
        let same = PutOptions(condition: .ifNoneMatch(etag))
        #expect(try await code { try await vault.put([2], as: name, options: same) } == .preconditionFailed)
        #expect(try vault.read(name) == [1])
        try await vault.put([2], as: name, options: PutOptions(condition: .ifMatch(etag)))
        #expect(try vault.read(name) == [2])
        #expect(try await code { try await vault.delete(name, condition: .ifMatch(etag)) } == .preconditionFailed)

        let now = try #require(try vault.stat(name))
        let current = try #require(now.etag)
        #expect(try await code { try vault.read(name, condition: ReadCondition(ifMatch: etag)) } == .preconditionFailed)
        #expect(try await code { try vault.read(name, condition: ReadCondition(ifNoneMatch: current)) } == .notModified)
        let since = ReadCondition(ifModifiedSince: now.modified)
        #expect(try await code { try vault.read(name, condition: since) } == .notModified)
        let earlier = ReadCondition(ifModifiedSince: now.modified - .milliseconds(1))
        #expect(try vault.read(name, condition: earlier) == [2])
        try await vault.close()
    }

    @Test("of many puts that ask for an absent object one wins")
    func conditionalRace() async throws {
        let vault = try await makeVault()
        let name = ObjectName("plain", "a")
        let winners = await withTaskGroup(of: Int.self) { group in
            for number in 0..<32 {
                group.addTask {
                    let put = try? await vault.put(
                        [UInt8(number)],
                        as: name,
                        options: PutOptions(condition: .ifAbsent)
                    )
                    return put == nil ? 0 : 1
                }
            }
            return await group.reduce(0, +)
        }
        #expect(winners == 1)
        try await vault.close()
    }

    @Test("a copy moves no bytes, and outlives the original")
    func copies() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await makeVault(disk)
        var random = SeededGenerator(seed: 1)
        let bytes = random.bytes(300_000)
        let original = ObjectName("models", "a")
        try await vault.put(bytes, as: original, options: PutOptions(contentType: "model/stl"))
        let before = try disk.packBytes(in: "/vault")
        let copy = try await vault.copy(original, to: ObjectName("plain", "b"))
        #expect(try disk.packBytes(in: "/vault") == before)
        #expect(copy.contentType == "model/stl")
        try await vault.delete(original)
        for version in try vault.listVersions("models").objects {
            try await vault.delete(original, version: version.number)
        }
        try await vault.collect(deadShareMin: 0)
        #expect(try vault.read(ObjectName("plain", "b")) == bytes)
        #expect(try await code { try await vault.copy(original, to: ObjectName("plain", "c")) } == .notFound)
        try await vault.close()
    }

    @Test(
        "listings go by byte order, with prefix, delimiter and cursor, whatever the page's size",
        arguments: [1, 2, 7, 1_000]
    )
    func lists(countMax: Int) async throws {
        let vault = try await makeVault()
        let keys = [
            "a", "a/b", "a/c", "a/c/d", "a\u{0}", "a0", "b/1", "b/2", "é", "z", "\u{FFFD}", "🪑/x", "🪑/y", "\u{10FFFF}",
        ]
        for key in keys.shuffled() { try await vault.put(Array(key.utf8), as: ObjectName("plain", key)) }
        let sorted = keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }

        func all(_ prefix: String, _ delimiter: String) throws -> (keys: [String], prefixes: [String]) {
            var (found, prefixes): ([String], [String]) = ([], [])
            var cursor: ListCursor?
            repeat {
                let page = try vault.list(
                    "plain",
                    prefix: prefix,
                    delimiter: delimiter,
                    cursor: cursor.flatMap { ListCursor(text: $0.text) },
                    countMax: countMax
                )
                #expect(page.objects.count + page.commonPrefixes.count <= countMax)
                found += page.objects.map(\.name.key)
                prefixes += page.commonPrefixes
                cursor = page.cursor
            } while cursor != nil
            return (found, prefixes)
        }
        #expect(try all("", "").keys == sorted)
        #expect(try all("a", "").keys == sorted.filter { $0.utf8.starts(with: "a".utf8) })
        let top = try all("", "/")
        #expect(top.prefixes == ["a/", "b/", "🪑/"])
        #expect(top.keys == sorted.filter { !$0.contains("/") })
        let inner = try all("a/", "/")
        #expect(inner.keys == ["a/b", "a/c"] && inner.prefixes == ["a/c/"])
        #expect(try all("nothing", "/").keys.isEmpty)
        #expect(try all("\u{10FFFF}", "").keys == ["\u{10FFFF}"])
        try await vault.close()
    }

    @Test("names from outside are names, never paths, and what cannot be one is refused")
    func names() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await makeVault(disk)
        for key in ["../../etc/passwd", "/", "..", "\u{0}", "a//b", String(repeating: "k", count: 1_024)] {
            try await vault.put([7], as: ObjectName("plain", key))
            #expect(try vault.read(ObjectName("plain", key)) == [7])
        }
        #expect(Set(try disk.list("/")) == ["vault"])
        #expect(
            Set(try disk.list("/vault")).isSubset(of: [
                "format", "lock", "hot", "metadata.sqlite3", "metadata.sqlite3-wal",
            ])
        )
        for key in ["", String(repeating: "k", count: 1_025)] {
            #expect(try await code { try await vault.put([7], as: ObjectName("plain", key)) } == .invalidName)
        }
        for bucket in ["", "ab", "UPPER", "../up", "-a-", String(repeating: "b", count: 64), ".content"] {
            #expect(try await code { try await vault.createBucket(bucket) } == .invalidName, "\(bucket)")
        }
        #expect(try await code { try await vault.createBucket("plain") } == .bucketExists)
        #expect(try await code { try await vault.deleteBucket("plain") } == .bucketNotEmpty)
        #expect(try await code { try vault.read(ObjectName("nowhere", "a")) } == .noSuchBucket)
        let tooMuch = PutOptions(metadata: ["a": String(repeating: "x", count: 9_000)])
        #expect(
            try await code { try await vault.put([], as: ObjectName("plain", "x"), options: tooMuch) } == .invalidName
        )
        try await vault.close()
    }

    @Test("several ranges of one version come back in the order in which they are asked for")
    func multipleRanges() async throws {
        let vault = try await makeVault()
        var random = SeededGenerator(seed: 2)
        let bytes = random.bytes(250_000)
        let name = ObjectName("plain", "a")
        try await vault.put(bytes, as: name)
        let ranges: [Range<Int64>] = [200_000..<250_000, 0..<1, 5..<5, 65_000..<131_073]
        let parts = try vault.read(name, ranges: ranges)
        #expect(parts == ranges.map { Array(bytes[Int($0.lowerBound)..<Int($0.upperBound)]) })
        #expect(try await code { try vault.read(name, ranges: [0..<1, 0..<250_001]) } == .invalidRange)
        try await vault.close()
    }

    @Test("versions with much in common are kept once, across buckets too")
    func deduplicates() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await makeVault(disk)
        var random = SeededGenerator(seed: 3)
        var bytes = random.bytes(600_000)
        try await vault.put(bytes, as: ObjectName("models", "a"))
        let once = try disk.packBytes(in: "/vault")
        bytes.insert(contentsOf: [1, 2, 3], at: 300_000)
        try await vault.put(bytes, as: ObjectName("models", "a"))
        try await vault.put(bytes, as: ObjectName("plain", "b"))
        let twice = try disk.packBytes(in: "/vault")
        #expect(twice - once < 150_000, "\(twice - once) bytes for three that were inserted")
        #expect(try vault.read(ObjectName("plain", "b")) == bytes)
        try await vault.close()
    }

    @Test("files come and go by path")
    func files() async throws {
        let directory = try TemporaryDirectory()
        let vault = try await Vault.open(at: directory.path + "/vault", configuration: smallPieces)
        try await vault.createBucket("plain")
        var random = SeededGenerator(seed: 4)
        let bytes = random.bytes(3_000_000)
        let disk = PosixFileSystem()
        try disk.replaceFile(at: directory.path + "/in", with: bytes.span)
        let name = ObjectName("plain", "file")
        try await vault.put(contentsOf: directory.path + "/in", as: name)
        try await vault.get(name, to: directory.path + "/out")
        #expect(try disk.contents(of: directory.path + "/out", byteCountMax: 4_000_000) == bytes)
        #expect(try await code { try await vault.get(name, to: directory.path + "/none/out") } == .ioFailed)
        #expect(try disk.list(directory.path).sorted() == ["in", "out", "vault"])
        try await vault.close()
    }
}
