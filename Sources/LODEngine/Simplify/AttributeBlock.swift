internal import VitrineCIntrinsics

/// Four weighed attributes of a wedge as functions of the position, each linear: the mean over the wedge's surface.
///
/// One attribute to a lane, so that four cost what one does.
typealias AttributeBlock = vitrine_attributes

extension AttributeBlock {
    /// Attributes in a block.
    static var width: Int { 4 }
}

extension Quadric {
    /// Adds a sum of squares of linear functions.
    @inline(__always)
    mutating func add(_ squares: vitrine_squares) {
        xx += squares.first.x
        xy += squares.first.y
        xz += squares.first.z
        yy += squares.first.w
        yz += squares.second.x
        zz += squares.second.y
        bx += squares.linear.x
        by += squares.linear.y
        bz += squares.linear.z
        c += squares.linear.w
    }
}

/// The weighed attributes of all wedges, a row of blocks for each.
struct AttributeRows: ~Copyable {
    /// Blocks per row.
    let width: Int
    private let blocks: FlatArray<AttributeBlock>

    /// Holds `count` rows of zeros.
    init(count: Int, width: Int) {
        self.width = width
        blocks = FlatArray(repeating: AttributeBlock(), count: count * width)
    }

    /// Holds `count` rows that must be set before they are read.
    init(unset count: Int, width: Int) {
        self.width = width
        blocks = FlatArray(unset: count * width)
    }

    /// How many rows there are.
    var count: Int { width > 0 ? blocks.count / width : 0 }

    /// Attribute `number` of a row where its wedge is, times its weight.
    subscript(row: UInt32, number: Int) -> Float {
        get { blocks[place(row) + number / AttributeBlock.width].value[number % AttributeBlock.width] }
        nonmutating set {
            blocks[place(row) + number / AttributeBlock.width].value[number % AttributeBlock.width] = newValue
        }
    }

    @inline(__always)
    private func place(_ row: UInt32) -> Int { Int(row) &* width }

    /// A row's blocks; the pointer is good for `width` of them while the rows live.
    @inline(__always)
    private func pointer(_ row: UInt32) -> UnsafeMutablePointer<AttributeBlock> {
        assert(place(row) + width <= blocks.count)
        return unsafe blocks.pointer + place(row)
    }

    /// `weight` times the squares of what row `two`, told from a place at `offset` from its own, differs from `one` in.
    ///
    /// Source: Steiner's theorem on parallel axes; see `WedgeMerge`.
    @inline(__always)
    func difference(_ one: UInt32, _ two: UInt32, _ offset: SIMD3<Float>, weight: Float) -> vitrine_squares {
        // Both rows are within the table, as `pointer` checks.
        unsafe vitrine_attributes_difference(
            pointer(one),
            pointer(two),
            width,
            offset.x,
            offset.y,
            offset.z,
            weight
        )
    }

    /// The same against a row of another table.
    @inline(__always)
    func difference(
        _ one: UInt32,
        of other: borrowing AttributeRows,
        _ two: UInt32,
        _ offset: SIMD3<Float>,
        weight: Float
    ) -> vitrine_squares {
        unsafe vitrine_attributes_difference(
            other.pointer(one),
            pointer(two),
            width,
            offset.x,
            offset.y,
            offset.z,
            weight
        )
    }

    /// Makes row `one` that of both, `two` with a weight of `share`, each told from a place at its offset.
    @inline(__always)
    func blend(_ one: UInt32, _ two: UInt32, _ offset: SIMD3<Float>, _ other: SIMD3<Float>, share: Float) {
        unsafe vitrine_attributes_blend(
            pointer(one),
            pointer(one),
            pointer(two),
            width,
            offset.x,
            offset.y,
            offset.z,
            other.x,
            other.y,
            other.z,
            share
        )
    }

    /// Blends row `one`, told from where it is, with row `two` of another table, told from a place at `offset`.
    @inline(__always)
    func blend(_ one: UInt32, with other: borrowing AttributeRows, _ two: UInt32, _ offset: SIMD3<Float>, share: Float)
    {
        unsafe vitrine_attributes_blend(
            pointer(one),
            pointer(one),
            other.pointer(two),
            width,
            0,
            0,
            0,
            offset.x,
            offset.y,
            offset.z,
            share
        )
    }

    /// Makes row `one` what row `two` of another table is when told from a place at `offset`.
    @inline(__always)
    func move(_ one: UInt32, from other: borrowing AttributeRows, _ two: UInt32, _ offset: SIMD3<Float>) {
        unsafe vitrine_attributes_move(pointer(one), other.pointer(two), width, offset.x, offset.y, offset.z)
    }

    /// Whether two rows have other values in any attribute from number `first` on.
    func differ(_ one: UInt32, _ two: UInt32, from first: Int) -> Bool {
        for number in first..<max(width * AttributeBlock.width, first) where self[one, number] != self[two, number] {
            return true
        }
        return false
    }

    /// Copies row `two` of another table.
    func copy(_ one: UInt32, from other: borrowing AttributeRows, _ two: UInt32) {
        for k in 0..<width { blocks[place(one) + k] = other.blocks[place(two) + k] }
    }

    /// Adds the gradients of row `two` of another table.
    func addGradients(_ one: UInt32, from other: borrowing AttributeRows, _ two: UInt32) {
        for k in 0..<width {
            blocks[place(one) + k].x += other.blocks[place(two) + k].x
            blocks[place(one) + k].y += other.blocks[place(two) + k].y
            blocks[place(one) + k].z += other.blocks[place(two) + k].z
        }
    }

    /// Adds a triangle's gradients, times `share`, to the rows of its corners, and returns their squares.
    ///
    /// A gradient is the sum of `u` and `v`, each times the attribute's step along that side.
    @inline(__always)
    func seed(
        _ a: UInt32,
        _ b: UInt32,
        _ c: UInt32,
        _ u: SIMD3<Float>,
        _ v: SIMD3<Float>,
        share: Float
    ) -> vitrine_squares {
        unsafe vitrine_attributes_seed(
            pointer(a),
            pointer(b),
            pointer(c),
            width,
            u.x,
            u.y,
            u.z,
            v.x,
            v.y,
            v.z,
            share
        )
    }

    /// Makes means of the gradients that were summed in a row, and returns minus their squares times `area`.
    @inline(__always)
    func settle(_ row: UInt32, area: Float) -> vitrine_squares {
        unsafe vitrine_attributes_settle(pointer(row), width, area)
    }
}
