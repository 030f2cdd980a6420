extension GLTFDocument {
    /// The materials, reduced to what a picture needs.
    ///
    /// What a file states wrongly here counts as not stated: nothing of it is written, and no triangle depends on it.
    var materialSummaries: [MaterialSummary] {
        (root["materials"]?.array ?? []).map { summary(of: $0) }
    }

    private func summary(of material: JSONValue) -> MaterialSummary {
        let metallic = material["pbrMetallicRoughness"]
        let glossy = material["extensions"]?["KHR_materials_pbrSpecularGlossiness"]
        let factor = floats(metallic?["baseColorFactor"] ?? glossy?["diffuseFactor"], count: 4) ?? [1, 1, 1, 1]
        let texture = metallic?["baseColorTexture"] ?? glossy?["diffuseTexture"]
        return MaterialSummary(
            name: material["name"]?.string,
            baseColorFactor: SIMD4(factor[0], factor[1], factor[2], factor[3]),
            baseColorTexture: texture.flatMap { self.texture($0) },
            isDoubleSided: material["doubleSided"]?.bool ?? false,
            alphaMode: material["alphaMode"]?.string.flatMap { MaterialSummary.AlphaMode(rawValue: $0) } ?? .opaque,
            alphaCutoff: material["alphaCutoff"]?.double.map { Float($0) } ?? 0.5
        )
    }

    private func texture(_ reference: JSONValue) -> TextureSummary? {
        guard let index = reference["index"]?.int, let texture = root["textures"]?[index] else { return nil }
        // A texture whose plain source is missing has it in an extension: WebP, AVIF, DDS or Basis Universal.
        let alternatives = texture["extensions"]?.object?.members.lazy.compactMap { $0.value["source"]?.int }
        guard let image = texture["source"]?.int ?? alternatives?.first else { return nil }
        let carried = images[image]
        let transform = reference["extensions"]?["KHR_texture_transform"]
        let offset = floats(transform?["offset"], count: 2) ?? [0, 0]
        let scale = floats(transform?["scale"], count: 2) ?? [1, 1]
        let set = transform?["texCoord"]?.int ?? reference["texCoord"]?.int ?? 0
        return TextureSummary(
            imageBytes: carried?.bytes.copy,
            mimeType: carried?.mimeType ?? root["images"]?[image]?["mimeType"]?.string,
            textureCoordinateSet: max(set, 0),
            offset: SIMD2(offset[0], offset[1]),
            rotation: transform?["rotation"]?.double.map { Float($0) } ?? 0,
            scale: SIMD2(scale[0], scale[1]),
            horizontalWrap: wrap(texture, "wrapS"),
            verticalWrap: wrap(texture, "wrapT")
        )
    }

    private func wrap(_ texture: JSONValue, _ key: String) -> TextureWrap {
        let sampler = texture["sampler"]?.int.flatMap { root["samplers"]?[$0] }
        return switch sampler?[key]?.int {
        case 33_071: .clamps
        case 33_648: .mirrors
        default: .repeats
        }
    }

    private func floats(_ value: JSONValue?, count: Int) -> [Float]? {
        guard let numbers = value?.array?.compactMap({ $0.double.map { Float($0) } }), numbers.count == count,
            numbers.allSatisfy(\.isFinite)
        else { return nil }
        return numbers
    }
}
