internal import Glibc

/// What is needed to draw a material's colour; all the rest of the material is carried through unseen.
public struct MaterialSummary: Sendable {
    /// How a surface's alpha is used.
    public enum AlphaMode: String, Sendable {
        /// Not at all.
        case opaque = "OPAQUE"
        /// Below the cutoff nothing is drawn, above it everything.
        case mask = "MASK"
        /// The surface is blended with what is behind it.
        case blend = "BLEND"
    }

    /// The material's name, if it has one.
    public let name: String?
    /// Linear RGBA that the texture, or white, is multiplied with.
    public let baseColorFactor: SIMD4<Float>
    /// The base colour texture, if there is one.
    public let baseColorTexture: TextureSummary?
    /// Whether the back of a triangle is seen too.
    public let isDoubleSided: Bool
    /// How alpha is used.
    public let alphaMode: AlphaMode
    /// The least alpha that is drawn in mode `mask`.
    public let alphaCutoff: Float
}

/// What a texture shows beyond its image's borders.
public enum TextureWrap: Sendable {
    /// The image again.
    case repeats
    /// The image again, every other time turned over.
    case mirrors
    /// The pixels at the border.
    case clamps
}

/// An image, and where on a mesh it goes.
public struct TextureSummary: Sendable {
    /// The image's own bytes as the file has them; `nil` when they are outside it and were not read.
    public let imageBytes: [UInt8]?
    /// The kind of image, such as "image/png", if it is known.
    public let mimeType: String?
    /// Which of the mesh's sets of texture coordinates it uses.
    public let textureCoordinateSet: Int
    /// What is added to texture coordinates (KHR_texture_transform), after scale and rotation.
    public let offset: SIMD2<Float>
    /// The angle in radians by which coordinates are turned counter-clockwise about the origin, and the image thereby
    /// clockwise.
    public let rotation: Float
    /// What texture coordinates are multiplied with first.
    public let scale: SIMD2<Float>
    /// What is seen to the left and right of the image.
    public let horizontalWrap: TextureWrap
    /// What is seen above and below the image.
    public let verticalWrap: TextureWrap

    /// The image's coordinates for a mesh's.
    public func apply(to coordinates: SIMD2<Float>) -> SIMD2<Float> {
        // The product of the extension's translation, rotation and scale matrices.
        let scaled = coordinates * scale
        guard rotation != 0 else { return scaled + offset }
        let (sine, cosine) = (sinf(rotation), cosf(rotation))
        return SIMD2(
            cosine * scaled.x + sine * scaled.y + offset.x,
            cosine * scaled.y - sine * scaled.x + offset.y
        )
    }
}
