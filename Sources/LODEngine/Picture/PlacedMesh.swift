/// A placement of a mesh as the camera sees it.
struct PlacedMesh: Sendable {
    /// By its place in the scene's meshes.
    let mesh: Int
    /// By its place in the scene's drawables.
    let drawable: Int
    /// Whether the placement turns the mesh inside out.
    let isMirrored: Bool
    /// The distance of the middle of its box along the view.
    let distance: Float
    private let transform: Transform
    /// From the mesh's coordinates to homogeneous ones of the picture.
    private let toPicture: AffineMap
    /// What normals are multiplied with: the matrix of cofactors, which is the transposed inverse but for its length;
    /// its sign follows the determinant's.
    private let cofactors: Corners<SIMD3<Float>>

    init(_ placement: PreparedScene.Placement, transform: Transform, bounds: BoundingBox, projection: Projection) {
        mesh = placement.mesh
        drawable = placement.drawable
        self.transform = transform
        isMirrored = transform.determinant < 0
        toPicture = projection.map(transform)
        distance = toPicture.apply(to: bounds.center).z
        let x = SIMD3(transform.x.x, transform.x.y, transform.x.z)
        let y = SIMD3(transform.y.x, transform.y.y, transform.y.z)
        let z = SIMD3(transform.z.x, transform.z.y, transform.z.z)
        let sign: Float = transform.determinant < 0 ? -1 : 1
        cofactors = Corners(a: y.cross(z) * sign, b: z.cross(x) * sign, c: x.cross(y) * sign)
    }

    /// Homogeneous coordinates in the picture, as `Projection` gives them.
    @inline(__always)
    func place(_ point: SIMD3<Float>) -> SIMD3<Float> {
        toPicture.apply(to: point)
    }

    /// Where a point is in the scene.
    @inline(__always)
    func point(_ point: SIMD3<Float>) -> SIMD3<Float> {
        transform.apply(to: point)
    }

    /// Which way a normal faces in the scene, with length 1, or zero.
    @inline(__always)
    func normal(_ normal: SIMD3<Float>) -> SIMD3<Float> {
        cofactors.mixed(normal).normalized
    }

    /// The samples that its box covers; `nil` if there are none in these rows, or the box is behind the viewer.
    func screenBox(_ bounds: BoundingBox, grid: SampleGrid, rows: Range<Int>, near: Float) -> ScreenBox? {
        let all = ScreenBox(columns: 0..<grid.width, rows: rows, nearness: .infinity)
        var least = SIMD2<Float>(repeating: .infinity)
        var greatest = -least
        var nearest = Float.infinity
        var (isNear, isBehind) = (false, true)
        for corner in bounds.corners {
            let place = place(corner)
            guard place.x.isFinite && place.y.isFinite && place.z.isFinite else { return all }
            if place.z < near {
                isNear = true
            } else {
                isBehind = false
                nearest = min(nearest, place.z)
                let seen = grid.coordinates(place)
                least = pointwiseMin(least, seen)
                greatest = pointwiseMax(greatest, seen)
            }
        }
        if isBehind { return nil }
        // What reaches behind the viewer has no box in the picture.
        if isNear { return all }
        // A sample is in its square's middle; a little room for roundings.
        let room = SIMD2<Float>(repeating: 2 / Float(SampleGrid.subsamples))
        let limit = SIMD2(Float(grid.width), Float(rows.upperBound))
        let first = pointwiseMax((least - room - 0.5).rounded(.up), SIMD2(0, Float(rows.lowerBound)))
        let end = pointwiseMin((greatest + room - 0.5).rounded(.down) + 1, limit)
        guard first.x < end.x, first.y < end.y else { return nil }
        return ScreenBox(
            columns: Int(first.x)..<Int(end.x),
            rows: Int(first.y)..<Int(end.y),
            nearness: 1 / nearest * 1.000_01
        )
    }
}

/// The samples that something may cover, and how near it is at most.
struct ScreenBox: Sendable {
    let columns: Range<Int>
    let rows: Range<Int>
    /// One over the least distance, rounded up.
    let nearness: Float
}

/// An affine map in three coordinates.
struct AffineMap: Sendable {
    let x: SIMD4<Float>
    let y: SIMD4<Float>
    let z: SIMD4<Float>
    let origin: SIMD4<Float>

    @inline(__always)
    func apply(to point: SIMD3<Float>) -> SIMD3<Float> {
        let moved = x * point.x + y * point.y + z * point.z + origin
        return SIMD3(moved.x, moved.y, moved.z)
    }
}

/// The samples of a picture.
struct SampleGrid: Sendable {
    let width: Int
    let height: Int
    /// Steps of the grid that corners are rounded to, between one sample and the next.
    static let subsamples = 256

    /// Columns and rows, counted in samples from the upper left corner.
    @inline(__always)
    func coordinates(_ place: SIMD3<Float>) -> SIMD2<Float> {
        SIMD2(
            (place.x / place.z * 0.5 + 0.5) * Float(width),
            (0.5 - place.y / place.z * 0.5) * Float(height)
        )
    }

    /// The nearest point of the grid, in subsamples; `nil` beyond the picture's borders and for what is no number.
    @inline(__always)
    func subsample(_ place: SIMD3<Float>) -> SIMD2<Int32>? {
        let scaled = coordinates(place) * Float(Self.subsamples)
        // Clipping left a rounding beyond the borders at most.
        let limit = Float((max(width, height) + 1) * Self.subsamples)
        guard abs(scaled.x) <= limit, abs(scaled.y) <= limit else { return nil }
        // Rounding to the nearest by cutting off what is above 0, which is one instruction; exact in double precision.
        let shift = 4_194_304.0
        return SIMD2(
            Int32(Double(scaled.x) + (shift + 0.5)) - Int32(shift),
            Int32(Double(scaled.y) + (shift + 0.5)) - Int32(shift)
        )
    }
}
