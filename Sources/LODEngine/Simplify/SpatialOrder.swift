/// An order in which neighbouring triangles come near each other.
///
/// Exporters and scanners sometimes list triangles as they please. Every table of the simplifier is numbered in the
/// order of the triangles, so that a scattered list would make each step wait for memory.
enum SpatialOrder {
    /// The triangles of `mesh` along a Morton curve, or `nil` where they come in a good order already.
    ///
    /// A curve over 1024 cells a side (G. Morton 1966), sorted by its codes in three passes.
    static func triangles(of mesh: Mesh) -> [UInt32]? {
        guard mesh.triangleCount >= 4096, isScattered(mesh) else { return nil }
        var low = SIMD3<Float>(repeating: .infinity)
        var high = -low
        for position in mesh.positions {
            low = pointwiseMin(low, position)
            high = pointwiseMax(high, position)
        }
        let size = high - low
        let scale = 1023 / max(size.x, size.y, size.z, .leastNormalMagnitude)
        let codes = FlatArray(repeating: UInt64(0), count: mesh.triangleCount)
        for triangle in 0..<mesh.triangleCount {
            let sum =
                mesh.positions[Int(mesh.indices[triangle * 3])]
                + mesh.positions[Int(mesh.indices[triangle * 3 + 1])]
                + mesh.positions[Int(mesh.indices[triangle * 3 + 2])]
            let cell = (sum / 3 - low) * scale
            codes[triangle] = mortonCode(cell) << 32 | UInt64(triangle)
        }
        let other = FlatArray(repeating: UInt64(0), count: mesh.triangleCount)
        sort(codes, into: other, shift: 32)
        sort(other, into: codes, shift: 42)
        sort(codes, into: other, shift: 52)
        return (0..<mesh.triangleCount).map { UInt32(truncatingIfNeeded: other[$0]) }
    }

    /// Whether, of some pairs of triangles in a row, more than a seventh are far from each other for their size.
    private static func isScattered(_ mesh: Mesh) -> Bool {
        func corners(_ triangle: Int) -> (SIMD3<Float>, SIMD3<Float>, SIMD3<Float>) {
            (
                mesh.positions[Int(mesh.indices[triangle * 3])],
                mesh.positions[Int(mesh.indices[triangle * 3 + 1])],
                mesh.positions[Int(mesh.indices[triangle * 3 + 2])]
            )
        }
        var farCount = 0
        var count = 0
        for triangle in stride(from: 1, to: mesh.triangleCount, by: max(mesh.triangleCount / 2000, 1)) {
            let (a, b, c) = corners(triangle - 1)
            let (d, e, f) = corners(triangle)
            let reach = max(length(b - a), length(c - b), length(e - d), length(f - e))
            if length((d + e + f) - (a + b + c)) > 12 * reach { farCount += 1 }
            count += 1
        }
        return farCount * 7 > count
    }

    /// Sorts by ten bits of each word, from `shift` up; equal ones stay in order.
    private static func sort(
        _ words: borrowing FlatArray<UInt64>,
        into sorted: borrowing FlatArray<UInt64>,
        shift: UInt64
    ) {
        let places = FlatArray(repeating: 0, count: 1025)
        for k in 0..<words.count { places[Int(words[k] >> shift & 1023) + 1] += 1 }
        for digit in 1..<1024 { places[digit] += places[digit - 1] }
        for k in 0..<words.count {
            let digit = Int(words[k] >> shift & 1023)
            sorted[places[digit]] = words[k]
            places[digit] += 1
        }
    }

    /// Interleaves the bits of three numbers from 0 to 1023.
    static func mortonCode(_ cell: SIMD3<Float>) -> UInt64 {
        func spread(_ value: Float) -> UInt64 {
            var bits = UInt64(min(max(value, 0), 1023))
            bits = (bits | bits << 16) & 0x0300_00FF
            bits = (bits | bits << 8) & 0x0300_F00F
            bits = (bits | bits << 4) & 0x030C_30C3
            return (bits | bits << 2) & 0x0924_9249
        }
        return spread(cell.x) | spread(cell.y) << 1 | spread(cell.z) << 2
    }
}
