import Crypto
import Foundation
import Harness
import ObjectVault
import Synchronization

/// Storing and restoring a shop's files: CPU time for each MB (10^6 bytes), of the process and its children.
struct StoreRows: Sendable {
    private let set: AssetSet
    private let scratch: String
    /// Where each contender's last store is, and the share of the set's bytes that it takes.
    private let stores = Stores()

    /// The rows' names.
    static let names = [
        "store, compressed and encrypted: CPU per MB", "store, compressed: CPU per MB, beside git",
        "share of the set that is stored", "store hot: CPU per MB", "restore, verified: CPU per MB",
    ]

    init(_ set: AssetSet, scratch: String) {
        self.set = set
        self.scratch = scratch
        setenv("VITRINE_BENCH_KEYS", "bench=" + String(repeating: "5a", count: 32), 1)
    }

    func comparisons() throws -> [Comparison] {
        let peers = try [Archiver.restic, .borg, .casync].map { ($0, try $0.version()) }
        let git = (Archiver.git, try Archiver.git.version())
        let (restic, casync) = (peers[0], peers[2])
        let sizes = [("restic", 2.8), ("borg", 1.5), ("casync", 3.0)]
        return [
            Comparison(
                Self.names[0],
                measure: .figure(.nanoseconds),
                ours: stored(.compressed),
                rivals: zip(peers, sizes).map { Comparison.Rival(ingest($0.0, $0.1), ratioMin: $1.1) },
                isWarmedUp: false
            ),
            Comparison(
                Self.names[1],
                measure: .figure(.nanoseconds),
                ours: stored(.compressed),
                rivals: [.init(ingest(git.0, git.1))],
                roundsMax: 1,
                isWarmedUp: false
            ),
            Comparison(
                Self.names[2],
                measure: .figure(.times),
                ours: share(stored(.compressed)) { try await store(.compressed) },
                rivals: (peers + [git]).map { peer in .init(share(ingest(peer.0, peer.1)) { try store(peer.0) }) },
                oursMax: 1 / 3.1,
                roundsMax: 1,
                isWarmedUp: false
            ),
            Comparison(
                Self.names[3],
                measure: .figure(.nanoseconds),
                ours: stored(.hot),
                rivals: [.init(ingest(restic.0, restic.1), ratioMin: 6), .init(hashed(), ratioMin: 1 / 2.8)],
                isWarmedUp: false
            ),
            Comparison(
                Self.names[4],
                measure: .figure(.nanoseconds),
                ours: restored(.compressed),
                rivals: [
                    .init(restored(restic.0, restic.1), ratioMin: 4),
                    .init(restored(casync.0, casync.1), ratioMin: 2.5),
                ],
                isWarmedUp: false
            ),
        ]
    }

    private enum Kind: String {
        case compressed = "ObjectVault"
        case hot = "ObjectVault, hot"

        var configuration: VaultConfiguration {
            get throws {
                var configuration = VaultConfiguration()
                guard self == .compressed else { return configuration }
                configuration.chunkSizes = ChunkSizes(average: 16 << 10)
                configuration.chunkThreshold = 32 << 10
                configuration.hot.compression = Compression(level: 1, filters: true, method: .zstd)
                configuration.keys = try StoredKeyProvider(environment: "VITRINE_BENCH_KEYS")
                return configuration
            }
        }

        var settings: [String: String] {
            self == .compressed
                ? ["chunks": "16 KiB", "compression": "filter, zstd 1", "encryption": "AES-256-GCM", "tasks": "8"]
                : ["chunks": "64 KiB", "compression": "none", "encryption": "none", "tasks": "8"]
        }
    }

    private func nanosecondsPerMB(_ nanoseconds: Double) -> Double { nanoseconds / (Double(set.byteCount) / 1e6) }

    // Ours

    private func stored(_ kind: Kind) -> Contender {
        Contender(kind.rawValue, version: "this commit", settings: kind.settings) { try await store(kind) }
    }

    /// Stores the set anew; returns nanoseconds for each MB.
    private func store(_ kind: Kind) async throws -> Double {
        let store = try stores.fresh(kind.rawValue, scratch)
        let start = Timing.ofThisProcess()
        try await put(into: store, try kind.configuration)
        let spent = Timing.ofThisProcess() - start
        try stores.keep(kind.rawValue, store, of: set)
        return nanosecondsPerMB(spent)
    }

    private func put(into store: String, _ configuration: VaultConfiguration) async throws {
        let vault = try await Vault.open(at: store, configuration: configuration)
        try await vault.createBucket("set", options: BucketOptions())
        try await eachPath { path in
            try await vault.put(contentsOf: set.directory + "/" + path, as: ObjectName("set", path))
        }
        try await vault.close()
    }

    /// Eight tasks, each with every eighth file.
    private func eachPath(_ body: @escaping @Sendable (String) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for index in stride(from: task, to: set.paths.count, by: 8) { try await body(set.paths[index]) }
                }
            }
            try await group.waitForAll()
        }
    }

    private func restored(_ kind: Kind) -> Contender {
        Contender(kind.rawValue, version: "this commit", settings: ["checked": "SHA-256 of each chunk"]) {
            if stores.path(kind.rawValue) == nil { _ = try await store(kind) }
            guard let store = stores.path(kind.rawValue) else { throw WrongResult("nothing is stored") }
            let target = try stores.freshTarget(scratch)
            for path in set.paths {
                let directory = (target + "/" + path as NSString).deletingLastPathComponent
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            }
            let start = Timing.ofThisProcess()
            let vault = try await Vault.open(at: store, configuration: try kind.configuration)
            try await eachPath { path in try await write(vault, path, to: target + "/" + path) }
            try await vault.close()
            let spent = Timing.ofThisProcess() - start
            try set.check(target)
            return nanosecondsPerMB(spent)
        }
    }

    /// As the peers restore: without a flush of each file.
    private func write(_ vault: Vault, _ path: String, to file: String) async throws {
        let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw WrongResult("\(file) cannot be made") }
        defer { close(descriptor) }
        for try await piece in try vault.stream(ObjectName("set", path), pieceSize: 1 << 20) {
            guard Glibc.write(descriptor, piece, piece.count) == piece.count else {
                throw WrongResult("\(file) cannot be written")
            }
        }
    }

    /// SHA-256 of every file, out of memory: reading is not counted.
    private func hashed() -> Contender {
        Contender("SHA-256 alone", version: "swift-crypto", settings: ["read": "before the clock runs"]) {
            var (spent, xor) = (0.0, UInt8(0))
            for path in set.paths {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: set.directory + "/" + path))
                let start = Timing.onThisThread()
                let digest = SHA256.hash(data: bytes)
                spent += Timing.onThisThread() - start
                digest.withUnsafeBytes { xor ^= $0[0] }
            }
            guard spent > 0 else { throw WrongResult("nothing was hashed: \(xor)") }
            return nanosecondsPerMB(spent)
        }
    }

    // Peers

    private func ingest(_ archiver: Archiver, _ version: String) -> Contender {
        Contender(archiver.name, version: version, settings: archiver.settings) { try store(archiver) }
    }

    private func store(_ archiver: Archiver) throws -> Double {
        let store = try stores.fresh(archiver.name, scratch)
        let home = try stores.freshTarget(scratch)
        let spent = try archiver.spend(archiver.ingest(store, set.directory), in: set.directory, home: home)
        try stores.keep(archiver.name, store, of: set)
        return nanosecondsPerMB(spent)
    }

    private func restored(_ archiver: Archiver, _ version: String) -> Contender {
        Contender(archiver.name, version: version, settings: ["checked": "by digest"]) {
            if stores.path(archiver.name) == nil { _ = try store(archiver) }
            guard let store = stores.path(archiver.name) else { throw WrongResult("nothing is stored") }
            let target = try stores.freshTarget(scratch)
            let home = target + ".home"
            try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: home) }
            let spent = try archiver.spend(archiver.restore(store, set.directory), in: target, home: home)
            try set.check(target)
            return nanosecondsPerMB(spent)
        }
    }

    /// What the last store of a contender takes; it stores first if it has none.
    private func share(_ contender: Contender, _ store: @escaping @Sendable () async throws -> Double) -> Contender {
        Contender(contender.name, version: contender.version, settings: contender.settings) {
            if stores.share(contender.name) == nil { _ = try await store() }
            guard let share = stores.share(contender.name) else { throw WrongResult("nothing is stored") }
            return share
        }
    }
}

/// Where the stores are.
private final class Stores: Sendable {
    private struct Kept {
        var path: String
        var share: Double
    }

    private let kept = Mutex<[String: Kept]>([:])

    /// A path for a new store, in the place of the contender's last one.
    func fresh(_ name: String, _ scratch: String) throws -> String {
        let old = kept.withLock { $0.removeValue(forKey: name) }
        if let old { try FileManager.default.removeItem(atPath: old.path) }
        return scratch + "/store-" + UUID().uuidString
    }

    func keep(_ name: String, _ path: String, of set: AssetSet) throws {
        let share = Double(try AssetSet.files(in: path).1) / Double(set.byteCount)
        kept.withLock { $0[name] = Kept(path: path, share: share) }
    }

    func path(_ name: String) -> String? { kept.withLock { $0[name]?.path } }
    func share(_ name: String) -> Double? { kept.withLock { $0[name]?.share } }

    /// An empty directory; the last one's files are gone.
    func freshTarget(_ scratch: String) throws -> String {
        let path = scratch + "/target"
        try? FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}
