internal import Testing

/// Cases of buffers, accessors and meshes, whose numbers stand in `data:` URIs.
extension ValidationCase {
    static let data: [ValidationCase] = [
        ValidationCase(
            "BUFFER_BYTE_LENGTH_MISMATCH",
            "/buffers/0/byteLength",
            #""buffers":[{"byteLength":5,"uri":"\#(uri([1, 2, 3, 4]))"}]"#
        ),
        ValidationCase(
            "BUFFER_DATA_URI_MIME_TYPE_INVALID",
            "/buffers/0/uri",
            #""buffers":[{"byteLength":1,"uri":"data:text/plain;base64,AA=="}]"#
        ),
        ValidationCase("NON_RELATIVE_URI", "/buffers/0/uri", #""buffers":[{"byteLength":1,"uri":"http://a/b"}]"#),
        ValidationCase("NOT_CHECKED", "/buffers/0/uri", #""buffers":[{"byteLength":1,"uri":"b.bin"}]"#),
        ValidationCase(
            "BUFFER_VIEW_TOO_LONG",
            "/bufferViews/0/byteLength",
            #""buffers":[{"byteLength":8}],"bufferViews":[{"buffer":0,"byteOffset":4,"byteLength":5}]"#
        ),
        ValidationCase(
            "BUFFER_VIEW_TOO_LONG",
            "/bufferViews/0/byteOffset",
            #""buffers":[{"byteLength":8}],"bufferViews":[{"buffer":0,"byteOffset":9007199254740991,"byteLength":9007199254740991}]"#
        ),
        ValidationCase(
            "BUFFER_VIEW_TOO_BIG_BYTE_STRIDE",
            "/bufferViews/0/byteStride",
            #""buffers":[{"byteLength":8}],"bufferViews":[{"buffer":0,"byteLength":8,"byteStride":12}]"#
        ),
        ValidationCase(
            "BUFFER_VIEW_INVALID_BYTE_STRIDE",
            "/bufferViews/0/byteStride",
            #""buffers":[{"byteLength":8}],"bufferViews":[{"buffer":0,"byteLength":8,"byteStride":4,"target":34963}]"#
        ),
        accessor(
            "ACCESSOR_MATRIX_ALIGNMENT",
            "/byteOffset",
            #""componentType":5121,"count":1,"type":"MAT2","byteOffset":2"#,
            bytes: 12
        ),
        accessor(
            "ACCESSOR_NORMALIZED_INVALID",
            "/normalized",
            #""componentType":5126,"count":1,"type":"SCALAR","normalized":true"#,
            bytes: 4
        ),
        accessor(
            "ACCESSOR_OFFSET_ALIGNMENT",
            "/byteOffset",
            #""componentType":5123,"count":1,"type":"SCALAR","byteOffset":1"#,
            bytes: 4
        ),
        accessor(
            "ACCESSOR_TOTAL_OFFSET_ALIGNMENT",
            "/byteOffset",
            #""componentType":5123,"count":1,"type":"SCALAR""#,
            bytes: 4,
            viewOffset: 1
        ),
        accessor(
            "ACCESSOR_SMALL_BYTESTRIDE",
            "/bufferView",
            #""componentType":5126,"count":1,"type":"VEC2""#,
            bytes: 8,
            stride: 4
        ),
        accessor("ACCESSOR_TOO_LONG", "", #""componentType":5126,"count":3,"type":"SCALAR""#, bytes: 8),
        accessor("ACCESSOR_TOO_LONG", "", #""componentType":5126,"count":9007199254740991,"type":"MAT4""#, bytes: 8),
        accessor(
            "ARRAY_LENGTH_NOT_IN_LIST",
            "/min",
            #""componentType":5126,"count":1,"type":"SCALAR","min":[0,0]"#,
            bytes: 4
        ),
        accessor("ACCESSOR_INVALID_FLOAT", "", #""componentType":5126,"count":2,"type":"SCALAR""#, floats: [1, .nan]),
        accessor(
            "ACCESSOR_INVALID_FLOAT",
            "",
            #""componentType":5126,"count":1,"type":"VEC2""#,
            floats: [-.infinity, 0]
        ),
        accessor(
            "ACCESSOR_MIN_MISMATCH",
            "/min/0",
            #""componentType":5126,"count":2,"type":"SCALAR","min":[0],"max":[2]"#,
            floats: [1, 2]
        ),
        accessor(
            "ACCESSOR_MAX_MISMATCH",
            "/max/1",
            #""componentType":5126,"count":1,"type":"VEC2","max":[1,3]"#,
            floats: [1, 2]
        ),
        accessor(
            "ACCESSOR_ELEMENT_OUT_OF_MIN_BOUND",
            "",
            #""componentType":5126,"count":2,"type":"SCALAR","min":[1.5]"#,
            floats: [1, 2]
        ),
        accessor(
            "ACCESSOR_ELEMENT_OUT_OF_MAX_BOUND",
            "",
            #""componentType":5126,"count":2,"type":"SCALAR","max":[1.5]"#,
            floats: [1, 2]
        ),
        sparse("ACCESSOR_SPARSE_COUNT_OUT_OF_RANGE", "/count", count: 5, indices: [0, 1, 2, 3, 4]),
        sparse("ACCESSOR_SPARSE_INDEX_OOB", "/indices", count: 2, indices: [0, 4]),
        sparse("ACCESSOR_SPARSE_INDICES_NON_INCREASING", "/indices", count: 2, indices: [1, 1]),
        sparse("ACCESSOR_TOO_LONG", "/indices", count: 3, indices: [0, 1]),
        animated("ACCESSOR_ANIMATION_INPUT_NEGATIVE", times: [-1, 1]),
        animated("ACCESSOR_ANIMATION_INPUT_NON_INCREASING", times: [1, 1]),
        animated(
            "ACCESSOR_ANIMATION_SAMPLER_OUTPUT_NON_NORMALIZED_QUATERNION",
            times: [0, 1],
            rotation: [0, 0, 0, 2]
        ),
        animated("ANIMATION_SAMPLER_ACCESSOR_WITH_BYTESTRIDE", times: [0, 1], stride: 4),
        ValidationCase("IMAGE_UNRECOGNIZED_FORMAT", "/images/0", image("image/png", [1, 2, 3, 4])),
        ValidationCase("IMAGE_MIME_TYPE_INVALID", "/images/0", image("image/jpeg", png)),
        ValidationCase("IMAGE_UNEXPECTED_EOS", "/images/0", image("image/png", Array(png.prefix(40)))),
        ValidationCase("IMAGE_UNEXPECTED_EOS", "/images/0", image("image/jpeg", [0xff, 0xd8, 0xff, 0xe0, 0, 9])),
        ValidationCase(
            "IMAGE_DATA_INVALID",
            "/images/0",
            image("image/jpeg", [0xff, 0xd8, 0xff, 0xe0, 0, 2, 1, 1, 1, 1])
        ),
        ValidationCase(
            "IMAGE_NON_ENABLED_MIME_TYPE",
            "/images/0",
            image("image/webp", Array("RIFF\u{8}\0\0\0WEBPVP8 \0\0\0\0".utf8))
        ),
        ValidationCase(
            "IMAGE_BUFFER_VIEW_WITH_BYTESTRIDE",
            "/images/0/bufferView",
            #""buffers":[{"byteLength":8}],"bufferViews":[{"buffer":0,"byteLength":8,"byteStride":4}],"images":[{"bufferView":0,"mimeType":"image/png"}]"#
        ),
        ValidationCase(
            "BUFFER_VIEW_TARGET_OVERRIDE",
            "/images/0/bufferView",
            #""buffers":[{"byteLength":8}],"bufferViews":[{"buffer":0,"byteLength":8,"target":34962}],"images":[{"bufferView":0,"mimeType":"image/png"}]"#
        ),
    ]

    /// The start of a PNG image of one pixel, up to its pixels.
    private static let png: [UInt8] =
        [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13] + Array("IHDR".utf8)
        + [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 1] + Array("IDAT".utf8) + [0]

    private static func image(_ type: String, _ bytes: [UInt8]) -> String {
        #""images":[{"mimeType":"\#(type)","uri":"data:\#(type);base64,\#(base64(bytes))"}]"#
    }

    static func accessor(
        _ code: String,
        _ pointer: String,
        _ members: String,
        bytes: Int = 0,
        floats: [Float] = [],
        viewOffset: Int = 0,
        stride: Int? = nil
    ) -> ValidationCase {
        let data = floats.isEmpty ? [UInt8](repeating: 0, count: bytes + viewOffset) : littleEndian(floats)
        let view =
            #"{"buffer":0,"byteOffset":\#(viewOffset),"byteLength":\#(data.count - viewOffset)\#(stride.map { #","byteStride":\#($0)"# } ?? "")}"#
        return ValidationCase(
            code,
            "/accessors/0" + pointer,
            #""buffers":[{"byteLength":\#(data.count),"uri":"\#(uri(data))"}],"bufferViews":[\#(view)],"accessors":[{"bufferView":0,\#(members)}]"#
        )
    }

    private static func sparse(_ code: String, _ pointer: String, count: Int, indices: [UInt8]) -> ValidationCase {
        let data = indices + [UInt8](repeating: 0, count: 32 - indices.count)
        return ValidationCase(
            code,
            "/accessors/0/sparse" + pointer,
            #""buffers":[{"byteLength":32,"uri":"\#(uri(data))"}],"bufferViews":[{"buffer":0,"byteLength":\#(indices.count)},{"buffer":0,"byteOffset":8,"byteLength":24}],"accessors":[{"componentType":5126,"count":4,"type":"SCALAR","sparse":{"count":\#(count),"indices":{"bufferView":0,"componentType":5121},"values":{"bufferView":1}}}]"#
        )
    }

    private static func animated(_ code: String, times: [Float], rotation: [Float] = [0, 0, 0, 1], stride: Int? = nil)
        -> ValidationCase
    {
        let data = littleEndian(times + rotation + [0, 0, 0, 1])
        let bounds = times.map { "\($0)" }
        return ValidationCase(
            code,
            stride == nil ? "/accessors/\(code.contains("OUTPUT") ? 1 : 0)" : "/animations/0/samplers/0/input",
            #""buffers":[{"byteLength":40,"uri":"\#(uri(data))"}],"bufferViews":[{"buffer":0,"byteLength":8\#(stride.map { #","byteStride":\#($0)"# } ?? "")},{"buffer":0,"byteOffset":8,"byteLength":32}],"accessors":[{"bufferView":0,"componentType":5126,"count":2,"type":"SCALAR","min":[\#(bounds[0])],"max":[\#(bounds[1])]},{"bufferView":1,"componentType":5126,"count":2,"type":"VEC4"}],"nodes":[{"name":"a"}],"animations":[{"samplers":[{"input":0,"output":1}],"channels":[{"sampler":0,"target":{"node":0,"path":"rotation"}}]}]"#
        )
    }

    /// The floats' bytes.
    static func littleEndian(_ floats: [Float]) -> [UInt8] {
        floats.flatMap { float in (0..<4).map { UInt8(truncatingIfNeeded: float.bitPattern >> UInt32(8 * $0)) } }
    }

    /// The bytes as a `data:` URI.
    static func uri(_ bytes: [UInt8]) -> String { "data:application/octet-stream;base64,\(base64(bytes))" }

    private static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = (0..<3).reduce(0) { $0 << 8 | (start + $1 < bytes.count ? Int(bytes[start + $1]) : 0) }
            for place in 0..<4 {
                text.append(start + place > bytes.count ? "=" : alphabet[group >> (18 - 6 * place) & 63])
            }
        }
        return text
    }
}
