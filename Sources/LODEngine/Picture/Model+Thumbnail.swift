extension Model {
    /// A picture of the model from the front, a little from the right and above, before a transparent background.
    ///
    /// Base colours come from factors, vertex colours and textures that are PNG files; of a texture of another kind
    /// only the factor is seen. Skins and morph targets are seen as the file places them at rest. Reads every texture
    /// that is used: to draw a model more than once, keep `drawableMeshes()`.
    ///
    /// - Parameters:
    ///   - width: Pixels in a row, 1 to `Thumbnail.sideMax`.
    ///   - height: Rows, 1 to `Thumbnail.sideMax`.
    /// - Throws: `LODError.Code.invalidImage` when the size is out of its range or a PNG texture is damaged;
    ///   `.unsupported` when one needs a chunk that is unknown.
    public func thumbnail(width: Int, height: Int) throws -> Picture {
        try Thumbnail.picture(of: drawableMeshes(), width: width, height: height)
    }

    /// Every placement of a primitive, with its material and its texture read if that is a PNG file.
    ///
    /// Takes 6 bytes of memory for each pixel of a texture.
    ///
    /// - Throws: `LODError.Code.invalidImage` when a PNG texture is damaged; `.unsupported` when one needs a chunk that
    ///   is unknown.
    public func drawableMeshes() throws -> [DrawableMesh] {
        let materials = materials
        let used = Set(instances.compactMap { primitives[$0.primitiveIndex].materialIndex })
        var textures = TextureCache(modelName: name)
        var drawables: [Int: DrawableMaterial] = [:]
        for index in used.sorted() where materials.indices.contains(index) {
            drawables[index] = try textures.drawable(materials[index], index: index)
        }
        return instances.map { instance in
            let primitive = primitives[instance.primitiveIndex]
            return DrawableMesh(
                mesh: primitive.mesh,
                transform: instance.transform,
                material: primitive.materialIndex.flatMap { drawables[$0] } ?? DrawableMaterial()
            )
        }
    }
}

/// Textures read once for all materials that show them.
private struct TextureCache {
    let modelName: String
    private var read: [(bytes: [UInt8], texture: DrawableTexture)] = []

    init(modelName: String) {
        self.modelName = modelName
    }

    mutating func drawable(_ material: MaterialSummary, index: Int) throws -> DrawableMaterial {
        DrawableMaterial(
            baseColorFactor: material.baseColorFactor,
            baseColorTexture: try material.baseColorTexture.flatMap { try texture($0, materialIndex: index) },
            isDoubleSided: material.isDoubleSided,
            transparency: transparency(material)
        )
    }

    private func transparency(_ material: MaterialSummary) -> DrawableMaterial.Transparency {
        switch material.alphaMode {
        case .opaque: .opaque
        case .mask: .mask(cutoff: material.alphaCutoff)
        case .blend: .blend
        }
    }

    private mutating func texture(_ summary: TextureSummary, materialIndex: Int) throws -> DrawableTexture? {
        guard let bytes = summary.imageBytes, bytes.starts(with: PNGHeader.signature) else { return nil }
        let found = read.first { $0.bytes == bytes }?.texture
        let name = "\(modelName), base colour of material \(materialIndex)"
        let texture = try found ?? DrawableTexture(Picture(png: bytes, name: name))
        if found == nil { read.append((bytes, texture)) }
        // The mapping is affine: three points tell it.
        let origin = summary.apply(to: SIMD2(0, 0))
        let right = summary.apply(to: SIMD2(1, 0)) - origin
        let down = summary.apply(to: SIMD2(0, 1)) - origin
        return texture.mapped(
            coordinateSet: summary.textureCoordinateSet,
            horizontal: SIMD3(right.x, down.x, origin.x),
            vertical: SIMD3(right.y, down.y, origin.y)
        )
    }
}
