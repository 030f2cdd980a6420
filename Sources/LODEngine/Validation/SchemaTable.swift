/// The JSON schemas of glTF 2.0, section 5 of the specification, as a table.
enum SchemaTable {
    /// The rule of each kind of object.
    static let rules: [String: ObjectRule] = core.merging(scene) { one, _ in one }

    private static let unit = NumberRule(min: 0, max: 1)
    private static let notNegative = NumberRule(min: 0)
    private static let positive = NumberRule(min: 0, isMinExcluded: true)

    private static func numbers(_ count: Int, _ rule: NumberRule = NumberRule()) -> ValueRule {
        .list(.number(rule), counts: [count])
    }

    private static func all(_ name: String) -> ValueRule { .list(.object(name)) }

    private static let componentTypes = [5120, 5121, 5122, 5123, 5125, 5126]
    private static let elementTypes = ["SCALAR", "VEC2", "VEC3", "VEC4", "MAT2", "MAT3", "MAT4"]

    /// The document, and what holds data.
    private static let core: [String: ObjectRule] = [
        "root": ObjectRule(
            members: [
                "asset": .object("asset"), "extensionsUsed": .list(.text(), isUnique: true),
                "extensionsRequired": .list(.text(), isUnique: true), "accessors": all("accessor"),
                "animations": all("animation"), "buffers": all("buffer"), "bufferViews": all("bufferView"),
                "cameras": all("camera"), "images": all("image"), "materials": all("material"),
                "meshes": all("mesh"), "nodes": all("node"), "samplers": all("sampler"), "scene": .index(of: "scenes"),
                "scenes": all("scene"), "skins": all("skin"), "textures": all("texture"),
            ],
            required: ["asset"]
        ),
        "asset": ObjectRule(
            members: [
                "copyright": .text(), "generator": .text(), "version": .text(pattern: .version),
                "minVersion": .text(pattern: .version),
            ],
            required: ["version"]
        ),
        "accessor": ObjectRule(
            members: [
                "bufferView": .index(of: "bufferViews"), "byteOffset": .integer(min: 0),
                "componentType": .integer(list: componentTypes), "normalized": .bool, "count": .integer(min: 1),
                "type": .text(list: elementTypes), "max": .list(.number(), counts: [1, 2, 3, 4, 9, 16]),
                "min": .list(.number(), counts: [1, 2, 3, 4, 9, 16]), "sparse": .object("accessor.sparse"),
                "name": .text(),
            ],
            required: ["componentType", "count", "type"],
            needs: [("byteOffset", "bufferView")]
        ),
        "accessor.sparse": ObjectRule(
            members: [
                "count": .integer(min: 1), "indices": .object("accessor.sparse.indices"),
                "values": .object("accessor.sparse.values"),
            ],
            required: ["count", "indices", "values"]
        ),
        "accessor.sparse.indices": ObjectRule(
            members: [
                "bufferView": .index(of: "bufferViews"), "byteOffset": .integer(min: 0),
                "componentType": .integer(list: [5121, 5123, 5125]),
            ],
            required: ["bufferView", "componentType"]
        ),
        "accessor.sparse.values": ObjectRule(
            members: ["bufferView": .index(of: "bufferViews"), "byteOffset": .integer(min: 0)],
            required: ["bufferView"]
        ),
        "buffer": ObjectRule(
            members: ["uri": .uri, "byteLength": .integer(min: 1), "name": .text()],
            required: ["byteLength"]
        ),
        "bufferView": ObjectRule(
            members: [
                "buffer": .index(of: "buffers"), "byteOffset": .integer(min: 0), "byteLength": .integer(min: 1),
                "byteStride": .integer(min: 4, max: 252, multipleOf: 4), "target": .integer(list: [34962, 34963]),
                "name": .text(),
            ],
            required: ["buffer", "byteLength"]
        ),
        "image": ObjectRule(
            members: [
                "uri": .uri, "mimeType": .text(list: ["image/jpeg", "image/png"]),
                "bufferView": .index(of: "bufferViews"), "name": .text(),
            ],
            exactlyOne: [["uri", "bufferView"]],
            needs: [("bufferView", "mimeType")]
        ),
        "sampler": ObjectRule(
            members: [
                "magFilter": .integer(list: [9728, 9729]),
                "minFilter": .integer(list: [9728, 9729, 9984, 9985, 9986, 9987]),
                "wrapS": .integer(list: [33071, 33648, 10497]), "wrapT": .integer(list: [33071, 33648, 10497]),
                "name": .text(),
            ]),
        "texture": ObjectRule(
            members: ["sampler": .index(of: "samplers"), "source": .index(of: "images"), "name": .text()]),
        "textureInfo": ObjectRule(
            members: ["index": .index(of: "textures"), "texCoord": .integer(min: 0)],
            required: ["index"]
        ),
        "normalTextureInfo": ObjectRule(
            members: ["index": .index(of: "textures"), "texCoord": .integer(min: 0), "scale": .number()],
            required: ["index"]
        ),
        "occlusionTextureInfo": ObjectRule(
            members: ["index": .index(of: "textures"), "texCoord": .integer(min: 0), "strength": .number(unit)],
            required: ["index"]
        ),
        "material": ObjectRule(
            members: [
                "name": .text(), "pbrMetallicRoughness": .object("material.pbr"),
                "normalTexture": .object("normalTextureInfo"), "occlusionTexture": .object("occlusionTextureInfo"),
                "emissiveTexture": .object("textureInfo"), "emissiveFactor": numbers(3, unit),
                "alphaMode": .text(list: ["OPAQUE", "MASK", "BLEND"]), "alphaCutoff": .number(notNegative),
                "doubleSided": .bool,
            ]),
        "material.pbr": ObjectRule(
            members: [
                "baseColorFactor": numbers(4, unit), "baseColorTexture": .object("textureInfo"),
                "metallicFactor": .number(unit), "roughnessFactor": .number(unit),
                "metallicRoughnessTexture": .object("textureInfo"),
            ]),
    ]

    /// What stands in a scene and moves.
    private static let scene: [String: ObjectRule] = [
        "scene": ObjectRule(members: ["nodes": .list(.index(of: "nodes"), isUnique: true), "name": .text()]),
        "node": ObjectRule(
            members: [
                "camera": .index(of: "cameras"), "children": .list(.index(of: "nodes"), isUnique: true),
                "skin": .index(of: "skins"), "matrix": numbers(16), "mesh": .index(of: "meshes"),
                "rotation": numbers(4, NumberRule(min: -1, max: 1)), "scale": numbers(3), "translation": numbers(3),
                "weights": .list(.number()), "name": .text(),
            ],
            needs: [("skin", "mesh"), ("weights", "mesh")]
        ),
        "mesh": ObjectRule(
            members: ["primitives": all("primitive"), "weights": .list(.number()), "name": .text()],
            required: ["primitives"]
        ),
        "primitive": ObjectRule(
            members: [
                "attributes": .map(.index(of: "accessors")), "indices": .index(of: "accessors"),
                "material": .index(of: "materials"), "mode": .integer(list: [0, 1, 2, 3, 4, 5, 6]),
                "targets": .list(.map(.index(of: "accessors"))),
            ],
            required: ["attributes"]
        ),
        "skin": ObjectRule(
            members: [
                "inverseBindMatrices": .index(of: "accessors"), "skeleton": .index(of: "nodes"),
                "joints": .list(.index(of: "nodes"), isUnique: true), "name": .text(),
            ],
            required: ["joints"]
        ),
        "camera": ObjectRule(
            members: [
                "orthographic": .object("camera.orthographic"), "perspective": .object("camera.perspective"),
                "type": .text(list: ["perspective", "orthographic"]), "name": .text(),
            ],
            required: ["type"],
            exactlyOne: [["perspective", "orthographic"]]
        ),
        "camera.orthographic": ObjectRule(
            members: [
                "xmag": .number(), "ymag": .number(), "zfar": .number(positive), "znear": .number(notNegative),
            ],
            required: ["xmag", "ymag", "zfar", "znear"]
        ),
        "camera.perspective": ObjectRule(
            members: [
                "aspectRatio": .number(positive), "yfov": .number(positive), "zfar": .number(positive),
                "znear": .number(positive),
            ],
            required: ["yfov", "znear"]
        ),
        "animation": ObjectRule(
            members: [
                "channels": all("animation.channel"), "samplers": all("animation.sampler"), "name": .text(),
            ],
            required: ["channels", "samplers"]
        ),
        "animation.channel": ObjectRule(
            members: ["sampler": .integer(min: 0), "target": .object("animation.target")],
            required: ["sampler", "target"]
        ),
        "animation.target": ObjectRule(
            members: [
                "node": .index(of: "nodes"),
                "path": .text(list: ["translation", "rotation", "scale", "weights", "pointer"]),
            ],
            required: ["path"]
        ),
        "animation.sampler": ObjectRule(
            members: [
                "input": .index(of: "accessors"), "output": .index(of: "accessors"),
                "interpolation": .text(list: ["LINEAR", "STEP", "CUBICSPLINE"]),
            ],
            required: ["input", "output"]
        ),
    ]
}
