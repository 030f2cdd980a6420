/// A mesh as a modelling tool exports it: a bent and dented sheet of triangles, 32 bytes a vertex (position, normal and
/// texture coordinates as floats on grids that tools round to), and indices of 4 bytes.
struct AssetModel: Sendable {
    private struct Vertex {
        var position: SIMD3<Float>
        var normal: SIMD3<Float>
        var uv: SIMD2<Float>
    }

    private var vertices: [Vertex]
    private var indices: [UInt32]

    /// A sheet of `rows` times as many vertices; its shape is drawn.
    init(rows: Int, _ random: inout Chance) {
        let waves = (0..<6).map { _ in
            (
                x: random.unit() * 9 - 4.5, y: random.unit() * 9 - 4.5, phase: random.unit() * 6.28,
                height: Float(random.unit() * 0.2)
            )
        }
        vertices = []
        vertices.reserveCapacity(rows * rows)
        for row in 0..<rows {
            for column in 0..<rows {
                let u = Double(column) / Double(rows - 1)
                let v = Double(row) / Double(rows - 1)
                var height: Float = 0
                var slope = SIMD2<Float>(0, 0)
                for wave in waves {
                    let angle = 6.28 * (wave.x * u + wave.y * v) + wave.phase
                    height += wave.height * AssetModel.wave(angle)
                    let steep = wave.height * AssetModel.wave(angle + 1.57) * 6.28
                    slope += SIMD2(Float(wave.x), Float(wave.y)) * steep
                }
                height += Float(random.unit() - 0.5) * 0.002
                let normal = SIMD3<Float>(-slope.x, 1, -slope.y)
                let length = (normal * normal).sum().squareRoot()
                vertices.append(
                    Vertex(
                        position: AssetModel.rounded(SIMD3(Float(u) * 2, height, Float(v) * 2), 4_096),
                        normal: AssetModel.rounded(normal / length, 127),
                        uv: SIMD2((Float(u) * 4_096).rounded() / 4_096, (Float(v) * 4_096).rounded() / 4_096)
                    )
                )
            }
        }
        indices = []
        indices.reserveCapacity(rows * rows * 6)
        for row in 0..<rows - 1 {
            for column in 0..<rows - 1 {
                let corner = UInt32(row * rows + column)
                let (right, below) = (corner + 1, corner + UInt32(rows))
                indices +=
                    random.below(4) == 0
                    ? [corner, below, below + 1, corner, below + 1, right]
                    : [corner, below, right, right, below, below + 1]
            }
        }
    }

    /// The same with dents in some places, and some vertices more.
    func edited(_ random: inout Chance) -> AssetModel {
        var copy = self
        for _ in 0..<3 + random.below(6) {
            let start = random.below(vertices.count)
            let end = min(vertices.count, start + 50 + random.below(vertices.count / 80 + 1))
            let shift = SIMD3<Float>(0, Float(random.unit() - 0.5) * 0.05, 0)
            for index in start..<end {
                copy.vertices[index].position = AssetModel.rounded(copy.vertices[index].position + shift, 4_096)
            }
        }
        // New vertices stand at the end of a part, and shift what follows.
        let place = random.below(vertices.count)
        let more = copy.vertices[place..<min(vertices.count, place + 20 + random.below(200))]
        copy.vertices.insert(contentsOf: more, at: place)
        for _ in 0..<2 + random.below(3) {
            let start = random.below(copy.indices.count / 3) * 3
            copy.indices.removeSubrange(start..<min(copy.indices.count, start + 300))
        }
        return copy
    }

    /// A binary glTF.
    func encoded(name: String) -> [UInt8] {
        let vertexBytes = vertices.count * 32
        let json = """
            {"asset":{"version":"2.0","generator":"vitrine benchmarks"},"scene":0,"scenes":[{"nodes":[0]}],\
            "nodes":[{"mesh":0,"name":"\(name)"}],"meshes":[{"primitives":[{"attributes":{"POSITION":0,"NORMAL":1,\
            "TEXCOORD_0":2},"indices":3}]}],"buffers":[{"byteLength":\(vertexBytes + indices.count * 4)}],\
            "bufferViews":[{"buffer":0,"byteLength":\(vertexBytes),"byteStride":32},{"buffer":0,\
            "byteOffset":\(vertexBytes),"byteLength":\(indices.count * 4)}],"accessors":[{"bufferView":0,\
            "componentType":5126,"count":\(vertices.count),"type":"VEC3","min":[0,-2,0],"max":[2,2,2]},\
            {"bufferView":0,"byteOffset":12,"componentType":5126,"count":\(vertices.count),"type":"VEC3"},\
            {"bufferView":0,"byteOffset":24,"componentType":5126,"count":\(vertices.count),"type":"VEC2"},\
            {"bufferView":1,"componentType":5125,"count":\(indices.count),"type":"SCALAR"}]}
            """
        var text = Array(json.utf8)
        while !text.count.isMultiple(of: 4) { text.append(0x20) }
        let binary = vertexBytes + indices.count * 4
        var bytes: [UInt8] = []
        bytes.reserveCapacity(28 + text.count + binary)
        func append(_ word: UInt32) { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
        append(0x4654_6C67)
        append(2)
        append(UInt32(28 + text.count + binary))
        append(UInt32(text.count))
        append(0x4E4F_534A)
        bytes += text
        append(UInt32(binary))
        append(0x004E_4942)
        for vertex in vertices {
            for value in [vertex.position.x, vertex.position.y, vertex.position.z] { append(value.bitPattern) }
            for value in [vertex.normal.x, vertex.normal.y, vertex.normal.z] { append(value.bitPattern) }
            append(vertex.uv.x.bitPattern)
            append(vertex.uv.y.bitPattern)
        }
        for index in indices { append(index) }
        return bytes
    }

    /// A sine, nearly (Bhaskara's), by operations that every machine rounds alike.
    private static func wave(_ angle: Double) -> Float {
        let turn = angle / 6.283_185_307_179_586
        let phase = (turn - turn.rounded(.down)) * 2
        let x = phase < 1 ? phase : phase - 1
        let half = 16 * x * (1 - x) / (5 - 4 * x * (1 - x))
        return Float(phase < 1 ? half : -half)
    }

    private static func rounded(_ values: SIMD3<Float>, _ steps: Float) -> SIMD3<Float> {
        (values * steps).rounded(.toNearestOrEven) / steps
    }
}
