/// Finds the vertex that already stands for a key of three 32-bit numbers, or makes the next one.
///
/// Open addressing with linear probing; at most half full.
struct WedgeTable {
    /// The keys in the order of their vertices.
    private(set) var keys: [SIMD3<UInt32>] = []
    private var slots: [UInt32]
    private var mask: Int

    private static let free = UInt32.max

    /// A table that need not grow before `capacity` keys.
    init(capacity: Int) {
        var slotCount = 64
        while slotCount < capacity * 2 { slotCount *= 2 }
        slots = [UInt32](repeating: Self.free, count: slotCount)
        mask = slotCount - 1
    }

    /// The vertex of `key`.
    mutating func vertex(of key: SIMD3<UInt32>) -> UInt32 {
        var slot = Self.hash(key) & mask
        while slots[slot] != Self.free {
            if keys[Int(slots[slot])] == key { return slots[slot] }
            slot = (slot + 1) & mask
        }
        let vertex = UInt32(truncatingIfNeeded: keys.count)
        keys.append(key)
        slots[slot] = vertex
        if keys.count * 2 > slots.count { grow() }
        return vertex
    }

    private mutating func grow() {
        slots = [UInt32](repeating: Self.free, count: slots.count * 2)
        mask = slots.count - 1
        for (vertex, key) in keys.enumerated() {
            var slot = Self.hash(key) & mask
            while slots[slot] != Self.free { slot = (slot + 1) & mask }
            slots[slot] = UInt32(truncatingIfNeeded: vertex)
        }
    }

    /// Mixes the key's bits with the finalizer of MurmurHash3.
    private static func hash(_ key: SIMD3<UInt32>) -> Int {
        var mixed = UInt64(key.x) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(key.y) &* 0xC2B2_AE3D_27D4_EB4F
        mixed ^= UInt64(key.z) &* 0x1656_67B1_9E37_79F9
        mixed = (mixed ^ (mixed >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        return Int(truncatingIfNeeded: (mixed ^ (mixed >> 33)) & 0x7fff_ffff_ffff_ffff)
    }
}
