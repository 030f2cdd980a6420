extension Model {
    /// A picture of the model from the front, a little from the right and above, before a transparent background.
    ///
    /// Base colours come from factors, vertex colours and textures that are PNG or JPEG files; of a texture of another
    /// kind only the factor is seen, and `drawableScene()` says so. Skins and morph targets are seen as the file places
    /// them at rest. Reads every texture that is used: to draw a model more than once, keep `drawableScene()`.
    ///
    /// - Parameters:
    ///   - width: Pixels in a row, 1 to `Thumbnail.sideMax`.
    ///   - height: Rows, 1 to `Thumbnail.sideMax`.
    /// - Throws: `LODError.Code.invalidImage` when the size is out of its range or a texture is damaged; `.unsupported`
    ///   when one is of a kind of PNG or JPEG that is not read.
    public func thumbnail(width: Int, height: Int) throws -> Picture {
        try Thumbnail.picture(of: drawableMeshes(), width: width, height: height)
    }

    /// Every placement of a primitive, with its material and its texture read; see `drawableScene()`.
    ///
    /// - Throws: as `drawableScene()`.
    public func drawableMeshes() throws -> [DrawableMesh] {
        try drawableScene().meshes
    }

    /// Every placement of a primitive, with its material and its texture read if that is a PNG or JPEG file.
    ///
    /// Takes 6 bytes of memory for each pixel of a texture.
    ///
    /// - Throws: `LODError.Code.invalidImage` when a texture is damaged; `.unsupported` when one is of a kind of PNG or
    ///   JPEG that is not read.
    public func drawableScene() throws -> DrawableScene {
        let materials = materials
        let used = Set(instances.compactMap { primitives[$0.primitiveIndex].materialIndex })
            .filter { materials.indices.contains($0) }.sorted()
        var images = TextureImages(modelName: name)
        for index in used {
            if let texture = materials[index].baseColorTexture { images.add(texture, materialIndex: index) }
        }
        let textures = try images.decoded()
        var drawables: [Int: DrawableMaterial] = [:]
        for index in used {
            drawables[index] = DrawableMaterial(materials[index], texture: images.slot[index].map { textures[$0] })
        }
        let meshes = instances.map { instance in
            let primitive = primitives[instance.primitiveIndex]
            return DrawableMesh(
                mesh: primitive.mesh,
                transform: instance.transform,
                material: primitive.materialIndex.flatMap { drawables[$0] } ?? DrawableMaterial()
            )
        }
        return DrawableScene(meshes: meshes, omissions: images.omissions)
    }
}

/// What a model shows, ready to be drawn, and what of it cannot be.
public struct DrawableScene: Sendable {
    /// Every placement of a primitive.
    public var meshes: [DrawableMesh]
    /// A sentence for each texture that is not drawn, of which only the factor is seen.
    public var omissions: [String]
}

extension DrawableMaterial {
    /// What of a file's material is drawn.
    fileprivate init(_ material: MaterialSummary, texture: DrawableTexture?) {
        let transparency: Transparency =
            switch material.alphaMode {
            case .opaque: .opaque
            case .mask: .mask(cutoff: material.alphaCutoff)
            case .blend: .blend
            }
        self.init(
            baseColorFactor: material.baseColorFactor,
            baseColorTexture: material.baseColorTexture.flatMap { texture?.placed(as: $0) },
            isDoubleSided: material.isDoubleSided,
            transparency: transparency
        )
    }
}

/// The images that materials show, each once.
private struct TextureImages {
    let modelName: String
    private(set) var omissions: [String] = []
    /// The image of each material, by its place in `images`.
    private(set) var slot: [Int: Int] = [:]
    private var images: [(bytes: [UInt8], name: String)] = []

    init(modelName: String) {
        self.modelName = modelName
    }

    /// Takes the image of a material up, or notes that it cannot be drawn.
    mutating func add(_ texture: TextureSummary, materialIndex: Int) {
        let name = "\(modelName), base colour of material \(materialIndex)"
        guard let bytes = texture.imageBytes else {
            omissions.append("\(name): the image is not in the file and was not read; only the colour factor is drawn")
            return
        }
        guard bytes.starts(with: PNGHeader.signature) || bytes.starts(with: JPEGDecoder.signature) else {
            let kind = texture.mimeType ?? "of an unknown kind"
            omissions.append("\(name): the image is \(kind), not PNG or JPEG; only the colour factor is drawn")
            return
        }
        if let known = images.firstIndex(where: { $0.bytes == bytes }) {
            slot[materialIndex] = known
        } else {
            slot[materialIndex] = images.count
            images.append((bytes, name))
        }
    }

    /// The images in the order in which they were added, on as many threads as there are processors.
    func decoded() throws -> [DrawableTexture] {
        let images = images
        return try Parallel.map(images.count, threadCount: Parallel.processorCount) { index in
            let (bytes, name) = images[index]
            let isPNG = bytes.starts(with: PNGHeader.signature)
            return DrawableTexture(isPNG ? try Picture(png: bytes, name: name) : try Picture(jpeg: bytes, name: name))
        }
    }
}
