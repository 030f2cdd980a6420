internal import Glibc
internal import Synchronization

/// Where a server listens and a client connects.
@nonexhaustive
public enum SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// A Unix socket of this machine, by its path of at most 107 bytes.
    case unix(String)
    /// A numeric IPv4 or IPv6 address, or a name, with a port; a server that listens on port 0 is given one.
    case tcp(String, port: UInt16)

    /// The path, or host and port.
    public var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): "\(host):\(port)"
        }
    }
}

/// A stream socket whose calls block; each names its system call.
///
/// `shutDown` may be called from any thread, and ends the calls that others are in. The descriptor is closed with the
/// last reference, so that no call ever meets another file's.
package final class Socket: Sendable {
    private let descriptor: Int32
    private let isShutDown = Atomic(false)

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// socket(2) and connect(2).
    package static func connect(to address: SocketAddress) throws(LedgerError) -> Socket {
        unsafe try withAddress(address, forListening: false) { family, pointer, length throws(LedgerError) in
            let socket = try make(family, address)
            guard unsafe Glibc.connect(socket.descriptor, pointer, length) == 0 else {
                throw failure("connect to \(address)")
            }
            socket.sendAtOnce(family)
            return socket
        }
    }

    /// socket(2), bind(2) and listen(2).
    ///
    /// A Unix socket that an earlier process has left under the path is replaced.
    static func listen(on address: SocketAddress) throws(LedgerError) -> Socket {
        if case .unix(let path) = address { unsafe unlink(path) }
        return unsafe try withAddress(address, forListening: true) { family, pointer, length throws(LedgerError) in
            let socket = try make(family, address)
            var yes: Int32 = 1
            unsafe setsockopt(socket.descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            guard unsafe bind(socket.descriptor, pointer, length) == 0, Glibc.listen(socket.descriptor, 16) == 0 else {
                throw failure("listen on \(address)")
            }
            return socket
        }
    }

    /// accept(2); `nil` once the socket was shut down.
    func accept() throws(LedgerError) -> Socket? {
        while true {
            let accepted = Glibc.accept(descriptor, nil, nil)
            if accepted >= 0 {
                _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
                let socket = Socket(descriptor: accepted)
                socket.sendAtOnce(AF_INET)
                return socket
            }
            let number = errno
            if isShutDown.load(ordering: .acquiring) { return nil }
            // The connection that came is gone again, or a signal came.
            if number == EINTR || number == ECONNABORTED { continue }
            throw Self.failure("accept", number)
        }
    }

    /// The port that a listening TCP socket was given (getsockname(2)).
    var port: UInt16 {
        var address = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let status = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe getsockname(descriptor, pointer, &length)
            }
        }
        // The port stands at the same place in an IPv4 address.
        return status == 0 ? UInt16(bigEndian: address.sin6_port) : 0
    }

    /// recv(2) until `bytes` is full.
    ///
    /// - Throws: `connectionFailed` when the other end is gone, or says nothing for as long as `setTimeout` says.
    package func read(_ count: Int) throws(LedgerError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let start = filled
            let received = unsafe bytes.withUnsafeMutableBytes { bytes in
                unsafe recv(descriptor, bytes.baseAddress.map { unsafe $0 + start }, count - start, 0)
            }
            if received > 0 {
                filled += received
            } else if received == 0 {
                throw LedgerError(.connectionFailed, "the other end has closed the connection")
            } else if errno != EINTR {
                throw Self.failure("receive")
            }
        }
        return bytes
    }

    /// Whether something can be read without waiting (poll(2)).
    var isReadable: Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&request, 1, 0) > 0
    }

    /// send(2) until all of `bytes` is taken.
    ///
    /// - Throws: `connectionFailed`.
    package func write(_ bytes: [UInt8]) throws(LedgerError) {
        var start = 0
        while start < bytes.count {
            let sent = unsafe bytes.withUnsafeBytes { buffer in
                // Without MSG_NOSIGNAL a connection that is gone would end the process.
                unsafe send(
                    descriptor,
                    buffer.baseAddress.map { unsafe $0 + start },
                    buffer.count - start,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if sent >= 0 {
                start += sent
            } else if errno != EINTR {
                throw Self.failure("send")
            }
        }
    }

    /// Has reads and writes fail when nothing moves for so long (SO_RCVTIMEO, SO_SNDTIMEO).
    func setTimeout(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        var time = timeval(tv_sec: Int(seconds), tv_usec: Int(attoseconds / 1_000_000_000_000))
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            unsafe setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    /// shutdown(2) of one direction: the other end reads to its end.
    package func finishWriting() {
        Glibc.shutdown(descriptor, Int32(SHUT_WR))
    }

    /// shutdown(2): whoever reads or writes fails now, and later.
    func shutDown() {
        isShutDown.store(true, ordering: .releasing)
        Glibc.shutdown(descriptor, Int32(SHUT_RDWR))
    }

    // A segment is a message of its own: waiting for more to send with it would only delay it (tcp(7), TCP_NODELAY).
    private func sendAtOnce(_ family: Int32) {
        guard family != AF_UNIX else { return }
        var yes: Int32 = 1
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    }

    private static func make(_ family: Int32, _ address: SocketAddress) throws(LedgerError) -> Socket {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure("make a socket for \(address)") }
        return Socket(descriptor: descriptor)
    }

    private static func failure(_ what: String, _ number: Int32 = errno) -> LedgerError {
        let words = unsafe strerror(number).map { unsafe String(cString: $0) } ?? "errno \(number)"
        return LedgerError(.connectionFailed, "cannot \(what): \(words)")
    }
}

/// Runs `body` with the system's form of an address (unix(7), getaddrinfo(3)).
private func withAddress<Value>(
    _ address: SocketAddress,
    forListening isListening: Bool,
    _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) throws(LedgerError) -> Value
) throws(LedgerError) -> Value {
    switch address {
    case .unix(let path):
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: name.sun_path), !bytes.contains(0) else {
            throw LedgerError(
                .invalidConfiguration,
                "a socket's path has 1 to 107 bytes, \"\(path)\" has \(bytes.count)"
            )
        }
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let outcome: Result<Value, LedgerError> = unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                let length = socklen_t(MemoryLayout<sockaddr_un>.size)
                return Result { () throws(LedgerError) in unsafe try body(AF_UNIX, pointer, length) }
            }
        }
        return try outcome.get()
    case .tcp(let host, let port):
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = isListening ? AI_PASSIVE : 0
        var found: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, String(port), &hints, &found)
        guard status == 0, let first = unsafe found, let pointer = unsafe first.pointee.ai_addr else {
            let words = unsafe String(cString: gai_strerror(status))
            throw LedgerError(.connectionFailed, "there is no address \(address): \(words)")
        }
        defer { unsafe freeaddrinfo(found) }
        return unsafe try body(first.pointee.ai_family, pointer, first.pointee.ai_addrlen)
    }
}
