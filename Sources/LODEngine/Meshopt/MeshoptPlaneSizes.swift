internal import VitrineCIntrinsics

/// What a plane's groups take in each bit length.
struct MeshoptPlaneSizes {
    private var groups = 0
    /// The deltas of each group that 0 and 1, 2, and 4 bits do not hold.
    private var counts = [UInt8](repeating: 0, count: 3 * 16)

    /// Looks at the first `groups` groups of plane `lane`.
    mutating func measure(_ planes: inout MeshoptChannel, lane: Int, groups: Int) {
        self.groups = groups
        unsafe planes.withPlanes { planes in
            // A plane has 16 groups, and `counts` a row of 16 for each kind.
            unsafe vitrine_meshopt_measure(planes + lane * MeshoptChannel.planeBytes, groups, &counts)
        }
    }

    /// Bytes of a group in `bits` bits; more than it can take where they do not hold it.
    @inline(__always)
    private func size(group: Int, bits: Int) -> Int {
        switch bits {
        case 0: counts[group] == 0 ? 0 : 99
        case 1: 2 &+ Int(counts[group])
        case 2: 4 &+ Int(counts[16 + group])
        case 4: 8 &+ Int(counts[32 + group])
        default: 16
        }
    }

    /// The group code, among those that `bits` holds the lengths of, under which `group` is shortest.
    @inline(__always)
    func bestCode(group: Int, bits: UInt32) -> Int {
        var best = (code: 0, size: size(group: group, bits: Int(bits & 255)))
        for code in 1..<4 {
            let size = size(group: group, bits: Int(bits >> UInt32(code * 8) & 255))
            if size < best.size { best = (code, size) }
        }
        return best.code
    }

    /// Bytes of the plane under each control, in the order of their codes, with headers.
    private func sizes(elements: Int) -> SIMD4<Int> {
        var low = (groups + 3) / 4
        var high = low
        var isZero = true
        for group in 0..<groups {
            let middle = min(size(group: group, bits: 1), size(group: group, bits: 2), size(group: group, bits: 4))
            let zero = size(group: group, bits: 0)
            isZero = isZero && zero == 0
            low += min(zero, middle)
            high += min(middle, 16)
        }
        return SIMD4(low, high, isZero ? 0 : .max, elements)
    }

    /// Version 1's control code under which the plane is shortest.
    func bestControl(elements: Int) -> Int {
        let sizes = sizes(elements: elements)
        var best = 0
        for code in 1..<4 where sizes[code] < sizes[best] { best = code }
        return best
    }

    /// Bytes of the plane under version 1's best control.
    func bestSize(elements: Int) -> Int { sizes(elements: elements).min() }
}
