internal import Foundation
internal import Glibc

/// Debian's Redis, started in a directory and reached by a Unix socket; stopped by its process id.
///
/// Not loaded with snapshots and never rewriting its log while it is measured; `appendfsync` as asked.
public final class RedisServer: Sendable {
    /// Where it listens.
    public let socketPath: String
    /// The server's own version.
    public let version: String
    private let process: pid_t

    /// What the benchmark states beside the figure.
    public static let settings = [
        "log": "appendonly yes, auto-aof-rewrite-percentage 0, save \"\"", "buffered": "appendfsync everysec",
        "synced": "appendfsync always", "client": "RESP over a Unix socket, a connection per client, no pipelining",
        "time": "the client's thread and the server's main thread together",
    ]

    /// Starts a server in a directory that exists, or returns `nil` when Redis is not installed.
    public static func start(in directory: String) throws -> RedisServer? {
        let paths = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"]
        guard let executable = paths.first(where: { access($0, X_OK) == 0 }) else { return nil }
        return try RedisServer(executable, directory)
    }

    private init(_ executable: String, _ directory: String) throws {
        socketPath = directory + "/redis.sock"
        let arguments = [
            executable, "--port", "0", "--unixsocket", socketPath, "--dir", directory, "--save", "", "--appendonly",
            "yes", "--appendfsync", "everysec", "--auto-aof-rewrite-percentage", "0", "--daemonize", "no", "--logfile",
            directory + "/redis.log",
        ]
        var process = pid_t()
        // It keeps none of this process's streams: who reads them would wait for it.
        var streams = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&streams)
        defer { posix_spawn_file_actions_destroy(&streams) }
        for stream: Int32 in 0...2 { posix_spawn_file_actions_addopen(&streams, stream, "/dev/null", O_RDWR, 0) }
        // Threads of the pool block signals, and a child would inherit that: it must hear SIGTERM.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let status = withArguments(arguments) { posix_spawn(&process, executable, &streams, &attributes, $0, environ) }
        guard status == 0 else { throw PeerError("redis-server did not start: errno \(status)") }
        self.process = process
        var connection: RedisConnection?
        for _ in 0..<200 where connection == nil {
            connection = try? RedisConnection(socketPath: socketPath)
            if connection == nil { usleep(25_000) }
        }
        guard let connection else {
            kill(process, SIGKILL)
            throw PeerError("redis-server does not answer; see \(directory)/redis.log")
        }
        let line = try connection.information("server").split(separator: "\r\n").first {
            $0.hasPrefix("redis_version:")
        }
        version = line.map { String($0.dropFirst("redis_version:".count)) } ?? "unknown"
    }

    /// CPU time of the server's main thread so far, in nanoseconds.
    public func cpuNanoseconds() throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(process)/schedstat", encoding: .utf8)
        guard let first = text.split(separator: " ").first, let nanoseconds = Double(first) else {
            throw PeerError("/proc/\(process)/schedstat cannot be read")
        }
        return nanoseconds
    }

    /// Ends the process and waits for it.
    public func stop() {
        kill(process, SIGTERM)
        var status: Int32 = 0
        waitpid(process, &status, 0)
    }
}

/// Calls `body` with a list of C strings that ends with a null.
func withArguments<R>(_ arguments: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
    var copies: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    copies.append(nil)
    return body(copies)
}
