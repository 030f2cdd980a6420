internal import VitrineCJPEG

/// Reads a JPEG file (ITU-T T.81; JFIF, ITU-T T.871) by libjpeg-turbo, behind a shim that keeps its errors in C.
enum JPEGDecoder {
    /// What every file starts with: the marker SOI and the start of the next one.
    static let signature: [UInt8] = [0xFF, 0xD8, 0xFF]

    /// The picture of a whole file.
    ///
    /// - Throws: `LODError.Code.invalidImage` when the file is damaged or has more pixels; `.unsupported` for a kind that
    ///   the library does not read; `.ioFailed` when there is no memory.
    static func decode(_ file: [UInt8], name: String, pixelCountMax: Int) throws -> Picture {
        var (width, height) = (UInt32.zero, UInt32.zero)
        // The file and the message live across the call and have the lengths that are passed or agreed on.
        unsafe try call(name) { message in
            unsafe file.withUnsafeBufferPointer { file in
                unsafe vitrine_jpeg_measure(file.baseAddress, file.count, &width, &height, message)
            }
        }
        // JPEG has sizes of 16 bits: the product cannot overflow.
        guard width > 0, height > 0, Int(width) * Int(height) <= pixelCountMax else {
            throw LODError(
                .invalidImage,
                "\(name): the image is \(width) × \(height) pixels; between 1 and \(pixelCountMax) in all are read"
            )
        }
        var picture = Picture(width: Int(width), height: Int(height))
        // As above; the picture has 4 bytes for each pixel.
        unsafe try call(name) { message in
            unsafe file.withUnsafeBufferPointer { file in
                unsafe picture.bytes.withUnsafeMutableBufferPointer { pixels in
                    unsafe vitrine_jpeg_decode(
                        file.baseAddress,
                        file.count,
                        width,
                        height,
                        pixels.baseAddress,
                        message
                    )
                }
            }
        }
        return picture
    }

    /// Makes a call to the shim and throws what it reports.
    private static func call(
        _ name: String,
        _ body: (_ message: UnsafeMutablePointer<CChar>) -> Int32
    ) throws {
        var message = [CChar](repeating: 0, count: Int(VITRINE_JPEG_MESSAGE_MAX))
        // The shim writes at most as many bytes as the message has.
        let status = unsafe message.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.map { unsafe body($0) } ?? 0
        }
        guard status != Int32(VITRINE_JPEG_OK.rawValue) else { return }
        let words = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        switch status {
        case Int32(VITRINE_JPEG_UNSUPPORTED.rawValue):
            throw LODError(.unsupported, "\(name): the JPEG image is of a kind that is not read here: \(words)")
        case Int32(VITRINE_JPEG_NO_MEMORY.rawValue):
            throw LODError(.ioFailed, "\(name): there is no memory for the JPEG image; free some: \(words)")
        default:
            throw LODError(.invalidImage, "\(name): the JPEG image is damaged: \(words)")
        }
    }
}
