// Portable Network Graphics (W3C Recommendation, second edition; ISO/IEC 15948). A file is
//
//     89 50 4E 47 0D 0A 1A 0A          signature
//     chunks: length u32 · type 4 bytes · data · CRC-32 of type and data, all numbers big-endian
//
// IHDR first: width u32, height u32, bit depth, colour type, compression 0, filter 0, interlace 0 or 1. PLTE has the
// palette, tRNS transparency, the IDATs together one zlib stream of scan lines, IEND the end. Each scan line starts
// with its filter: 0 none, 1 left, 2 up, 3 average of the two, 4 Paeth's predictor. Interlaced images hold seven
// reduced ones in turn (Adam7).

/// What the IHDR chunk says.
struct PNGHeader: Equatable {
    /// What a pixel is made of.
    enum ColorType: UInt8 {
        case gray = 0
        case rgb = 2
        case palette = 3
        case grayAlpha = 4
        case rgba = 6

        /// Numbers per pixel.
        var channelCount: Int {
            switch self {
            case .gray, .palette: 1
            case .grayAlpha: 2
            case .rgb: 3
            case .rgba: 4
            }
        }

        /// Bits per number that the format allows.
        var bitDepths: [Int] {
            switch self {
            case .gray: [1, 2, 4, 8, 16]
            case .palette: [1, 2, 4, 8]
            case .rgb, .grayAlpha, .rgba: [8, 16]
            }
        }
    }

    /// One of the images that the stream holds in turn: every `dx`-th pixel of every `dy`-th row, from (x, y) on.
    struct Pass: Equatable {
        let x: Int
        let y: Int
        let dx: Int
        let dy: Int
        let width: Int
        let height: Int
    }

    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

    let width: Int
    let height: Int
    let bitDepth: Int
    let colorType: ColorType
    let isInterlaced: Bool

    /// From a byte of a scan line to the one of the same channel to its left.
    var filterDistance: Int { max(1, bitDepth * colorType.channelCount / 8) }

    /// Bytes of a scan line of `width` pixels, without its filter.
    func rowByteCount(width: Int) -> Int {
        (width * bitDepth * colorType.channelCount + 7) / 8
    }

    /// The images that the stream holds, without those that have no pixel.
    var passes: [Pass] {
        guard isInterlaced else { return [Pass(x: 0, y: 0, dx: 1, dy: 1, width: width, height: height)] }
        let steps = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        return steps.compactMap { x, y, dx, dy in
            let pass = Pass(
                x: x,
                y: y,
                dx: dx,
                dy: dy,
                width: (width - x + dx - 1) / dx,
                height: (height - y + dy - 1) / dy
            )
            return pass.width > 0 && pass.height > 0 ? pass : nil
        }
    }

    /// Bytes of the inflated stream.
    var streamByteCount: Int {
        passes.reduce(0) { $0 + $1.height * (1 + rowByteCount(width: $1.width)) }
    }
}
