/// Turns a PNG's samples into a picture's pixels.
struct PNGUnpacker {
    let header: PNGHeader
    let palette: [SIMD4<UInt8>]
    let transparentColor: SIMD3<Int>?

    /// Puts one row of a pass where it belongs; false if a pixel is beyond the palette.
    func unpack(_ bytes: [UInt8], at start: Int, row: Int, of pass: PNGHeader.Pass, into picture: inout Picture) -> Bool
    {
        var target = ((pass.y + row * pass.dy) * picture.width + pass.x) * 4
        for x in 0..<pass.width {
            guard let pixel = pixel(bytes, at: start, x) else { return false }
            picture.bytes[target] = pixel.x
            picture.bytes[target + 1] = pixel.y
            picture.bytes[target + 2] = pixel.z
            picture.bytes[target + 3] = pixel.w
            target += pass.dx * 4
        }
        return true
    }

    @inline(__always)
    private func pixel(_ bytes: [UInt8], at start: Int, _ x: Int) -> SIMD4<UInt8>? {
        let first = x * header.colorType.channelCount
        let value = sample(bytes, at: start, first)
        switch header.colorType {
        case .palette:
            return value < palette.count ? palette[value] : nil
        case .gray:
            let gray = scaled(value)
            return SIMD4(gray, gray, gray, transparentColor?.x == value ? 0 : 255)
        case .grayAlpha:
            let gray = scaled(value)
            return SIMD4(gray, gray, gray, scaled(sample(bytes, at: start, first + 1)))
        case .rgb:
            let color = SIMD3(value, sample(bytes, at: start, first + 1), sample(bytes, at: start, first + 2))
            return SIMD4(scaled(color.x), scaled(color.y), scaled(color.z), transparentColor == color ? 0 : 255)
        case .rgba:
            return SIMD4(
                scaled(value),
                scaled(sample(bytes, at: start, first + 1)),
                scaled(sample(bytes, at: start, first + 2)),
                scaled(sample(bytes, at: start, first + 3))
            )
        }
    }

    /// The sample of this index in a row: the leftmost in the high bits.
    @inline(__always)
    private func sample(_ bytes: [UInt8], at start: Int, _ index: Int) -> Int {
        switch header.bitDepth {
        case 8: return Int(bytes[start + index])
        case 16: return Int(bytes[start + index * 2]) << 8 | Int(bytes[start + index * 2 + 1])
        default:
            let bit = index * header.bitDepth
            let shift = 8 - header.bitDepth - bit % 8
            return Int(bytes[start + bit / 8]) >> shift & ((1 << header.bitDepth) - 1)
        }
    }

    /// A sample of the file's depth as one of 8 bits, rounded to the nearest.
    @inline(__always)
    private func scaled(_ sample: Int) -> UInt8 {
        if header.bitDepth == 8 { return UInt8(truncatingIfNeeded: sample) }
        let greatest = (1 << header.bitDepth) - 1
        return UInt8(truncatingIfNeeded: (sample * 255 + greatest / 2) / greatest)
    }
}
