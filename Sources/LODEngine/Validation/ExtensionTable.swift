/// The extensions whose objects are checked: where each may stand, and what it must be there.
enum ExtensionTable {
    /// By extension, then by the kind of object that it extends.
    ///
    /// An extension without places adds no objects: one that stands anywhere is out of place.
    static let places: [String: [String: ObjectRule]] = [
        "KHR_mesh_quantization": [:],
        "KHR_materials_unlit": ["material": ObjectRule(members: [:])],
        "KHR_texture_transform": textureInfos(
            ObjectRule(
                members: [
                    "offset": numbers(2), "rotation": .number(), "scale": numbers(2), "texCoord": .integer(min: 0),
                ])
        ),
        "EXT_texture_webp": [
            "texture": ObjectRule(members: ["source": .index(of: "images")])
        ],
        "KHR_node_visibility": ["node": ObjectRule(members: ["visible": .bool])],
        "KHR_animation_pointer": [
            "animation.target": ObjectRule(members: ["pointer": .text(pattern: .pointer)], required: ["pointer"])
        ],
        "KHR_lights_punctual": [
            "root": ObjectRule(members: ["lights": .list(.object("light"))], required: ["lights"]),
            "node": ObjectRule(members: ["light": .index(of: "KHR_lights_punctual.lights")], required: ["light"]),
        ],
        "KHR_materials_variants": [
            "root": ObjectRule(members: ["variants": .list(.object("variant"))], required: ["variants"]),
            "primitive": ObjectRule(members: ["mappings": .list(.object("variant.mapping"))], required: ["mappings"]),
        ],
        "KHR_materials_anisotropy": material([
            "anisotropyStrength": .number(unit), "anisotropyRotation": .number(), "anisotropyTexture": texture,
        ]),
        "KHR_materials_clearcoat": material([
            "clearcoatFactor": .number(unit), "clearcoatTexture": texture,
            "clearcoatRoughnessFactor": .number(unit), "clearcoatRoughnessTexture": texture,
            "clearcoatNormalTexture": .object("normalTextureInfo"),
        ]),
        "KHR_materials_dispersion": material(["dispersion": .number(notNegative)]),
        "KHR_materials_emissive_strength": material(["emissiveStrength": .number(notNegative)]),
        // Either no refraction at all or an index of at least that of the vacuum, which the semantic checks hold.
        "KHR_materials_ior": material(["ior": .number(notNegative)]),
        "KHR_materials_iridescence": material([
            "iridescenceFactor": .number(unit), "iridescenceTexture": texture,
            "iridescenceIor": .number(NumberRule(min: 1)), "iridescenceThicknessMinimum": .number(notNegative),
            "iridescenceThicknessMaximum": .number(notNegative), "iridescenceThicknessTexture": texture,
        ]),
        "KHR_materials_pbrSpecularGlossiness": material([
            "diffuseFactor": numbers(4, unit), "diffuseTexture": texture, "specularFactor": numbers(3, unit),
            "glossinessFactor": .number(unit), "specularGlossinessTexture": texture,
        ]),
        "KHR_materials_sheen": material([
            "sheenColorFactor": numbers(3, unit), "sheenColorTexture": texture, "sheenRoughnessFactor": .number(unit),
            "sheenRoughnessTexture": texture,
        ]),
        "KHR_materials_specular": material([
            "specularFactor": .number(unit), "specularTexture": texture, "specularColorFactor": numbers(3, notNegative),
            "specularColorTexture": texture,
        ]),
        "KHR_materials_transmission": material([
            "transmissionFactor": .number(unit), "transmissionTexture": texture,
        ]),
        "KHR_materials_volume": material([
            "thicknessFactor": .number(notNegative), "thicknessTexture": texture,
            "attenuationDistance": .number(NumberRule(min: 0, isMinExcluded: true)),
            "attenuationColor": numbers(3, unit),
        ]),
    ]

    /// The objects inside the extensions' own.
    static let rules: [String: ObjectRule] = [
        "light": ObjectRule(
            members: [
                "color": numbers(3, unit), "intensity": .number(notNegative),
                "range": .number(NumberRule(min: 0, isMinExcluded: true)), "spot": .object("light.spot"),
                "type": .text(list: ["directional", "point", "spot"]), "name": .text(),
            ],
            required: ["type"]
        ),
        "light.spot": ObjectRule(
            members: [
                "innerConeAngle": .number(NumberRule(min: 0, max: .pi / 2)),
                "outerConeAngle": .number(NumberRule(min: 0, max: .pi / 2, isMinExcluded: true)),
            ]),
        "variant": ObjectRule(members: ["name": .text()], required: ["name"]),
        "variant.mapping": ObjectRule(
            members: [
                "variants": .list(.index(of: "KHR_materials_variants.variants"), isUnique: true),
                "material": .index(of: "materials"), "name": .text(),
            ],
            required: ["variants", "material"]
        ),
    ]

    private static let unit = NumberRule(min: 0, max: 1)
    private static let notNegative = NumberRule(min: 0)
    private static let texture = ValueRule.object("textureInfo")

    private static func numbers(_ count: Int, _ rule: NumberRule = NumberRule()) -> ValueRule {
        .list(.number(rule), counts: [count])
    }

    private static func material(_ members: [String: ValueRule]) -> [String: ObjectRule] {
        ["material": ObjectRule(members: members)]
    }

    private static func textureInfos(_ rule: ObjectRule) -> [String: ObjectRule] {
        ["textureInfo": rule, "normalTextureInfo": rule, "occlusionTextureInfo": rule]
    }
}
