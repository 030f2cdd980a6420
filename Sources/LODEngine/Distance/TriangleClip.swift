/// Cuts a triangle along the edges of another one, seen from the other's front.
///
/// The three planes through its edges, at right angles to it, cut off what lies beside it, one after the other
/// (I. Sutherland and G. Hodgman 1974); what remains is a polygon of six corners at most.
struct TriangleClip: ~Copyable {
    private let polygon = FlatArray(repeating: SIMD3<Float>.zero, count: 8)
    private let next = FlatArray(repeating: SIMD3<Float>.zero, count: 8)
    private let outside = FlatArray(repeating: SIMD3<Float>.zero, count: 8)
    private let sides = FlatArray(repeating: Float(0), count: 8)
    private var rests: [Triangle] = []
    /// Corners of what lies over the other triangle.
    private(set) var middleCount = 0

    /// Triangles that make up what lies beside the other triangle.
    var restCount: Int { rests.count }

    /// Nearer to a plane than this, a corner lies on it; so no slivers as thin as rounding come off.
    private static let thickness: Float = 2e-7
    /// The part of the triangle that must lie over the other for a cut to be worth its rests.
    private static let shareMin: Float = 1.0 / 16

    func middle(_ corner: Int) -> SIMD3<Float> { polygon[corner] }

    func rest(_ number: Int) -> Triangle { rests[number] }

    /// Cuts `triangle`; `false` where too little of it lies over `other`, or `other` has no area.
    mutating func cut(_ triangle: Triangle, along other: Triangle) -> Bool {
        guard let first = unitVector(other.b - other.a), let last = unitVector(other.c - other.a),
            let second = unitVector(other.c - other.b), let normal = unitVector(cross(first, last))
        else { return false }
        rests.removeAll(keepingCapacity: true)
        polygon[0] = triangle.a
        polygon[1] = triangle.b
        polygon[2] = triangle.c
        middleCount = 3
        guard cutOff(below: cross(normal, first), at: other.a), cutOff(below: cross(normal, second), at: other.b),
            cutOff(below: cross(last, normal), at: other.a)
        else { return false }
        // Nothing beside it: as the whole is not within reach, the middle is not.
        guard !rests.isEmpty else { return false }
        return middleArea >= Self.shareMin * length(cross(triangle.b - triangle.a, triangle.c - triangle.a))
    }

    /// Twice the area of the middle.
    private var middleArea: Float {
        var sum = SIMD3<Float>.zero
        for k in 1..<(middleCount - 1) { sum += cross(polygon[k] - polygon[0], polygon[k + 1] - polygon[0]) }
        return length(sum)
    }

    /// Moves the part of the middle below a plane to the rests; `false` if nothing is left above it.
    private mutating func cutOff(below normal: SIMD3<Float>, at point: SIMD3<Float>) -> Bool {
        var (isAbove, isBelow) = (false, false)
        for k in 0..<middleCount {
            let side = dot(polygon[k] - point, normal)
            sides[k] = abs(side) <= Self.thickness ? 0 : side
            if sides[k] > 0 { isAbove = true }
            if sides[k] < 0 { isBelow = true }
        }
        guard isAbove else { return false }
        guard isBelow else { return true }
        var (insideCount, outsideCount) = (0, 0)
        for k in 0..<middleCount {
            let following = k + 1 < middleCount ? k + 1 : 0
            if sides[k] >= 0 {
                next[insideCount] = polygon[k]
                insideCount += 1
            }
            if sides[k] <= 0 {
                outside[outsideCount] = polygon[k]
                outsideCount += 1
            }
            guard sides[k] * sides[following] < 0 else { continue }
            let share = sides[k] / (sides[k] - sides[following])
            let meeting = polygon[k] + (polygon[following] - polygon[k]) * share
            next[insideCount] = meeting
            outside[outsideCount] = meeting
            insideCount += 1
            outsideCount += 1
        }
        if outsideCount >= 3 {
            for k in 1..<(outsideCount - 1) { rests.append(Triangle(a: outside[0], b: outside[k], c: outside[k + 1])) }
        }
        for k in 0..<insideCount { polygon[k] = next[k] }
        middleCount = insideCount
        return insideCount >= 3
    }
}
