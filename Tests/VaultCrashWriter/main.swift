internal import Glibc
internal import ObjectVault

// A child process for a test to kill: opens the vault of its first argument and puts and deletes objects without end,
// from six tasks at once, while another moves, collects and scrubs. Writes "ready" when it is open, then the key of each
// object whose put was acknowledged, a line each, straight to standard output, so that what the test has read was
// acknowledged before the kill. A key of which "-" was written before is about to be deleted.
//
// Keys are "<run>-<task>-<n>", where the run is the second argument, and say which bytes the object has.

func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    // A pipe takes lines of this length in one piece (PIPE_BUF, pipe(7)).
    let written = unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
    }
    if written != bytes.count { exit(1) }
}

/// The bytes that belong to a key: half of them shared with other keys, so that chunks are too.
func contents(_ task: Int, _ number: Int) -> [UInt8] {
    let count = 1 + (number &* 7_919 &+ task &* 104_729) % 90_000
    var state = UInt64(number % 5)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    for index in 0..<count {
        if index == count / 2 { state = UInt64(task &* 1_000_003 &+ number) }
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes.append(UInt8(truncatingIfNeeded: state >> 56))
    }
    return bytes
}

guard CommandLine.arguments.count == 3 else {
    say("usage: VaultCrashWriter <directory> <run>")
    exit(2)
}
let run = CommandLine.arguments[2]
var configuration = VaultConfiguration()
// Small, so that kills also meet full packs and many chunks.
configuration.packBytesMax = 1 << 20
configuration.chunkThreshold = 16_384
configuration.chunkSizes = ChunkSizes(average: 8_192)
configuration.cold.directories = (0..<4).map { "cold-\($0)" }
configuration.cold.redundancy = .erasure(data: 3, parity: 1)
let vault = try await Vault.open(at: CommandLine.arguments[1], configuration: configuration)
if try vault.buckets().isEmpty { try await vault.createBucket("shop") }
say("ready")
try await withThrowingTaskGroup(of: Void.self) { group in
    for task in 0..<6 {
        group.addTask {
            for number in 0... {
                let key = "\(run)-\(task)-\(number)"
                try await vault.put(contents(task, number), as: ObjectName("shop", key))
                say(key)
                if number % 4 == 3 {
                    let old = "\(run)-\(task)-\(number - 2)"
                    say("-" + old)
                    try await vault.delete(ObjectName("shop", old))
                }
            }
        }
    }
    group.addTask {
        for turn in 0... {
            if let object = try vault.list("shop").objects.randomElement() {
                do {
                    try await vault.move(object.name, to: Tier.allCases[turn % 3])
                } catch let error as VaultError where error.code == .notFound {
                    // Deleted a moment ago.
                }
            }
            try await vault.collect(deadShareMin: 0.1)
            if turn % 8 == 7 { try await vault.scrub() }
        }
    }
    try await group.waitForAll()
}
