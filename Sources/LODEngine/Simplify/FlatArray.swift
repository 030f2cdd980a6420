/// A fixed number of plain values at one address, checked on every access.
///
/// The collapse loop reads and writes a dozen of these per step. An `Array` stored in a structure would cost a
/// uniqueness and an exclusivity check each time; this costs a compare with the count and nothing else.
@safe
struct FlatArray<Element: BitwiseCopyable>: ~Copyable {
    /// How many values there are.
    let count: Int
    // Allocated here, freed in `deinit`, and reached only through the checked subscripts below.
    private let base: UnsafeMutablePointer<Element>

    /// Holds `count` times `value`.
    init(repeating value: Element, count: Int) {
        self.count = count
        unsafe base = .allocate(capacity: max(count, 1))
        unsafe base.initialize(repeating: value, count: count)
    }

    /// Holds a copy of `elements`.
    init(_ elements: [Element]) {
        count = elements.count
        unsafe base = .allocate(capacity: max(count, 1))
        unsafe elements.withUnsafeBufferPointer { elements in
            guard let first = elements.baseAddress else { return }
            unsafe base.initialize(from: first, count: elements.count)
        }
    }

    deinit {
        // Plain values need no deinitialising.
        unsafe base.deallocate()
    }

    /// The value at `index`, which must be within `0..<count`.
    subscript(index: Int) -> Element {
        @inline(__always) get {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
            return unsafe base[index]
        }
        @inline(__always) nonmutating set {
            precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
            unsafe base[index] = newValue
        }
    }

    /// The value at `index`, for indices that are themselves stored in 32 bits.
    subscript(index: UInt32) -> Element {
        @inline(__always) get { self[Int(index)] }
        @inline(__always) nonmutating set { self[Int(index)] = newValue }
    }

    /// Changes the value at `index` where it lies.
    @inline(__always)
    func update(_ index: UInt32, _ change: (inout Element) -> Void) {
        precondition(Int(index) < count)
        unsafe change(&base[Int(index)])
    }

    /// Copies the values out.
    var elements: [Element] {
        unsafe Array(UnsafeBufferPointer(start: base, count: count))
    }
}

/// Stands for "no vertex", "no corner" or "no edge" in tables of 32-bit indices.
let none = UInt32.max
