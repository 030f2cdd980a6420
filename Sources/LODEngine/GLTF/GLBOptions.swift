/// How a model is written: in full, or small for delivery.
public struct GLBOptions: Sendable, Hashable {
    /// What is done to the bytes of vertices, indices and keyframes.
    public enum Compression: Sendable, Hashable {
        /// Nothing.
        case none
        /// EXT_meshopt_compression, which most loaders have: attribute codec version 0.
        case meshoptEXT
        /// KHR_meshopt_compression, its successor: attribute codec version 1, a little smaller.
        case meshoptKHR
    }

    /// In how many bits attributes are stored; `nil` for floats throughout.
    public var quantization: VertexQuantization?
    /// What is done to the bytes of vertices, indices and keyframes.
    public var compression: Compression
    /// Whether triangles and vertices are brought into the order that draws fastest and compresses best.
    public var optimizesOrder: Bool

    /// Names the three choices.
    public init(
        quantization: VertexQuantization? = nil,
        compression: Compression = .none,
        optimizesOrder: Bool = false
    ) {
        self.quantization = quantization
        self.compression = compression
        self.optimizesOrder = optimizesOrder
    }

    /// Floats, nothing compressed, triangles and vertices in the order that they have.
    public static let plain = GLBOptions()

    /// Small and quick to draw: quantised, compressed and in order.
    ///
    /// - Parameters:
    ///   - error: The error that the model has already, such as `LODChain.Level.error`, in the scene's units.
    ///   - compression: `.meshoptKHR` is smaller, `.meshoptEXT` is known to more loaders.
    public static func delivery(error: Float? = nil, compression: Compression = .meshoptEXT) -> GLBOptions {
        GLBOptions(
            quantization: VertexQuantization(error: error),
            compression: compression,
            optimizesOrder: true
        )
    }
}

/// In how many bits the attributes of vertices are stored (KHR_mesh_quantization).
///
/// Positions lie on one grid for each mesh, whose origin and step go into the nodes and skins that place the mesh;
/// texture coordinates on a grid for each material, whose origin and step go into its KHR_texture_transform. Where a
/// place for them is missing or their error would be too large, floats stay: see <doc:Delivery>.
public struct VertexQuantization: Sendable, Hashable {
    /// The least bits of each coordinate of a position, 8 to 16; more are taken, up to 16, where `error` asks for it.
    public var positionBits: Int
    /// Bits of each of a normal's or tangent's two octahedral coordinates, 4 to 8.
    public var normalBits: Int
    /// Bits of a texture coordinate over a unit of texture space, 8 to 16.
    public var textureCoordinateBits: Int
    /// What the error of positions must stay below, in the scene's units; `nil` for no such bound.
    public var error: Float?

    /// Names the bits; those beyond their range are brought into it.
    public init(positionBits: Int = 14, normalBits: Int = 8, textureCoordinateBits: Int = 12, error: Float? = nil) {
        self.positionBits = min(max(positionBits, 8), 16)
        self.normalBits = min(max(normalBits, 4), 8)
        self.textureCoordinateBits = min(max(textureCoordinateBits, 8), 16)
        self.error = error
    }
}
