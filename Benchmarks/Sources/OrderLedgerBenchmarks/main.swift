import Foundation
import Harness
import OrderLedger

// Placing orders of three lines: ours beside plain C on the same SQLite, with and without group commit, and beside
// PostgreSQL with one call of a stored procedure per order; reading them; and what replication costs.
//
// Rows of "disk" are on that of TMPDIR, rows of "memory" on /dev/shm.

Suite.leaveWhenInterrupted()
let options = Suite.options(extra: ["--orders"])
let disk = try Suite.scratchDirectory()
let memory = "/dev/shm/vitrine-bench-\(UUID().uuidString)"
try FileManager.default.createDirectory(atPath: memory, withIntermediateDirectories: true)
Suite.whenLeaving { try? FileManager.default.removeItem(atPath: memory) }

do {
    var rows = try await WriteRows(disk: disk, memory: memory).rows(options: options)
    rows += try await ReplicationRows(disk: disk, memory: memory).rows(options: options)
    rows += try await ReadRows(disk: disk).rows(options: options)
    await Suite.run("OrderLedger", rows, options: options)
} catch {
    Suite.leave(1, because: "\(error)")
}
