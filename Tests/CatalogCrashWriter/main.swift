internal import CatalogKV
internal import Glibc

// A child process for a test to kill: opens the catalog of its first argument and writes to it without end, from 16
// tasks at once, each a batch that puts the same number under two keys in two partitions. Writes "ready" when it is
// open, then "<task> <number>" for each batch that was acknowledged, straight to standard output, so that what the
// test has read was acknowledged before the kill. Numbers go on where the catalog's own left off.

func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    // A pipe takes lines of this length in one piece (PIPE_BUF, pipe(7)).
    let written = unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
    }
    if written != bytes.count { exit(1) }
}

guard CommandLine.arguments.count == 2 else {
    say("usage: CatalogCrashWriter <directory>")
    exit(2)
}
// Small segments, so that kills also meet the start of new ones.
let configuration = CatalogConfiguration(segmentByteCountMax: 16_384)
let catalog = try await Catalog.open(at: CommandLine.arguments[1], configuration: configuration)
say("ready")
try await withThrowingTaskGroup(of: Void.self) { group in
    for task in 0..<16 {
        group.addTask {
            let keys = [Key(partition: "left", sort: "\(task)"), Key(partition: "right", sort: "\(task)")]
            let stored = try catalog.value(for: keys[0]).map { String(decoding: $0, as: UTF8.self) }
            let start = stored.flatMap { Int($0) } ?? 0
            for number in (start + 1)... {
                var batch = WriteBatch()
                for key in keys { batch.put(Array("\(number)".utf8), for: key) }
                try await catalog.write(batch)
                say("\(task) \(number)")
            }
        }
    }
    try await group.waitForAll()
}
