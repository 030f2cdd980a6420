internal import Glibc
internal import VitrineCTelemetry

/// What the kernel and the C library say of this process.
struct ProcessStatus: Sendable {
    var userSeconds = 0.0
    var systemSeconds = 0.0
    var minorFaults: Int64 = 0
    var majorFaults: Int64 = 0
    var voluntarySwitches: Int64 = 0
    var involuntarySwitches: Int64 = 0
    var readBytes: Int64?
    var writtenBytes: Int64?
    var virtualBytes: Double?
    var residentBytes: Double?
    var residentBytesMax = 0.0
    var threadCount: Double?
    var openFileCount: Double?
    var openFileCountMax: Double?
    var startSeconds: Double?
    var heapBytes = 0.0
    var heapFreeBytes = 0.0

    /// Asks now: a few system calls and files of `/proc`; what cannot be read is `nil`.
    static func now() -> ProcessStatus {
        var status = ProcessStatus()
        status.readUsage()
        status.readHeap()
        if let text = ProcFile.text("/proc/self/statm") {
            status.read(statm: text, pageBytes: Double(sysconf(Int32(_SC_PAGESIZE))))
        }
        if let text = ProcFile.text("/proc/self/stat"), let system = ProcFile.text("/proc/stat") {
            status.read(stat: text, systemStat: system, ticksPerSecond: Double(sysconf(Int32(_SC_CLK_TCK))))
        }
        if let text = ProcFile.text("/proc/self/io") { status.read(io: text) }
        // The listing's own descriptor is among them.
        status.openFileCount = ProcFile.entryCount("/proc/self/fd").map { Double($0 - 1) }
        var limit = rlimit()
        if unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur != rlim_t.max {
            status.openFileCountMax = Double(limit.rlim_cur)
        }
        return status
    }

    private mutating func readUsage() {
        var usage = rusage()
        guard unsafe getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return }
        userSeconds = Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6
        systemSeconds = Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) / 1e6
        minorFaults = Int64(usage.ru_minflt)
        majorFaults = Int64(usage.ru_majflt)
        voluntarySwitches = Int64(usage.ru_nvcsw)
        involuntarySwitches = Int64(usage.ru_nivcsw)
        residentBytesMax = Double(usage.ru_maxrss) * 1_024  // in KiB: getrusage(2)
    }

    private mutating func readHeap() {
        let heap = vitrine_heap_now()
        heapBytes = Double(heap.used_bytes)
        heapFreeBytes = Double(heap.free_bytes)
    }

    /// Reads `/proc/self/statm`: pages of virtual and of resident memory (proc(5)).
    mutating func read(statm text: String, pageBytes: Double) {
        let fields = text.split(separator: " ").compactMap { Double($0) }
        guard fields.count >= 2 else { return }
        virtualBytes = fields[0] * pageBytes
        residentBytes = fields[1] * pageBytes
    }

    /// Reads `/proc/self/stat`, whose second field is a name in parentheses that may contain anything: field 20 counts
    /// the threads, 22 is the start in ticks after the system's, which `/proc/stat` has as `btime`.
    mutating func read(stat text: String, systemStat: String, ticksPerSecond: Double) {
        guard let end = text.lastIndex(of: ")") else { return }
        let fields = text[text.index(after: end)...].split { $0 == " " || $0 == "\n" }
        guard fields.count > 19 else { return }
        threadCount = Double(fields[17])
        let boot = systemStat.split(separator: "\n").first { $0.hasPrefix("btime ") }
        if let boot, let seconds = Double(boot.dropFirst(6)), let ticks = Double(fields[19]), ticksPerSecond > 0 {
            startSeconds = seconds + ticks / ticksPerSecond
        }
    }

    /// Reads `/proc/self/io`: bytes that storage was asked for.
    mutating func read(io text: String) {
        for line in text.split(separator: "\n") {
            if line.hasPrefix("read_bytes: ") { readBytes = Int64(line.dropFirst(12)) }
            if line.hasPrefix("write_bytes: ") { writtenBytes = Int64(line.dropFirst(13)) }
        }
    }
}

/// Files of `/proc`, which are short and made when they are read.
enum ProcFile {
    /// The text of a file; `nil` when it cannot be read.
    static func text(_ path: String) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = unsafe read(file, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk.prefix(count)
        }
    }

    /// How many entries a directory has, without itself and its parent; `nil` when it cannot be read.
    static func entryCount(_ path: String) -> Int? {
        guard let directory = unsafe opendir(path) else { return nil }
        defer { unsafe closedir(directory) }
        var count = -2
        while unsafe readdir(directory) != nil { count += 1 }
        return count
    }
}
