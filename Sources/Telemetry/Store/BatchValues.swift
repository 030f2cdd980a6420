internal import Glibc

/// The values of a batch: four bytes each where a block of them are whole numbers that fit, as most counters and levels do,
/// and eight where one is not.
///
/// They are kept for minutes and then given up together. An allocator that gives each thread a heap of its own would keep
/// as much again free between what else is asked for meanwhile, so many values have pages of their own.
@safe final class BatchValues: Sendable {
    private static let blockSize = 256
    /// Fewer values come from the heap, where they take up less than whole pages.
    private static let mappedCountMin = 1 << 13
    private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
    /// Added to a real of less than 2^51, this rounds it to a whole number, which the lowest bits then are.
    private static let rounder = 0x1.8p52

    let count: Int
    /// Bytes that the values take.
    let byteCount: Int
    // Written while it is made, and only read then; it goes with the object.
    private nonisolated(unsafe) let memory: UnsafeMutableRawPointer
    /// Bytes of pages of its own; 0 for memory of the heap.
    private let mappedBytes: Int
    /// For each block where it begins, in words of four bytes, twice, and one more where its values are wide.
    private let blocks: [UInt32]

    /// Keeps values, fewer than 2^29.
    init(_ values: [Double]) {
        let count = values.count
        self.count = count
        // As if all were wide; what is left over goes back below.
        let room = max(1, count) * MemoryLayout<Double>.stride
        let pages = count < Self.mappedCountMin ? nil : unsafe Self.pages(room)
        guard let memory = unsafe pages ?? malloc(room) else { preconditionFailure("there is no memory for a batch") }
        var blocks: [UInt32] = []
        blocks.reserveCapacity(count / Self.blockSize + 1)
        var end = 0
        unsafe values.withUnsafeBufferPointer { values in
            var start = 0
            while start < count {
                let block = unsafe UnsafeBufferPointer(rebasing: values[start..<min(start + Self.blockSize, count)])
                let target = unsafe memory + end
                let isNarrow = unsafe Self.storeNarrow(block, to: target)
                if !isNarrow {
                    unsafe UnsafeMutableRawBufferPointer(start: target, count: 8 * block.count)
                        .copyMemory(from: UnsafeRawBufferPointer(block))
                }
                blocks.append(UInt32(truncatingIfNeeded: end / 2) | (isNarrow ? 0 : 1))
                // Blocks begin at multiples of eight bytes: all but the last have an even number of values.
                end += block.count * (isNarrow ? 4 : 8)
                start += Self.blockSize
            }
        }
        byteCount = end
        self.blocks = blocks
        if unsafe pages != nil {
            unsafe self.memory = memory
            // Up to the end of a page: the kernel maps no less.
            let kept = (end + Self.pageSize - 1) & ~(Self.pageSize - 1)
            let isCut = unsafe kept < room && munmap(memory + kept, room - kept) == 0
            mappedBytes = isCut ? kept : room
        } else {
            // The heap may refuse to take a part back: then all stays where it is.
            unsafe self.memory = realloc(memory, max(1, end)) ?? memory
            mappedBytes = 0
        }
    }

    deinit {
        if mappedBytes > 0 { unsafe munmap(memory, mappedBytes) } else { unsafe free(memory) }
    }

    private static func pages(_ byteCount: Int) -> UnsafeMutableRawPointer? {
        let memory = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        // Where the system has no more mappings, the heap will do.
        return unsafe memory == MAP_FAILED ? nil : memory
    }

    /// Stores a block as whole numbers of four bytes; returns whether that lost nothing of any.
    ///
    /// Without a branch, so that several values go through a vector at once.
    private static func storeNarrow(_ block: UnsafeBufferPointer<Double>, to target: UnsafeMutableRawPointer) -> Bool {
        let numbers = unsafe target.assumingMemoryBound(to: Int32.self)
        var lost: UInt64 = 0
        for index in 0..<block.count {
            let value = unsafe block[index]
            let shifted = value + rounder
            let number = Int64(bitPattern: shifted.bitPattern &- rounder.bitPattern)
            // Fractions and negative zero differ in the first; large numbers, infinities and what is not a number in the
            // second.
            lost |= (shifted - rounder).bitPattern ^ value.bitPattern
            lost |= UInt64(bitPattern: number &+ 0x8000_0000) &>> 32
            unsafe numbers[index] = Int32(truncatingIfNeeded: number)
        }
        return lost == 0
    }

    subscript(place: Int) -> Double {
        precondition(place >= 0 && place < count, "a batch has no such place")
        let block = blocks[place / Self.blockSize]
        let start = unsafe memory + Int(block & ~1) * 2
        let offset = place % Self.blockSize
        return unsafe block & 1 == 0
            ? Double(start.load(fromByteOffset: 4 * offset, as: Int32.self))
            : start.load(fromByteOffset: 8 * offset, as: Double.self)
    }
}
