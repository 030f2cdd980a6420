internal import CatalogKV
internal import Glibc
internal import VitrineTestSupport

// A child process for a test to kill: opens the catalog of its first argument and writes to it without end, while
// `run()` compacts and writes checkpoints. 16 tasks each put and delete in slots of their own (`SlotScript`), the same in
// two partitions and with a counter in a third, in one transaction; now and then one moves money between two accounts of
// another table, under a condition. Writes "ready" when it is open, then "<task> <number>" for each transaction that was
// acknowledged, straight to standard output, so that what the test has read was acknowledged before the kill. Numbers go
// on where the catalog's own left off.

func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    // A pipe takes lines of this length in one piece (PIPE_BUF, pipe(7)).
    let written = unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
    }
    if written != bytes.count { exit(1) }
}

func number(_ bytes: [UInt8]?) -> Int {
    bytes.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
}

struct Writer: Sendable {
    static let accountCount = 6
    static let balanceAtFirst = 1_000

    let catalog: Catalog
    let slots: Table<[UInt8]>
    let accounts: Table<[UInt8]>

    /// Gives each account its money, unless an earlier process did.
    func begin() async throws {
        let operations = (0..<Writer.accountCount).map { account in
            let balance = Array("\(Writer.balanceAtFirst)".utf8)
            return accounts.putting(balance, for: Key(partition: "account \(account)"), if: .notExists)
        }
        do {
            _ = try await catalog.transact(operations)
        } catch let error as CatalogError where error.code == .transactionCancelled {}
    }

    func run(task: Int) async throws {
        let counter = Key(partition: "counter", sort: "\(task)")
        var step = number(try slots.get(counter))
        while true {
            step += 1
            var operations = [slots.putting(Array("\(step)".utf8), for: counter)]
            for side in ["left", "right"] {
                let partition = "\(side) \(task)"
                let put = Key(partition: partition, sort: "\(SlotScript.slot(putBy: step))")
                operations.append(slots.putting(SlotScript.value(step), for: put))
                if let slot = SlotScript.slot(deletedBy: step) {
                    operations.append(slots.deleting(Key(partition: partition, sort: "\(slot)")))
                }
            }
            _ = try await catalog.transact(operations, durability: step % 4 == 0 ? .buffered : .synced)
            say("\(task) \(step)")
            if step % 5 == 0 { try await move(from: (task + step) % Writer.accountCount, step) }
        }
    }

    /// Moves one from an account to the next, unless somebody else changed either meanwhile.
    private func move(from account: Int, _ step: Int) async throws {
        let source = Key(partition: "account \(account)")
        let target = Key(partition: "account \((account + 1) % Writer.accountCount)")
        guard let from = try accounts.entry(source), let to = try accounts.entry(target) else {
            say("an account is gone")
            exit(1)
        }
        let less = Array("\(number(from.item) - 1)".utf8)
        let more = Array("\(number(to.item) + 1)".utf8)
        do {
            _ = try await catalog.transact(
                [
                    accounts.putting(less, for: source, if: .version(is: from.version)),
                    accounts.putting(more, for: target, if: .version(is: to.version)),
                ],
                durability: step % 2 == 0 ? .buffered : .synced
            )
        } catch let error as CatalogError where error.code == .transactionCancelled {}
    }
}

guard CommandLine.arguments.count == 2 else {
    say("usage: CatalogCrashWriter <directory>")
    exit(2)
}
// Small segments and short intervals, so that kills also meet the start of new segments, compaction and checkpoints.
let configuration = CatalogConfiguration(
    segmentByteCountMax: 65_536,
    indexPartitionCount: 16,
    maintenanceInterval: .milliseconds(10),
    spaceAmplificationMax: 1.2,
    checkpointIntervalByteCount: 131_072
)
let catalog = try await Catalog.open(at: CommandLine.arguments[1], configuration: configuration)
let writer = Writer(
    catalog: catalog,
    slots: try await catalog.bytesTable("slots"),
    accounts: try await catalog.bytesTable("accounts")
)
try await writer.begin()
say("ready")
try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await catalog.run() }
    for task in 0..<16 { group.addTask { try await writer.run(task: task) } }
    try await group.waitForAll()
}
