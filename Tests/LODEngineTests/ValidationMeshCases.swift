internal import Testing

/// Cases of mesh primitives, on one triangle whose parts are changed one at a time.
extension ValidationCase {
    static let meshes: [ValidationCase] = [
        triangle("MESH_PRIMITIVE_INVALID_ATTRIBUTE", "/attributes/COLOUR", attributes: #""POSITION":0,"COLOUR":0"#),
        triangle(
            "MESH_PRIMITIVE_INDEXED_SEMANTIC_CONTINUITY",
            "/attributes",
            attributes: #""POSITION":0,"TEXCOORD_1":4"#
        ),
        triangle("MESH_PRIMITIVE_JOINTS_WEIGHTS_MISMATCH", "/attributes", attributes: #""POSITION":0,"JOINTS_0":5"#),
        triangle("MESH_PRIMITIVE_NO_POSITION", "/attributes", attributes: #""TEXCOORD_0":4"#),
        triangle(
            "MESH_PRIMITIVE_TANGENT_WITHOUT_NORMAL",
            "/attributes/TANGENT",
            attributes: #""POSITION":0,"TANGENT":3"#
        ),
        triangle(
            "MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_INVALID_FORMAT",
            "/attributes/NORMAL",
            attributes: #""POSITION":0,"NORMAL":4"#
        ),
        triangle(
            "MESH_PRIMITIVE_ATTRIBUTES_ACCESSOR_UNSIGNED_INT",
            "/attributes/_ID",
            attributes: #""POSITION":0,"_ID":7"#
        ),
        triangle(
            "MESH_PRIMITIVE_POSITION_ACCESSOR_WITHOUT_BOUNDS",
            "/attributes/POSITION",
            attributes: #""POSITION":2"#
        ),
        triangle("MESH_PRIMITIVE_UNEQUAL_ACCESSOR_COUNT", "/attributes", attributes: #""POSITION":0,"TEXCOORD_0":8"#),
        triangle("MESH_PRIMITIVE_ACCESSOR_UNALIGNED", "/attributes/_BYTE", attributes: #""POSITION":0,"_BYTE":9"#),
        triangle("MESH_PRIMITIVE_INCOMPATIBLE_MODE", "", more: #","mode":1"#),
        triangle("MESH_PRIMITIVE_INDICES_ACCESSOR_INVALID_FORMAT", "/indices", more: #","indices":5"#),
        triangle(
            "MESH_PRIMITIVE_MORPH_TARGET_NO_BASE_ACCESSOR",
            "/targets/0/NORMAL",
            more: #","targets":[{"NORMAL":2}]"#
        ),
        triangle(
            "MESH_PRIMITIVE_MORPH_TARGET_INVALID_ATTRIBUTE_COUNT",
            "/targets/0/TEXCOORD_0",
            attributes: #""POSITION":0,"TEXCOORD_0":4"#,
            more: #","targets":[{"TEXCOORD_0":8}]"#
        ),
        triangle("MESH_PRIMITIVE_TOO_FEW_TEXCOORDS", "/material", more: #","material":0"#),
        triangle("ACCESSOR_USAGE_OVERRIDE", "/indices", attributes: #""POSITION":0,"_A":1"#, more: #","indices":1"#),
        at("/accessors/1", triangle("ACCESSOR_INDEX_OOB", "", more: #","indices":1"#, indices: [0, 1, 3])),
        at(
            "/accessors/1",
            triangle("ACCESSOR_INDEX_PRIMITIVE_RESTART", "", more: #","indices":1"#, indices: [0, 1, 255])
        ),
        at(
            "/accessors/1",
            triangle("ACCESSOR_INDEX_TRIANGLE_DEGENERATE", "", more: #","indices":1"#, indices: [0, 1, 1])
        ),
        at(
            "/accessors/2",
            triangle("ACCESSOR_VECTOR3_NON_UNIT", "", attributes: #""POSITION":0,"NORMAL":2"#, normal: [0, 0.9, 0])
        ),
        at(
            "/accessors/3",
            triangle(
                "ACCESSOR_INVALID_SIGN",
                "",
                attributes: #""POSITION":0,"NORMAL":2,"TANGENT":3"#,
                tangent: [1, 0, 0, 0]
            )
        ),
        at(
            "/accessors/3",
            triangle("ACCESSOR_NON_CLAMPED", "", attributes: #""POSITION":0,"COLOR_0":3"#, tangent: [1, 0, 0, 1.5])
        ),
        at("/accessors/3", triangle("ACCESSOR_WEIGHTS_NEGATIVE", "", attributes: skinned, tangent: [1.5, -0.5, 0, 0])),
        at(
            "/accessors/3",
            triangle("ACCESSOR_WEIGHTS_NON_NORMALIZED", "", attributes: skinned, tangent: [0.5, 0, 0, 0])
        ),
        at(
            "/accessors/5",
            triangle("ACCESSOR_JOINTS_INDEX_DUPLICATE", "", attributes: skinned, tangent: [0.5, 0.5, 0, 0])
        ),
        at("/accessors/5", triangle("ACCESSOR_JOINTS_INDEX_OOB", "", attributes: skinned, joint: 1)),
        at(
            "/bufferViews/6",
            triangle("MESH_PRIMITIVE_ACCESSOR_WITHOUT_BYTESTRIDE", "", attributes: #""POSITION":0,"_A":10,"_B":11"#)
        ),
        at("/bufferViews/1", triangle("BUFFER_VIEW_TARGET_MISSING", "", more: #","indices":1"#)),
        at("/meshes/0/weights", triangle("MESH_INVALID_WEIGHTS_COUNT", "", mesh: #","weights":[1]"#)),
        at(
            "/meshes/0/primitives/1/targets",
            triangle(
                "MESH_PRIMITIVES_UNEQUAL_TARGETS_COUNT",
                "",
                second: #",{"attributes":{"POSITION":0},"targets":[{"POSITION":0}]}"#
            )
        ),
        at("/skins/0/inverseBindMatrices", triangle("SKIN_IBM_ACCESSOR_WITH_BYTESTRIDE", "")),
        at("/accessors/12", triangle("ACCESSOR_INVALID_IBM", "")),
        triangle("MESH_PRIMITIVE_INDICES_ACCESSOR_WITH_BYTESTRIDE", "/indices", more: #","indices":13"#),
    ]

    private static let skinned = #""POSITION":0,"JOINTS_0":5,"WEIGHTS_0":3"#

    private static func at(_ pointer: String, _ one: ValidationCase) -> ValidationCase {
        ValidationCase(one.code, pointer, one.members)
    }

    /// A triangle with all kinds of attributes to choose from.
    ///
    /// Accessors: 0 positions, 1 indices, 2 normals, 3 tangents, 4 texture coordinates, 5 joints, 7 whole numbers,
    /// 8 two texture coordinates, 9 bytes without padding, 10 and 11 halves of a view, 12 a matrix that is none,
    /// 13 indices in a view with a stride.
    private static func triangle(
        _ code: String,
        _ pointer: String,
        attributes: String = #""POSITION":0"#,
        more: String = "",
        mesh: String = "",
        second: String = "",
        indices: [UInt8] = [0, 1, 2],
        normal: [Float] = [0, 0, 1],
        tangent: [Float] = [1, 0, 0, 1],
        joint: UInt8 = 0
    ) -> ValidationCase {
        let thrice = { (floats: [Float]) in littleEndian(floats + floats + floats) }
        let parts: [[UInt8]] = [
            littleEndian([0, 0, 0, 1, 0, 0, 0, 1, 0]), indices + [0], thrice(normal), thrice(tangent), thrice([0, 0]),
            [joint, 0, 0, 0, joint, 0, 0, 0, joint, 0, 0, 0], thrice([0, 0]),
            littleEndian([Float](repeating: 0, count: 16)), [0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ]
        var views: [String] = []
        var bytes: [UInt8] = []
        for (index, part) in parts.enumerated() {
            let stride = index >= 7 ? #","byteStride":\#(index == 7 ? 64 : 4)"# : ""
            let target = index == 0 ? #","target":34962"# : ""
            views.append(#"{"buffer":0,"byteOffset":\#(bytes.count),"byteLength":\#(part.count)\#(stride)\#(target)}"#)
            bytes += part
        }
        func accessor(_ view: Int, _ component: Int, _ type: String, count: Int = 3, _ more: String = "") -> String {
            #"{"bufferView":\#(view),"componentType":\#(component),"type":"\#(type)","count":\#(count)\#(more)}"#
        }
        let accessors = [
            accessor(0, 5126, "VEC3", #","min":[0,0,0],"max":[1,1,0]"#), accessor(1, 5121, "SCALAR"),
            accessor(2, 5126, "VEC3"), accessor(3, 5126, "VEC4"), accessor(4, 5126, "VEC2"), accessor(5, 5121, "VEC4"),
            accessor(6, 5126, "VEC2"), accessor(5, 5125, "SCALAR"), accessor(4, 5126, "VEC2", count: 2),
            accessor(5, 5121, "SCALAR"), accessor(6, 5126, "SCALAR"), accessor(6, 5126, "SCALAR", #","byteOffset":12"#),
            accessor(7, 5126, "MAT4", count: 1), accessor(8, 5121, "SCALAR"),
        ]
        let isSkinned = attributes.contains("JOINTS_0") && attributes.contains("WEIGHTS_0")
        return ValidationCase(
            code,
            "/meshes/0/primitives/0" + pointer,
            #""buffers":[{"byteLength":\#(bytes.count),"uri":"\#(uri(bytes))"}],"bufferViews":[\#(views.joined(separator: ","))],"accessors":[\#(accessors.joined(separator: ","))],"materials":[{"emissiveTexture":{"index":0}}],"textures":[{}],"skins":[{"joints":[0]\#(code.contains("IBM") ? #","inverseBindMatrices":12"# : "")}],"nodes":[{"mesh":0\#(isSkinned ? #","skin":0"# : "")}],"meshes":[{"primitives":[{"attributes":{\#(attributes)}\#(more)}\#(second)]\#(mesh)}]"#
        )
    }
}
