/// An image: rows from top to bottom, four bytes for each pixel.
public struct Picture: Sendable, Equatable {
    /// Pixels in a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// Red, green, blue (as sRGB encodes them) and alpha (straight, not multiplied in) of each pixel in turn.
    public internal(set) var bytes: [UInt8]

    /// An image that is transparent everywhere.
    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        bytes = [UInt8](repeating: 0, count: width * height * 4)
    }

    /// An image of these bytes.
    ///
    /// - Throws: `LODError.Code.invalidImage` when the size is not positive, or `bytes` are not four for each pixel.
    public init(width: Int, height: Int, bytes: [UInt8]) throws {
        let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
        guard width > 0, height > 0, !overflow, bytes.count.isMultiple(of: 4), bytes.count / 4 == pixels else {
            throw LODError(
                .invalidImage,
                "a picture of \(width) × \(height) cannot be made of \(bytes.count) bytes; give 4 for each pixel"
            )
        }
        self.width = width
        self.height = height
        self.bytes = bytes
    }

    /// Reads a PNG file of any colour type, bit depth and interlacing.
    ///
    /// Colour profiles and gamma are ignored, as glTF asks. Takes time in proportion to the pixels.
    ///
    /// - Parameters:
    ///   - png: The whole file.
    ///   - name: What errors call the file.
    ///   - pixelCountMax: The most pixels that are read; the memory used is up to 12 bytes for each.
    /// - Throws: `LODError.Code.invalidImage` with the offset where the file contradicts the format, or if it has more
    ///   pixels; `.unsupported` if it needs a chunk that is unknown.
    public init(png: [UInt8], name: String = "PNG", pixelCountMax: Int = 1 << 26) throws {
        var decoder = PNGDecoder(file: png, name: name, pixelCountMax: pixelCountMax)
        self = try decoder.decode()
    }

    /// Reads a JPEG file: baseline, extended or progressive, grey, YCbCr, RGB or CMYK, with 8 bits per sample.
    ///
    /// Colour profiles and orientation are ignored, as glTF asks. Takes time in proportion to the pixels and the scans, of
    /// which a file may have 100.
    ///
    /// - Parameters:
    ///   - jpeg: The whole file.
    ///   - name: What errors call the file.
    ///   - pixelCountMax: The most pixels that are read; the memory used is up to 12 bytes for each.
    /// - Throws: `LODError.Code.invalidImage` where the file contradicts the format or ends early, or if it has more
    ///   pixels; `.unsupported` for other kinds of JPEG (lossless, arithmetic coding, 12 bits); `.ioFailed` when there is
    ///   no memory.
    public init(jpeg: [UInt8], name: String = "JPEG", pixelCountMax: Int = 1 << 26) throws {
        self = try JPEGDecoder.decode(jpeg, name: name, pixelCountMax: pixelCountMax)
    }

    /// Red, green, blue and alpha of the pixel `x` from the left and `y` from the top, which must be inside.
    public subscript(x: Int, y: Int) -> SIMD4<UInt8> {
        let start = (y * width + x) * 4
        return SIMD4(bytes[start], bytes[start + 1], bytes[start + 2], bytes[start + 3])
    }

    /// The image as a PNG file; the same image gives the same bytes.
    ///
    /// - Throws: `LODError.Code.ioFailed` when zlib finds no memory.
    public func png() throws -> [UInt8] {
        try PNGEncoder(picture: self).encode()
    }
}
