internal import Glibc

/// A process for a test to kill: an executable of this package, and the lines that it writes to standard output.
package struct ChildProcess: ~Copyable {
    private let process: pid_t
    private let output: Int32
    private var buffered: [UInt8] = []

    /// Starts the executable target `name`, which lies beside the tests' own executable.
    ///
    /// - Throws: `ChildProcessError` when it cannot be started.
    package init(_ name: String, arguments: [String]) throws {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw ChildProcessError(name: name, errno: errno) }
        // The child must not inherit the end that is read from, nor the pipes of others.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        let path = ChildProcess.directory + "/" + name
        var vector = unsafe ([path] + arguments).map { (text: String) in unsafe strdup(text) } + [nil]
        defer { for index in unsafe vector.indices { unsafe free(vector[index]) } }
        var process = pid_t()
        let status = unsafe posix_spawn(&process, path, &actions, nil, &vector, environ)
        close(ends[1])
        guard status == 0 else {
            close(ends[0])
            throw ChildProcessError(name: path, errno: status)
        }
        self.process = process
        output = ends[0]
    }

    deinit {
        Glibc.kill(process, SIGKILL)
        var status: Int32 = 0
        unsafe waitpid(process, &status, 0)
        close(output)
    }

    /// Its next line; `nil` when the process is gone and all it wrote was read.
    package mutating func line() -> String? {
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

    /// Ends the process at once (SIGKILL); what it had written can still be read.
    package func kill() {
        Glibc.kill(process, SIGKILL)
    }

    private static var directory: String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }
}

/// A child process could not be started.
package struct ChildProcessError: Error {
    /// Which executable.
    package let name: String
    /// What the system answered.
    package let errno: Int32
}
