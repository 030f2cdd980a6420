internal import Glibc
internal import VitrineSync

/// The bytes of one simulated file as every reader sees them, at an address that never moves, so that a mapping
/// shows later writes as MAP_SHARED does.
///
/// The whole range is reserved at once and costs memory only where it has been written.
@safe final class SimulatedMemory: @unchecked Sendable {
    /// The largest size a simulated file can have.
    static let capacity = 256 << 20

    // Written only under the disk's lock. Mappings read without it, as they do on a real disk.
    private let base: UnsafeMutablePointer<UInt8>
    private let mappedCounts: Locked<[Int]> = Locked([])

    /// Reserves the range and puts `bytes` at its front; `nil` when the system has no address space to give.
    init?(_ bytes: [UInt8]) {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        let address = unsafe mmap(nil, SimulatedMemory.capacity, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else { return nil }
        unsafe base = address.bindMemory(to: UInt8.self, capacity: SimulatedMemory.capacity)
        unsafe bytes.withUnsafeBufferPointer { unsafe store($0, at: 0) }
    }

    deinit {
        unsafe munmap(base, SimulatedMemory.capacity)
    }

    /// The first `count` bytes.
    func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](UnsafeBufferPointer(start: base, count: count))
    }

    /// Copies `bytes` to `offset`; the caller has checked that they fit.
    func store(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) {
        precondition(offset >= 0 && offset <= SimulatedMemory.capacity - bytes.count, "beyond the simulated file")
        guard let source = bytes.baseAddress else { return }
        unsafe (base + offset).update(from: source, count: bytes.count)
    }

    /// Copies from `offset` into `buffer`; the caller has checked that the bytes are there.
    func load(into buffer: UnsafeMutableBufferPointer<UInt8>, at offset: Int) {
        precondition(offset >= 0 && offset <= SimulatedMemory.capacity - buffer.count, "beyond the simulated file")
        guard let target = buffer.baseAddress else { return }
        unsafe target.update(from: base + offset, count: buffer.count)
    }

    /// Puts zeros into `range`.
    func clear(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= SimulatedMemory.capacity)
        // Not `update(repeating:)`: a debug build stores byte after byte, and sweeps clear gigabytes.
        unsafe memset(base + range.lowerBound, 0, range.count)
    }

    /// Inverts one bit.
    func flip(bit: Int, at offset: Int) {
        precondition(offset >= 0 && offset < SimulatedMemory.capacity)
        unsafe base[offset] ^= 1 << UInt8(bit)
    }

    /// The longest mapping that somebody still holds.
    var mappedCountMax: Int { mappedCounts.withLock { $0.max() ?? 0 } }

    /// Lends the first `count` bytes to a mapping until `release`.
    func lend(_ count: Int) -> UnsafePointer<UInt8> {
        mappedCounts.withLock { $0.append(count) }
        return unsafe UnsafePointer(base)
    }

    /// Takes back what `lend` gave out.
    func release(_ count: Int) {
        mappedCounts.withLock { counts in
            if let index = counts.firstIndex(of: count) { counts.remove(at: index) }
        }
    }
}
