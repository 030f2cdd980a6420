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
        do {
            let picture = try Picture(png: bytes, name: "fuzz.png", pixelCountMax: 1 << 18)
            hold(picture.width > 0 && picture.height > 0, "a picture of nothing")
        } catch {
            let code = (error as? LODError)?.code
            hold(code == .invalidImage || code == .unsupported, "another error: \(error)")
        }
    }
}
