/// How much a file may ask of its reader before it is refused with `LODError.Code.limitExceeded`.
///
/// A few hundred bytes can state sizes of gigabytes (zero-filled and sparse accessors, compression, one array shared
/// by a thousand meshes), so the limits bound what is built, not only what is read.
public struct ReadLimits: Sendable {
    /// Bytes of the model's file, and of each buffer and image beside it; 4 GiB by default, a GLB's own limit.
    public var fileBytesMax: Int
    /// Bytes of JSON, and of the material libraries of an OBJ together; 64 MiB by default.
    public var jsonBytesMax: Int
    /// Vertices of all primitives together; 32 million by default.
    public var verticesMax: Int
    /// Triangles of all primitives together, those without area that join strips counted; 32 million by default.
    public var trianglesMax: Int
    /// Bytes of memory that the vertices of a glTF's primitives, morph targets too, take together; 8 GiB by default.
    ///
    /// Many attributes may name one accessor, so that the file's size does not bound it.
    public var vertexBytesMax: Int
    /// Bytes that decompressed, zero-filled and sparse data and `data:` URIs come to together; 1 GiB by default.
    public var decompressedBytesMax: Int
    /// Placements of primitives by the scene's nodes; 1 million by default.
    public var instancesMax: Int

    /// The default limits; change those that should differ.
    public init() {
        fileBytesMax = 1 << 32
        jsonBytesMax = 1 << 26
        verticesMax = 32_000_000
        trianglesMax = 32_000_000
        vertexBytesMax = 1 << 33
        decompressedBytesMax = 1 << 30
        instancesMax = 1_000_000
    }
}
