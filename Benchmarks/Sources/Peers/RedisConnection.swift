internal import Glibc

/// One client of a Redis server: commands of bulk strings out, one reply in.
public final class RedisConnection {
    private let socket: Int32
    private var output: [UInt8] = []
    private var input = [UInt8](repeating: 0, count: 64 << 10)
    /// What of `input` was received and not taken yet.
    private var start = 0
    private var end = 0

    /// Connects to a server's Unix socket.
    public init(socketPath: String) throws {
        socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let path = Array(socketPath.utf8)
        guard path.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw PeerError("the socket's path is too long")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        let status = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            close(socket)
            throw PeerError("no connection to \(socketPath): errno \(errno)")
        }
    }

    deinit {
        close(socket)
    }

    /// The sum of the words of a key's value; `nil` when there is none.
    public func sum(_ key: UnsafeRawBufferPointer) throws -> UInt64? {
        begin(2)
        append("GET")
        append(key)
        try send()
        guard let length = try bulkLength() else { return nil }
        try receive(length + 2)
        defer { start += length + 2 }
        return input.withUnsafeBytes { sumOfWords(UnsafeRawBufferPointer(rebasing: $0[start..<start + length])) }
    }

    /// Puts one value.
    public func put(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws {
        begin(3)
        append("SET")
        append(key)
        append(value)
        try send()
        _ = try line()
    }

    /// Puts `values`, each as long as the others, under `keys`, by one command.
    public func put(keys: UnsafeRawBufferPointer, values: UnsafeRawBufferPointer, keyLength: Int) throws {
        let count = keys.count / keyLength
        let valueLength = values.count / count
        begin(1 + 2 * count)
        append("MSET")
        for index in 0..<count {
            append(UnsafeRawBufferPointer(rebasing: keys[index * keyLength..<(index + 1) * keyLength]))
            append(UnsafeRawBufferPointer(rebasing: values[index * valueLength..<(index + 1) * valueLength]))
        }
        try send()
        _ = try line()
    }

    /// Runs a Lua script that was loaded before, on `keys`, with `values`; returns the integer it gives.
    public func run(
        script: String,
        keys: [UnsafeRawBufferPointer],
        values: [UnsafeRawBufferPointer]
    ) throws -> Int {
        begin(3 + keys.count + values.count)
        append("EVALSHA")
        append(script)
        append(String(keys.count))
        for key in keys { append(key) }
        for value in values { append(value) }
        try send()
        return Int(try line().dropFirst()) ?? 0
    }

    /// Loads a Lua script and returns its name.
    public func load(script: String) throws -> String {
        begin(3)
        append("SCRIPT")
        append("LOAD")
        append(script)
        try send()
        return try text()
    }

    /// Sets one of the server's settings.
    public func configure(_ name: String, _ value: String) throws {
        begin(4)
        append("CONFIG")
        append("SET")
        append(name)
        append(value)
        try send()
        _ = try line()
    }

    /// A section of what the server tells of itself.
    func information(_ section: String) throws -> String {
        begin(2)
        append("INFO")
        append(section)
        try send()
        return try text()
    }

    private func text() throws -> String {
        guard let length = try bulkLength() else { throw PeerError("Redis gave nothing") }
        try receive(length + 2)
        defer { start += length + 2 }
        return String(decoding: input[start..<start + length], as: UTF8.self)
    }

    // MARK: The protocol

    private func begin(_ count: Int) {
        output.removeAll(keepingCapacity: true)
        output.append(contentsOf: "*\(count)\r\n".utf8)
    }

    private func append(_ text: String) {
        output.append(contentsOf: "$\(text.utf8.count)\r\n\(text)\r\n".utf8)
    }

    private func append(_ bytes: UnsafeRawBufferPointer) {
        output.append(contentsOf: "$\(bytes.count)\r\n".utf8)
        output.append(contentsOf: bytes)
        output.append(contentsOf: "\r\n".utf8)
    }

    private func send() throws {
        var sent = 0
        while sent < output.count {
            let count = output.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress.map { $0 + sent }, $0.count - sent, 0)
            }
            guard count > 0 else { throw PeerError("Redis hung up: errno \(errno)") }
            sent += count
        }
    }

    /// The length of a bulk string that follows, or `nil` for none.
    private func bulkLength() throws -> Int? {
        let head = try line()
        guard head.hasPrefix("$"), let length = Int(head.dropFirst()) else { throw PeerError("Redis gave \(head)") }
        return length < 0 ? nil : length
    }

    /// The next line without its end; an error reply is thrown.
    private func line() throws -> String {
        var length = 2
        while true {
            try receive(length)
            if input[start + length - 2] == UInt8(ascii: "\r"), input[start + length - 1] == UInt8(ascii: "\n") {
                break
            }
            length += 1
        }
        defer { start += length }
        let text = String(decoding: input[start..<start + length - 2], as: UTF8.self)
        if text.hasPrefix("-") { throw PeerError(text) }
        return text
    }

    /// Waits until `count` bytes stand in `input` from `start` on.
    private func receive(_ count: Int) throws {
        if start == end { (start, end) = (0, 0) }
        if start + count > input.count {
            input.removeFirst(start)
            (start, end) = (0, end - start)
            input.append(contentsOf: [UInt8](repeating: 0, count: max(64 << 10, count)))
        }
        while end - start < count {
            let received = input.withUnsafeMutableBytes {
                recv(socket, $0.baseAddress.map { $0 + end }, $0.count - end, 0)
            }
            guard received > 0 else { throw PeerError("Redis hung up: errno \(errno)") }
            end += received
        }
    }
}
