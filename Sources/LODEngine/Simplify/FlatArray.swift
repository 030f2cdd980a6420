/// A fixed number of plain values at one address, on a cache line of its own.
///
/// The collapse loop reads and writes a dozen of these per step. An `Array` stored in a structure would cost a
/// uniqueness and an exclusivity check each time. Indices are checked in debug builds, in which the tests run; in
/// release builds they are not, for the check is a tenth of the loop. That is sound because every index is made by this
/// module from tables that it built itself, out of triangles that `Mesh.check()` has been through.
@safe
struct FlatArray<Element: BitwiseCopyable>: ~Copyable {
    /// How many values there are.
    let count: Int
    // Allocated here, freed in `deinit`, and reached only through the subscripts below.
    private let base: UnsafeMutablePointer<Element>

    /// Holds `count` times `value`.
    init(repeating value: Element, count: Int) {
        self.count = count
        unsafe base = Self.allocate(count)
        unsafe base.initialize(repeating: value, count: count)
    }

    /// Holds a copy of `elements`.
    init(_ elements: [Element]) {
        count = elements.count
        unsafe base = Self.allocate(count)
        unsafe elements.withUnsafeBufferPointer { elements in
            guard let first = elements.baseAddress else { return }
            unsafe base.initialize(from: first, count: elements.count)
        }
    }

    /// Holds a copy of another table.
    init(copying other: borrowing FlatArray<Element>) {
        count = other.count
        unsafe base = Self.allocate(count)
        unsafe base.initialize(from: other.base, count: count)
    }

    /// Holds `count` values that must be set before they are read.
    init(unset count: Int) {
        self.count = count
        unsafe base = Self.allocate(count)
    }

    private static func allocate(_ count: Int) -> UnsafeMutablePointer<Element> {
        let size = max(count, 1) * MemoryLayout<Element>.stride
        return unsafe UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
            .bindMemory(to: Element.self, capacity: max(count, 1))
    }

    deinit {
        // Plain values need no deinitialising.
        unsafe UnsafeMutableRawPointer(base).deallocate()
    }

    /// The value at `index`, which must be within `0..<count`.
    subscript(index: Int) -> Element {
        @inline(__always) get {
            assert(UInt(bitPattern: index) < UInt(bitPattern: count))
            return unsafe base[index]
        }
        @inline(__always) nonmutating _modify {
            assert(UInt(bitPattern: index) < UInt(bitPattern: count))
            yield unsafe &base[index]
        }
    }

    /// The value at `index`, for indices that are themselves stored in 32 bits.
    subscript(index: UInt32) -> Element {
        @inline(__always) get { self[Int(index)] }
        @inline(__always) nonmutating _modify { yield &self[Int(index)] }
    }

    /// The first value's address, good for `count` values while the table lives.
    @unsafe var pointer: UnsafeMutablePointer<Element> {
        @inline(__always) get { unsafe base }
    }

    /// Copies the values out.
    var elements: [Element] {
        unsafe Array(UnsafeBufferPointer(start: base, count: count))
    }
}

// Threads that share one write to different places, and are joined before others read these.
extension FlatArray: @unchecked Sendable where Element: Sendable {}

/// Stands for "no vertex", "no corner" or "no edge" in tables of 32-bit indices.
let none = UInt32.max
