import Foundation
import Harness
import ObjectVault

/// Puts of 10 kB, each flushed before it is acknowledged.
struct SmallPuts: Sendable {
    let vault: Vault
    let files: String
    let clients: Int
    private let numbers = Numbers()

    init(vault: Vault, files: String, clients: Int) {
        self.vault = vault
        self.files = files
        self.clients = clients
    }

    var comparison: Comparison {
        let ours = Contender(
            "ObjectVault",
            version: "this commit",
            settings: ["durability": "flushed"],
            check: { try check(try vault.list().count) },
            wall: putIntoVault
        )
        let peer = Contender(
            "a file each",
            version: "POSIX",
            settings: ["durability": "fsync, rename, fsync of the directory"],
            check: { try check(try FileManager.default.contentsOfDirectory(atPath: files).count) },
            wall: putFiles
        )
        return Comparison(
            "put of 10 kB, flushed, \(clients) clients",
            measure: .wall,
            operations: 1_920,
            ours: ours,
            peer: peer,
            ratioMin: 5
        )
    }

    private func check(_ count: Int) throws {
        guard count >= 1_920 else { throw WrongResult("\(count) objects are there") }
    }

    private func putIntoVault(_ operations: Int) async throws {
        let numbers = await numbers.take(operations)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<clients {
                group.addTask {
                    for number in numbers where number % clients == client { _ = try await vault.put(object(number)) }
                }
            }
            try await group.waitForAll()
        }
    }

    /// A thread per client: their calls block.
    private func putFiles(_ operations: Int) async throws {
        let numbers = await numbers.take(operations)
        await withCheckedContinuation { continuation in
            let group = DispatchGroup()
            for client in 0..<clients {
                group.enter()
                Thread {
                    for number in numbers where number % clients == client {
                        putFile(object(number), named: "\(number)")
                    }
                    group.leave()
                }.start()
            }
            group.notify(queue: .global()) { continuation.resume() }
        }
    }

    private func putFile(_ bytes: [UInt8], named name: String) {
        let aside = files + "/\(name).new"
        let file = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        precondition(
            file >= 0 && write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0 && close(file) == 0
        )
        precondition(rename(aside, files + "/\(name)") == 0)
        let parent = open(files, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        precondition(parent >= 0 && fsync(parent) == 0 && close(parent) == 0)
    }

    /// 10 kB that no other number gives, so that nothing is deduplicated.
    private func object(_ number: Int) -> [UInt8] {
        var state = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15 | 1
        return (0..<10_000).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    }
}

/// Numbers the objects.
private actor Numbers {
    private var next = 0

    func take(_ count: Int) -> Range<Int> {
        defer { next += count }
        return next..<next + count
    }
}
