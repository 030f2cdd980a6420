import Foundation
import Harness
import ObjectVault

// Small durable puts by sixteen clients, against what a service does by hand: a file each, fsync, rename, fsync of the
// directory.

let directory = FileManager.default.temporaryDirectory
    .appending(path: "vitrine-bench-\(ProcessInfo.processInfo.processIdentifier)").path
try FileManager.default.createDirectory(atPath: directory + "/files", withIntermediateDirectories: true)
let vault = try await Vault.open(at: directory + "/vault")
let clients = 16
let counter = Counter()

await Suite.run("ObjectVault", [smallPuts()])

/// Numbers the objects, so that no two are alike and nothing is deduplicated.
actor Counter {
    private var next = 0

    func take(_ count: Int) -> Range<Int> {
        defer { next += count }
        return next..<next + count
    }
}

func object(_ number: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 10_000)
    var state = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15 | 1
    for index in bytes.indices {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes[index] = UInt8(truncatingIfNeeded: state >> 56)
    }
    return bytes
}

func smallPuts() -> Comparison {
    let ours = Contender(
        "ObjectVault",
        version: "this commit",
        settings: ["durability": "flushed"],
        check: {
            let report = try vault.list().reduce(0) { count, _ in count + 1 }
            guard report > 0 else { throw WrongResult("nothing was put") }
        },
        wall: { operations in
            let numbers = await counter.take(operations)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<clients {
                    group.addTask {
                        for number in numbers where number % clients == client {
                            _ = try await vault.put(object(number))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    )
    let peer = Contender(
        "a file each",
        version: "POSIX",
        settings: ["durability": "fsync, rename, fsync of the directory"],
        check: {
            guard try !FileManager.default.contentsOfDirectory(atPath: directory + "/files").isEmpty else {
                throw WrongResult("nothing was put")
            }
        },
        wall: { operations in
            let numbers = await counter.take(operations)
            try putFilesOnThreads(numbers)
        }
    )
    return Comparison(
        "put of 10 kB, flushed, \(clients) clients",
        measure: .wall,
        operations: 480,
        ours: ours,
        peer: peer
    )
}

func putFilesOnThreads(_ numbers: Range<Int>) throws {
    let group = DispatchGroup()
    for client in 0..<clients {
        group.enter()
        Thread {
            for number in numbers where number % clients == client { putFile(object(number), named: "\(number)") }
            group.leave()
        }.start()
    }
    group.wait()
}

func putFile(_ bytes: [UInt8], named name: String) {
    let aside = directory + "/files/\(name).new"
    let file = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    precondition(file >= 0 && write(file, bytes, bytes.count) == bytes.count && fsync(file) == 0 && close(file) == 0)
    precondition(rename(aside, directory + "/files/\(name)") == 0)
    let parent = open(directory + "/files", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    precondition(parent >= 0 && fsync(parent) == 0 && close(parent) == 0)
}
