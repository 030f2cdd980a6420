import LODEngine

extension LODFuzzing {
    private static let modes: [MeshoptMode] = [.attributes, .triangles, .indices]
    private static let filters: [MeshoptFilter] = [.none, .octahedral, .quaternion, .exponential, .color]

    /// Takes five bytes as mode, filter, stride and count, and the rest as a stream of that kind: it is refused with a
    /// typed error, or gives as many bytes as were asked for.
    public static func meshopt(_ bytes: [UInt8]) {
        guard bytes.count > 5 else { return }
        let mode = modes[Int(bytes[0]) % modes.count]
        let filter = filters[Int(bytes[1]) % filters.count]
        let byteStride = Int(bytes[2])
        let count = (Int(bytes[3]) | Int(bytes[4] & 3) << 8) * (mode == .triangles ? 3 : 1)
        do {
            let decoded = try MeshoptDecoder.decode(
                bytes.span.extracting(5...),
                mode: mode,
                filter: filter,
                count: count,
                byteStride: byteStride
            )
            hold(decoded.count == count * byteStride, "\(decoded.count) bytes for \(count) of \(byteStride)")
        } catch { hold((error as? LODError)?.code == .invalidModel, "another error: \(error)") }
    }

    /// Takes bytes as a PNG file, as textures are.
    public static func png(_ bytes: [UInt8]) {
        picture { try Picture(png: bytes, name: "fuzz.png", pixelCountMax: 1 << 18) }
    }

    /// Takes bytes as a JPEG file, as textures are.
    public static func jpeg(_ bytes: [UInt8]) {
        picture { try Picture(jpeg: bytes, name: "fuzz.jpg", pixelCountMax: 1 << 18) }
    }

    private static func picture(_ read: () throws -> Picture) {
        do {
            let picture = try read()
            hold(picture.width > 0 && picture.height > 0, "a picture of nothing")
            hold(picture.bytes.count == picture.width * picture.height * 4, "a picture of another size")
        } catch {
            let code = (error as? LODError)?.code
            hold(code == .invalidImage || code == .unsupported, "another error: \(error)")
        }
    }
}
