internal import Testing

/// A document made by hand, the one code that it must be reported with, and where.
struct ValidationCase: CustomTestStringConvertible {
    let code: String
    let pointer: String
    /// The members of the document beside `asset`.
    let members: String

    var testDescription: String { "\(code) at \(pointer)" }
    /// The whole document.
    var text: String { #"{"asset":{"version":"2.0"},\#(members)}"# }

    init(_ code: String, _ pointer: String, _ members: String) {
        self.code = code
        self.pointer = pointer
        self.members = members
    }

    /// Cases of the schema's and the container's rules.
    static let schema: [ValidationCase] = [
        ValidationCase("TYPE_MISMATCH", "/scene", #""scene":"0""#),
        ValidationCase("TYPE_MISMATCH", "/nodes/0", #""nodes":[null]"#),
        ValidationCase("TYPE_MISMATCH", "/materials/0/doubleSided", #""materials":[{"doubleSided":1}]"#),
        ValidationCase("ARRAY_TYPE_MISMATCH", "/nodes/0/scale/1", #""nodes":[{"scale":[1,"1",1]}]"#),
        ValidationCase("ARRAY_LENGTH_NOT_IN_LIST", "/nodes/0/scale", #""nodes":[{"scale":[1,1]}]"#),
        ValidationCase("DUPLICATE_ELEMENTS", "/scenes/0/nodes/1", #""nodes":[{}],"scenes":[{"nodes":[0,0]}]"#),
        ValidationCase("EMPTY_ENTITY", "/nodes", #""nodes":[]"#),
        ValidationCase(
            "EMPTY_ENTITY",
            "/meshes/0/primitives/0/attributes",
            #""meshes":[{"primitives":[{"attributes":{}}]}]"#
        ),
        ValidationCase("INVALID_INDEX", "/nodes/0/mesh", #""nodes":[{"mesh":-1}]"#),
        ValidationCase("UNRESOLVED_REFERENCE", "/scene", #""scene":0"#),
        ValidationCase("INVALID_URI", "/buffers/0/uri", #""buffers":[{"byteLength":1,"uri":"data:;base64,*"}]"#),
        ValidationCase("ONE_OF_MISMATCH", "/images/0", #""images":[{"name":"none"}]"#),
        ValidationCase(
            "ONE_OF_MISMATCH",
            "/cameras/0",
            #""cameras":[{"type":"perspective","perspective":{"yfov":1,"znear":1},"orthographic":{"xmag":1,"ymag":1,"zfar":2,"znear":1}}]"#
        ),
        ValidationCase("UNDEFINED_PROPERTY", "/buffers/0", #""buffers":[{}]"#),
        ValidationCase("UNEXPECTED_PROPERTY", "/nodes/0/colour", #""nodes":[{"colour":1}]"#),
        ValidationCase(
            "UNSATISFIED_DEPENDENCY",
            "/accessors/0/byteOffset",
            #""accessors":[{"componentType":5126,"count":1,"type":"SCALAR","byteOffset":4}]"#
        ),
        ValidationCase(
            "VALUE_MULTIPLE_OF",
            "/bufferViews/0/byteStride",
            #""buffers":[{"byteLength":20}],"bufferViews":[{"buffer":0,"byteLength":20,"byteStride":6}]"#
        ),
        ValidationCase("VALUE_NOT_IN_LIST", "/samplers/0/wrapS", #""samplers":[{"wrapS":1}]"#),
        ValidationCase("VALUE_NOT_IN_RANGE", "/buffers/0/byteLength", #""buffers":[{"byteLength":0}]"#),
        ValidationCase(
            "VALUE_NOT_IN_RANGE",
            "/materials/0/alphaCutoff",
            #""materials":[{"alphaMode":"MASK","alphaCutoff":-1}]"#
        ),
        ValidationCase(
            "VALUE_NOT_IN_RANGE",
            "/materials/0/extensions/KHR_materials_ior/ior",
            #""extensionsUsed":["KHR_materials_ior"],"materials":[{"extensions":{"KHR_materials_ior":{"ior":0.5}}}]"#
        ),
        ValidationCase("UNUSED_EXTENSION_REQUIRED", "/extensionsRequired/0", #""extensionsRequired":["A_b"]"#),
        ValidationCase("NON_REQUIRED_EXTENSION", "/extensionsUsed/0", #""extensionsUsed":["KHR_mesh_quantization"]"#),
        ValidationCase("UNDECLARED_EXTENSION", "/nodes/0/extensions/A_b", #""nodes":[{"extensions":{"A_b":{}}}]"#),
        ValidationCase(
            "UNEXPECTED_EXTENSION_OBJECT",
            "/nodes/0/extensions/KHR_materials_unlit",
            #""extensionsUsed":["KHR_materials_unlit"],"nodes":[{"extensions":{"KHR_materials_unlit":{}}}]"#
        ),
        ValidationCase("UNSUPPORTED_EXTENSION", "/extensionsUsed/0", #""extensionsUsed":["A_b"]"#),
        ValidationCase("UNUSED_OBJECT", "/samplers/0", #""samplers":[{"magFilter":9728}]"#),
        ValidationCase(
            "PATTERN_MISMATCH",
            "/animations/0/channels/0/target/extensions/KHR_animation_pointer/pointer",
            #""extensionsUsed":["KHR_animation_pointer"],"animations":[{"samplers":[{"input":0,"output":0}],"channels":[{"sampler":0,"target":{"path":"pointer","extensions":{"KHR_animation_pointer":{"pointer":"/a~2"}}}}]}],"accessors":[{"componentType":5126,"count":1,"type":"SCALAR","min":[0],"max":[0]}]"#
        ),
        ValidationCase(
            "KHR_ANIMATION_POINTER_ANIMATION_CHANNEL_TARGET_PATH",
            "/animations/0/channels/0/target/path",
            #""extensionsUsed":["KHR_animation_pointer"],"animations":[{"samplers":[{"input":0,"output":1}],"channels":[{"sampler":0,"target":{"path":"weights","extensions":{"KHR_animation_pointer":{"pointer":"/a"}}}}]}],"accessors":[\#(times),\#(times)]"#
        ),
        ValidationCase(
            "KHR_ANIMATION_POINTER_ANIMATION_CHANNEL_TARGET_NODE",
            "/animations/0/channels/0/target/node",
            #""extensionsUsed":["KHR_animation_pointer"],"nodes":[{"name":"a"}],"animations":[{"samplers":[{"input":0,"output":1}],"channels":[{"sampler":0,"target":{"node":0,"path":"pointer","extensions":{"KHR_animation_pointer":{"pointer":"/a"}}}}]}],"accessors":[\#(times),\#(times)]"#
        ),
        ValidationCase(
            "CAMERA_YFOV_GEQUAL_PI",
            "/cameras/0/perspective/yfov",
            #""cameras":[{"type":"perspective","perspective":{"yfov":4,"znear":1}}]"#
        ),
        ValidationCase(
            "CAMERA_ZFAR_LEQUAL_ZNEAR",
            "/cameras/0/perspective",
            #""cameras":[{"type":"perspective","perspective":{"yfov":1,"znear":1,"zfar":1}}]"#
        ),
        ValidationCase(
            "CAMERA_XMAG_YMAG_ZERO",
            "/cameras/0/orthographic/xmag",
            #""cameras":[{"type":"orthographic","orthographic":{"xmag":0,"ymag":1,"znear":1,"zfar":2}}]"#
        ),
        ValidationCase(
            "CAMERA_XMAG_YMAG_NEGATIVE",
            "/cameras/0/orthographic/ymag",
            #""cameras":[{"type":"orthographic","orthographic":{"xmag":1,"ymag":-1,"znear":1,"zfar":2}}]"#
        ),
        ValidationCase(
            "MATERIAL_ALPHA_CUTOFF_INVALID_MODE",
            "/materials/0/alphaCutoff",
            #""materials":[{"alphaCutoff":0.5}]"#
        ),
        ValidationCase(
            "KHR_LIGHTS_PUNCTUAL_LIGHT_SPOT_ANGLES",
            "/extensions/KHR_lights_punctual/lights/0/spot",
            #""extensionsUsed":["KHR_lights_punctual"],"extensions":{"KHR_lights_punctual":{"lights":[{"type":"spot","spot":{"innerConeAngle":1}}]}}"#
        ),
        ValidationCase(
            "KHR_MATERIALS_VARIANTS_NON_UNIQUE_VARIANT",
            "/meshes/0/primitives/0/extensions/KHR_materials_variants/mappings/1/variants/0",
            #""extensionsUsed":["KHR_materials_variants"],"extensions":{"KHR_materials_variants":{"variants":[{"name":"a"}]}},"materials":[{}],"accessors":[\#(positions)],"meshes":[{"primitives":[{"attributes":{"POSITION":0},"extensions":{"KHR_materials_variants":{"mappings":[{"variants":[0],"material":0},{"variants":[0],"material":0}]}}}]}]"#
        ),
    ]

    /// Three positions without data.
    static let positions = #"{"componentType":5126,"count":3,"type":"VEC3","min":[0,0,0],"max":[0,0,0]}"#
    /// Two times without data.
    static let times = #"{"componentType":5126,"count":2,"type":"SCALAR","min":[0],"max":[0]}"#

    /// Cases of nodes, skins and animations.
    static let scene: [ValidationCase] = [
        ValidationCase("NODE_EMPTY", "/nodes/0", #""nodes":[{}]"#),
        ValidationCase("NODE_LOOP", "/nodes/0", #""nodes":[{"children":[0]}]"#),
        ValidationCase("NODE_LOOP", "/nodes/2", #""nodes":[{"children":[1]},{"children":[2]},{"children":[0]}]"#),
        ValidationCase(
            "NODE_PARENT_OVERRIDE",
            "/nodes/1/children/0",
            #""nodes":[{"children":[2]},{"children":[2]},{}]"#
        ),
        ValidationCase(
            "NODE_MATRIX_DEFAULT",
            "/nodes/0/matrix",
            #""nodes":[{"matrix":[1,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1]}]"#
        ),
        ValidationCase(
            "NODE_MATRIX_NON_TRS",
            "/nodes/0/matrix",
            #""nodes":[{"matrix":[1,0,0,0,1,1,0,0,0,0,1,0,0,0,0,1]}]"#
        ),
        ValidationCase(
            "NODE_MATRIX_TRS",
            "/nodes/0/matrix",
            #""nodes":[{"scale":[1,1,1],"matrix":[2,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1]}]"#
        ),
        ValidationCase("ROTATION_NON_UNIT", "/nodes/0/rotation", #""nodes":[{"rotation":[0,0,0,0.5]}]"#),
        ValidationCase(
            "SCENE_NON_ROOT_NODE",
            "/scenes/0/nodes/0",
            #""nodes":[{"children":[1]},{}],"scenes":[{"nodes":[1]}]"#
        ),
        ValidationCase(
            "NODE_WEIGHTS_INVALID",
            "/nodes/0/weights",
            #""accessors":[\#(positions)],"meshes":[{"primitives":[{"attributes":{"POSITION":0}}]}],"nodes":[{"mesh":0,"weights":[1]}]"#
        ),
        ValidationCase(
            "NODE_SKIN_WITH_NON_SKINNED_MESH",
            "/nodes/0/mesh",
            #""accessors":[\#(positions)],"meshes":[{"primitives":[{"attributes":{"POSITION":0}}]}],"skins":[{"joints":[0]}],"nodes":[{"mesh":0,"skin":0}]"#
        ),
        ValidationCase(
            "NODE_SKINNED_MESH_WITHOUT_SKIN",
            "/nodes/0",
            #""accessors":[\#(positions),{"componentType":5121,"count":3,"type":"VEC4"},{"componentType":5126,"count":3,"type":"VEC4"}],"meshes":[{"primitives":[{"attributes":{"POSITION":0,"JOINTS_0":1,"WEIGHTS_0":2}}]}],"nodes":[{"mesh":0}]"#
        ),
        ValidationCase(
            "SKIN_NO_COMMON_ROOT",
            "/skins/0/joints",
            #""nodes":[{"name":"a"},{"name":"b"}],"skins":[{"joints":[0,1]}]"#
        ),
        ValidationCase(
            "SKIN_SKELETON_INVALID",
            "/skins/0/skeleton",
            #""nodes":[{"children":[1,2]},{"name":"a"},{"name":"b"}],"skins":[{"skeleton":1,"joints":[1,2]}]"#
        ),
        ValidationCase(
            "SKIN_IBM_INVALID_FORMAT",
            "/skins/0/inverseBindMatrices",
            #""nodes":[{"name":"a"}],"accessors":[\#(positions)],"skins":[{"joints":[0],"inverseBindMatrices":0}]"#
        ),
        ValidationCase(
            "INVALID_IBM_ACCESSOR_COUNT",
            "/skins/0/inverseBindMatrices",
            #""nodes":[{"children":[1]},{"name":"a"}],"accessors":[{"componentType":5126,"count":1,"type":"MAT4"}],"skins":[{"joints":[0,1],"inverseBindMatrices":0}]"#
        ),
        animation("UNRESOLVED_REFERENCE", "/channels/0/sampler", sampler: 1),
        animation(
            "ANIMATION_CHANNEL_TARGET_NODE_MATRIX",
            "/channels/0/target",
            node: #"{"matrix":[2,0,0,0,0,1,0,0,0,0,1,0,0,0,0,1]}"#
        ),
        animation(
            "ANIMATION_CHANNEL_TARGET_NODE_WEIGHTS_NO_MORPHS",
            "/channels/0/target",
            path: "weights",
            output: times
        ),
        animation("ANIMATION_DUPLICATE_TARGETS", "/channels/1/target", again: true),
        animation("ANIMATION_SAMPLER_INPUT_ACCESSOR_INVALID_FORMAT", "/samplers/0/input", input: positions),
        animation(
            "ANIMATION_SAMPLER_INPUT_ACCESSOR_WITHOUT_BOUNDS",
            "/samplers/0/input",
            input: #"{"componentType":5126,"count":2,"type":"SCALAR"}"#
        ),
        animation("ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_FORMAT", "/samplers/0/output", output: times),
        animation("ANIMATION_SAMPLER_OUTPUT_ACCESSOR_INVALID_COUNT", "/samplers/0/output", output: positions),
        animation(
            "ANIMATION_SAMPLER_INPUT_ACCESSOR_TOO_FEW_ELEMENTS",
            "/samplers/0/input",
            input: #"{"componentType":5126,"count":1,"type":"SCALAR","min":[0],"max":[0]}"#,
            output: positions,
            interpolation: "CUBICSPLINE"
        ),
    ]

    /// An animation of a node's scale, with one thing changed.
    private static func animation(
        _ code: String,
        _ pointer: String,
        sampler: Int = 0,
        node: String = #"{"name":"a"}"#,
        path: String = "scale",
        again: Bool = false,
        input: String = times,
        output: String = #"{"componentType":5126,"count":2,"type":"VEC3"}"#,
        interpolation: String = "LINEAR"
    ) -> ValidationCase {
        let channel = #"{"sampler":\#(sampler),"target":{"node":0,"path":"\#(path)"}}"#
        return ValidationCase(
            code,
            "/animations/0" + pointer,
            #""nodes":[\#(node)],"accessors":[\#(input),\#(output)],"animations":[{"samplers":[{"input":0,"output":1,"interpolation":"\#(interpolation)"}],"channels":[\#(channel)\#(again ? "," + channel : "")]}]"#
        )
    }
}
