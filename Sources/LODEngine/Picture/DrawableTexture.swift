internal import Glibc

/// A picture made ready to be seen at any size, and how it lies on a mesh.
///
/// Keeps the picture at full size and each half of it down to one pixel, a third more memory. Copies share it.
public struct DrawableTexture: Sendable {
    /// Which of a mesh's sets of texture coordinates it uses.
    public private(set) var coordinateSet: Int
    /// What a mesh's coordinates (s, t, 1) are multiplied with for the picture's horizontal one.
    public private(set) var horizontal: SIMD3<Float>
    /// What a mesh's coordinates (s, t, 1) are multiplied with for the picture's vertical one.
    public private(set) var vertical: SIMD3<Float>
    /// What is seen to the left and right of the picture.
    public private(set) var horizontalWrap: TextureWrap
    /// What is seen above and below the picture.
    public private(set) var verticalWrap: TextureWrap
    /// The picture, then its halves: each pixel averaged in linear light from those it covers.
    private let levels: [Picture]

    /// Makes a picture ready.
    ///
    /// - Parameters:
    ///   - picture: (0, 0) of the coordinates is its top left corner, (1, 1) its bottom right.
    ///   - coordinateSet: Which of a mesh's sets of texture coordinates it uses.
    ///   - horizontal: The first row of a transform of coordinates.
    ///   - vertical: The second row of it.
    ///   - horizontalWrap: What is seen to the left and right of the picture.
    ///   - verticalWrap: What is seen above and below the picture.
    public init(
        _ picture: Picture,
        coordinateSet: Int = 0,
        horizontal: SIMD3<Float> = SIMD3(1, 0, 0),
        vertical: SIMD3<Float> = SIMD3(0, 1, 0),
        horizontalWrap: TextureWrap = .repeats,
        verticalWrap: TextureWrap = .repeats
    ) {
        self.coordinateSet = coordinateSet
        self.horizontal = horizontal
        self.vertical = vertical
        self.horizontalWrap = horizontalWrap
        self.verticalWrap = verticalWrap
        var levels = [picture]
        var last = picture
        while last.width > 1 || last.height > 1 {
            last = last.halved()
            levels.append(last)
        }
        self.levels = levels
    }

    /// The same picture, not made ready anew, lying on a mesh as `summary` says.
    func placed(as summary: TextureSummary) -> DrawableTexture {
        var copy = self
        // The mapping is affine: three points tell it.
        let origin = summary.apply(to: SIMD2(0, 0))
        let right = summary.apply(to: SIMD2(1, 0)) - origin
        let down = summary.apply(to: SIMD2(0, 1)) - origin
        copy.coordinateSet = summary.textureCoordinateSet
        copy.horizontal = SIMD3(right.x, down.x, origin.x)
        copy.vertical = SIMD3(right.y, down.y, origin.y)
        copy.horizontalWrap = summary.horizontalWrap
        copy.verticalWrap = summary.verticalWrap
        return copy
    }

    /// The picture's coordinates for a mesh's.
    func coordinates(_ mesh: SIMD2<Float>) -> SIMD2<Float> {
        let homogeneous = SIMD3(mesh.x, mesh.y, 1)
        return SIMD2((homogeneous * horizontal).sum(), (homogeneous * vertical).sum())
    }

    /// The level where one sample of the screen sees about one pixel of the picture.
    ///
    /// - Parameters:
    ///   - area: What a triangle covers of the picture, as a share of it.
    ///   - samples: What it covers of the screen.
    func level(area: Float, samples: Float) -> Int {
        let pixels = area * Float(levels[0].width) * Float(levels[0].height)
        guard pixels > samples, samples > 0, pixels.isFinite else { return 0 }
        return min(levels.count - 1, Int((log2f(pixels / samples) / 2).rounded()))
    }

    /// Linear RGBA at a place, by bilinear interpolation; coordinates that are not finite see the corner.
    func sample(_ place: SIMD2<Float>, level: Int) -> SIMD4<Float> {
        let picture = levels[level]
        let size = SIMD2(Float(picture.width), Float(picture.height))
        let inside = SIMD2(horizontalWrap.inside(place.x), verticalWrap.inside(place.y)) * size - 0.5
        let corner = inside.rounded(.down)
        let share = inside - corner
        let (left, right) = horizontalWrap.neighbors(Int(corner.x), count: picture.width)
        let (top, bottom) = verticalWrap.neighbors(Int(corner.y), count: picture.height)
        let upper = picture.linear(left, top) * (1 - share.x) + picture.linear(right, top) * share.x
        let lower = picture.linear(left, bottom) * (1 - share.x) + picture.linear(right, bottom) * share.x
        return upper * (1 - share.y) + lower * share.y
    }
}

extension TextureWrap {
    /// The coordinate within 0...1 that shows the same; 0 for one that is not finite.
    @inline(__always)
    fileprivate func inside(_ coordinate: Float) -> Float {
        let found: Float
        switch self {
        case .repeats: found = coordinate - coordinate.rounded(.down)
        case .mirrors:
            let folded = coordinate - 2 * (coordinate / 2).rounded(.down)
            found = folded > 1 ? 2 - folded : folded
        case .clamps: found = min(max(coordinate, 0), 1)
        }
        return found >= 0 && found <= 1 ? found : 0
    }

    /// A pixel from −1 to `count` − 1 and the next one, both as pixels that there are.
    @inline(__always)
    fileprivate func neighbors(_ first: Int, count: Int) -> (Int, Int) {
        let next = first + 1
        if first >= 0 && next < count { return (first, next) }
        return switch self {
        case .repeats: (first < 0 ? count - 1 : first, next >= count ? 0 : next)
        case .mirrors, .clamps: (max(first, 0), min(next, count - 1))
        }
    }
}

extension Picture {
    @inline(__always)
    fileprivate func linear(_ x: Int, _ y: Int) -> SIMD4<Float> {
        let start = (y * width + x) * 4
        return SIMD4(
            SRGB.linear[Int(bytes[start])],
            SRGB.linear[Int(bytes[start + 1])],
            SRGB.linear[Int(bytes[start + 2])],
            Float(bytes[start + 3]) * (1 / 255)
        )
    }

    /// Half as wide and high, rounded up; an odd last row or column counts twice.
    fileprivate func halved() -> Picture {
        var half = Picture(width: (width + 1) / 2, height: (height + 1) / 2)
        for y in 0..<half.height {
            let below = min(y * 2 + 1, height - 1)
            for x in 0..<half.width {
                let beside = min(x * 2 + 1, width - 1)
                let sum =
                    (linear(x * 2, y * 2) + linear(beside, y * 2)) + (linear(x * 2, below) + linear(beside, below))
                half.set(x, y, sum * 0.25)
            }
        }
        return half
    }

    /// Sets a pixel to a linear colour with straight alpha.
    mutating func set(_ x: Int, _ y: Int, _ color: SIMD4<Float>) {
        let rgb = SRGB.encode(SIMD3(color.x, color.y, color.z))
        let start = (y * width + x) * 4
        bytes[start] = rgb.x
        bytes[start + 1] = rgb.y
        bytes[start + 2] = rgb.z
        bytes[start + 3] = UInt8((min(max(color.w, 0), 1) * 255).rounded())
    }
}
