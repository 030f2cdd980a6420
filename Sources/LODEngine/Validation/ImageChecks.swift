internal import VitrineIO

/// Images: where they are, and whether their first bytes are of an image that glTF allows.
extension ValidationRun {
    /// Checks all images.
    func checkImages() {
        for (_, image, pointer) in elements("images") {
            var declared = image["mimeType"]?.string
            var block: ByteBlock?
            if let view = index("bufferView", of: image, into: "bufferViews") {
                use(view: view, as: .image, at: pointer["bufferView"])
                if root["bufferViews"]?[view]?["byteStride"] != nil {
                    report(
                        .imageBufferViewWithByteStride,
                        at: pointer["bufferView"],
                        "expected no byteStride in the view of an image"
                    )
                }
                block = bytes(ofView: view)
            } else if let uri = image["uri"]?.string {
                let resource = resource(uri, at: pointer["uri"])
                declared = declared ?? resource.mimeType
                block = resource.block
            }
            guard let block else { continue }
            check(ImageHead(block), declared: declared, at: pointer)
        }
    }

    private func check(_ head: ImageHead, declared: String?, at pointer: JSONPointer) {
        guard let type = head.mimeType else {
            return report(.imageUnrecognizedFormat, at: pointer, "expected a PNG or JPEG image")
        }
        if let declared, declared != type {
            report(.imageMimeTypeInvalid, at: pointer, "expected \(declared) as declared, found \(type)")
        }
        switch type {
        case "image/webp" where !extensionsUsed.contains("EXT_texture_webp"):
            report(.imageNonEnabledMimeType, at: pointer, "expected EXT_texture_webp for an image of \(type)")
        case "image/ktx2" where !extensionsUsed.contains("KHR_texture_basisu"):
            report(.imageNonEnabledMimeType, at: pointer, "expected KHR_texture_basisu for an image of \(type)")
        default: break
        }
        if let fault = head.fault {
            report(fault.isCutOff ? .imageUnexpectedEOS : .imageDataInvalid, at: pointer, "expected \(fault.expected)")
        }
    }
}

/// What an image's first bytes tell: its format, and whether it goes on as that format must.
///
/// PNG is followed chunk by chunk to its first pixels, JPEG segment by segment to its frame, WebP to its first chunk;
/// the pixels themselves are not looked at.
struct ImageHead {
    /// The format; `nil` if it is none that glTF and its extensions know.
    private(set) var mimeType: String?
    /// What is wrong, and whether it is that the bytes end.
    private(set) var fault: (isCutOff: Bool, expected: String)?

    /// Looks at the first bytes of `block`.
    init(_ block: ByteBlock) {
        block.withBytes { bytes in
            func begins(_ start: [UInt8], at offset: Int = 0) -> Bool {
                bytes.count >= offset + start.count && start.indices.allSatisfy { bytes[offset + $0] == start[$0] }
            }
            if begins([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
                mimeType = "image/png"
                fault = Self.faultOfPNG(bytes)
            } else if begins([0xff, 0xd8, 0xff]) {
                mimeType = "image/jpeg"
                fault = Self.faultOfJPEG(bytes)
            } else if begins(Array("RIFF".utf8)), begins(Array("WEBP".utf8), at: 8) {
                mimeType = "image/webp"
                fault = bytes.count < 20 ? (true, "a chunk behind the WebP header") : nil
            } else if begins([0xab, 0x4b, 0x54, 0x58, 0x20, 0x32, 0x30, 0xbb, 0x0d, 0x0a, 0x1a, 0x0a]) {
                mimeType = "image/ktx2"
            }
        }
    }

    private static func number(_ bytes: Span<UInt8>, at offset: Int, count: Int) -> Int {
        (0..<count).reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
    }

    /// Chunks: length (4), type (4), data, checksum (4); IHDR first, with width and height.
    private static func faultOfPNG(_ bytes: Span<UInt8>) -> (Bool, String)? {
        var offset = 8
        while true {
            guard bytes.count - offset >= 8 else { return (true, "a PNG chunk at byte \(offset)") }
            let length = number(bytes, at: offset, count: 4)
            let type = number(bytes, at: offset + 4, count: 4)
            if offset == 8 {
                guard type == 0x4948_4452, length == 13 else { return (false, "an IHDR chunk of 13 bytes first") }
                guard bytes.count >= 33 else { return (true, "the IHDR chunk's 13 bytes") }
                guard number(bytes, at: 16, count: 4) > 0, number(bytes, at: 20, count: 4) > 0 else {
                    return (false, "a width and a height above 0")
                }
            }
            // IDAT: the pixels begin.
            if type == 0x4944_4154 { return nil }
            guard length <= bytes.count - offset - 12 else {
                return (true, "\(length) bytes of the PNG chunk at \(offset)")
            }
            offset += 12 + length
        }
    }

    /// Segments: ff, marker, length (2, itself included), data; a start of frame has height and width.
    private static func faultOfJPEG(_ bytes: Span<UInt8>) -> (Bool, String)? {
        var offset = 2
        while true {
            guard bytes.count - offset >= 4 else { return (true, "a JPEG segment at byte \(offset)") }
            guard bytes[offset] == 0xff else { return (false, "a JPEG marker at byte \(offset)") }
            let marker = bytes[offset + 1]
            if marker == 0xff {
                offset += 1
                continue
            }
            let length = number(bytes, at: offset + 2, count: 2)
            // Start of frame, but for the markers of that range that mean tables.
            if marker >= 0xc0, marker <= 0xcf, marker != 0xc4, marker != 0xc8, marker != 0xcc {
                guard bytes.count - offset >= 9 else { return (true, "a JPEG frame's size at byte \(offset)") }
                let isEmpty = number(bytes, at: offset + 7, count: 2) == 0
                return isEmpty ? (false, "a width above 0") : nil
            }
            guard length >= 2 else { return (false, "a JPEG segment's length at byte \(offset + 2)") }
            guard length + 2 <= bytes.count - offset else {
                return (true, "\(length) bytes of the JPEG segment at \(offset)")
            }
            offset += 2 + length
        }
    }
}
