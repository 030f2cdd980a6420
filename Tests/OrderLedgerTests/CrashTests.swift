import Glibc
import OrderLedger
import Testing
import VitrineTestSupport

/// A `LedgerCrashWriter` process and the lines that it has said.
private struct Child: ~Copyable {
    private let process: pid_t
    private let output: Int32
    private var buffered: [UInt8] = []

    init(directory: String, run: Int) {
        var ends: [Int32] = [0, 0]
        let isPiped = unsafe pipe(&ends)
        #expect(isPiped == 0)
        // The child must not inherit the end that is read from, nor the pipes of others.
        _ = ends.map { fcntl($0, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        let path = Child.directory + "/LedgerCrashWriter"
        var arguments = unsafe [path, directory, String(run)].map { (text: String) in unsafe strdup(text) } + [nil]
        defer { for index in unsafe arguments.indices { unsafe free(arguments[index]) } }
        var process = pid_t()
        let status = unsafe posix_spawn(&process, path, &actions, nil, &arguments, environ)
        close(ends[1])
        self.process = process
        output = ends[0]
        #expect(status == 0, "\(path) cannot be started")
    }

    /// The next line; `nil` when the child is gone.
    mutating func line() -> String? {
        while true {
            if let end = buffered.firstIndex(of: 10) {
                defer { buffered.removeSubrange(...end) }
                return String(decoding: buffered[..<end], as: UTF8.self)
            }
            var chunk = [UInt8](repeating: 0, count: 4_096)
            let count = unsafe read(output, &chunk, chunk.count)
            guard count > 0 else { return nil }
            buffered += chunk.prefix(count)
        }
    }

    /// Ends the child as a loss of power would, as far as a process can tell, and waits until it is gone.
    func kill() {
        Glibc.kill(process, SIGKILL)
    }

    deinit {
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        close(output)
    }

    /// Where the tests' own executable is, and the child's beside it.
    private static var directory: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }
}

@Suite("Crashes")
struct CrashTests {
    @Test("after kill -9 no acknowledged order is lost, none doubled, and everything adds up")
    func killedWriter() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        do {
            let ledger = try await Ledger.open(at: directory.path)
            let nut = Money(minorUnits: 3, currency: .eur)
            try await ledger.addProduct(sku: "bolt", name: "Bolt", price: tenEuros, stock: 1_000_000)
            try await ledger.addProduct(sku: "nut", name: "Nut", price: nut, stock: 1_000_000)
            try await ledger.close()
        }
        var acknowledged: [String] = []
        for run in 0..<6 {
            var child = Child(directory: directory.path, run: run)
            #expect(child.line() == "ready", "seed \(seed), run \(run)")
            for _ in 0..<Int.random(in: 1...120, using: &random) {
                if let key = child.line() { acknowledged.append(key) }
            }
            child.kill()
            // What it said before it died counts too.
            while let key = child.line() { acknowledged.append(key) }
        }
        let ledger = try await Ledger.open(at: directory.path)
        let report = try ledger.audit()
        #expect(report.isClean, "seed \(seed): \(report)")
        #expect(report.orderCount >= acknowledged.count && acknowledged.count >= 6, "seed \(seed)")
        for key in acknowledged {
            let parts = key.split(separator: "-").compactMap { Int($0) }
            let payment = parts[2] % 2 == 0 ? Payment(provider: "test", reference: key) : nil
            let repeated = request(
                key,
                [("bolt", 1 + parts[2] % 3), ("nut", 2)],
                customer: "customer \(parts[1])",
                payment: payment
            )
            let order = try await ledger.place(repeated)
            #expect((order.state == .cancelled) == (parts[2] % 5 == 4), "seed \(seed): \(key)")
        }
        #expect(ledger.statistics.ordersPlaced == 0, "seed \(seed): an acknowledged order was lost")
        try await ledger.close()
    }
}
