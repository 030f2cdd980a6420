/// An order in which neighbouring triangles come near each other: along a Morton curve.
///
/// Exporters and scanners sometimes list triangles as they please. Every table of the simplifier is numbered in the
/// order of the triangles, and clusters are stretches of that order, so that it should follow the surface.
///
/// A curve over 1024 cells a side (G. Morton 1966), sorted by its codes in three passes.
enum SpatialOrder {
    /// The triangles of `mesh` along the curve.
    static func triangles(of mesh: Mesh) -> [UInt32] {
        var low = SIMD3<Float>(repeating: .infinity)
        var high = -low
        for position in mesh.positions {
            low = pointwiseMin(low, position)
            high = pointwiseMax(high, position)
        }
        let scale = 1023 / max((high - low).max(), .leastNormalMagnitude)
        let codes = FlatArray<UInt64>(unset: mesh.triangleCount)
        for triangle in 0..<mesh.triangleCount {
            let sum =
                mesh.positions[Int(mesh.indices[triangle * 3])]
                + mesh.positions[Int(mesh.indices[triangle * 3 + 1])]
                + mesh.positions[Int(mesh.indices[triangle * 3 + 2])]
            codes[triangle] = mortonCode((sum / 3 - low) * scale) << 32 | UInt64(triangle)
        }
        sort(codes)
        return (0..<mesh.triangleCount).map { UInt32(truncatingIfNeeded: codes[$0]) }
    }

    /// The triangles of all pieces, mesh by mesh, each with its piece in the upper half of a word.
    ///
    /// The curve is moved by `shift` cells of 1024, so that its large steps lie elsewhere. Positions are within 1 of the
    /// origin.
    static func triangles(of pieces: [Surface], shift: Float) -> [[UInt64]] {
        guard let meshCount = pieces.first?.meshTriangles.count else { return [] }
        return (0..<meshCount).map { mesh in
            let count = pieces.reduce(0) { $0 + $1.meshTriangles[mesh].count }
            let codes = FlatArray<UInt64>(unset: count)
            var words: [UInt64] = []
            words.reserveCapacity(count)
            for (number, piece) in pieces.enumerated() {
                for triangle in piece.meshTriangles[mesh] {
                    var sum = SIMD3<Float>.zero
                    for corner in (triangle * 3)..<(triangle * 3 + 3) {
                        sum += piece.vertices[piece.wedgeVertex[Int(piece.corners[corner])]].position
                    }
                    let code = mortonCode((sum / 3 + 0.5) * (1023 - shift) + shift)
                    codes[words.count] = code << 32 | UInt64(words.count)
                    words.append(UInt64(number) << 32 | UInt64(triangle))
                }
            }
            sort(codes)
            return (0..<count).map { words[Int(codes[$0] & 0xFFFF_FFFF)] }
        }
    }

    /// Sorts words by bits 32 to 61; equal ones stay in order.
    private static func sort(_ words: borrowing FlatArray<UInt64>) {
        let other = FlatArray<UInt64>(unset: words.count)
        sort(words, into: other, shift: 32)
        sort(other, into: words, shift: 42)
        sort(words, into: other, shift: 52)
        for k in 0..<words.count { words[k] = other[k] }
    }

    /// Sorts by ten bits of each word, from `shift` up; equal ones stay in order.
    static func sort(
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
            // What overflowed is no number, and goes first.
            var bits = value > 0 ? UInt64(min(value, 1023)) : 0
            bits = (bits | bits << 16) & 0x0300_00FF
            bits = (bits | bits << 8) & 0x0300_F00F
            bits = (bits | bits << 4) & 0x030C_30C3
            return (bits | bits << 2) & 0x0924_9249
        }
        return spread(cell.x) | spread(cell.y) << 1 | spread(cell.z) << 2
    }
}
