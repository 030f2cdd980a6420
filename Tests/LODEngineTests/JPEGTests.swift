import Foundation
import LODEngine
import Testing
import VitrineTestSupport

@Suite("JPEG pictures")
struct JPEGTests {
    /// Files whose left half is redder, whose upper half is greener.
    private static let colored = [JPEGFixtures.baseline, JPEGFixtures.progressive, JPEGFixtures.cmyk]

    private func bytes(_ base64: String) throws -> [UInt8] {
        Array(try #require(Data(base64Encoded: base64)))
    }

    private func isClose(_ pixel: SIMD4<UInt8>, _ expected: SIMD4<Int>) -> Bool {
        (0..<4).allSatisfy { abs(Int(pixel[$0]) - expected[$0]) <= 4 }
    }

    @Test("baseline, progressive and CMYK files show their colours", arguments: colored)
    func kinds(file: String) throws {
        let picture = try Picture(jpeg: bytes(file))
        #expect(picture.width == 32 && picture.height == 16)
        #expect(isClose(picture[4, 3], SIMD4(220, 200, 90, 255)))
        #expect(isClose(picture[27, 3], SIMD4(40, 200, 90, 255)))
        #expect(isClose(picture[4, 12], SIMD4(220, 30, 90, 255)))
        #expect(isClose(picture[27, 12], SIMD4(40, 30, 90, 255)))
    }

    @Test("a grey file is grey")
    func gray() throws {
        let picture = try Picture(jpeg: bytes(JPEGFixtures.gray))
        #expect(isClose(picture[4, 3], SIMD4(193, 193, 193, 255)))
        #expect(isClose(picture[27, 12], SIMD4(40, 40, 40, 255)))
    }

    @Test("a file cut anywhere before its end is refused by name", arguments: colored)
    func truncated(file: String) throws {
        let bytes = try bytes(file)
        for count in 0..<bytes.count - 2 {
            let error = #expect(throws: LODError.self, "\(count) bytes") {
                try Picture(jpeg: Array(bytes.prefix(count)), name: "cut.jpg")
            }
            #expect(error?.message.hasPrefix("cut.jpg: ") == true)
        }
    }

    @Test("a damaged file gives a picture of its size or a typed error", arguments: colored)
    func damaged(file: String) throws {
        let bytes = try bytes(file)
        for index in bytes.indices {
            for bit in 0..<8 {
                var copy = bytes
                copy[index] ^= 1 << bit
                do {
                    let picture = try Picture(jpeg: copy, pixelCountMax: 1 << 14)
                    #expect(picture.bytes.count == picture.width * picture.height * 4)
                } catch {
                    #expect([.invalidImage, .unsupported].contains((error as? LODError)?.code), "\(error)")
                }
            }
        }
    }

    @Test("more pixels than allowed are refused before any are decoded")
    func limit() throws {
        let file = try bytes(JPEGFixtures.baseline)
        let error = #expect(throws: LODError.self) { try Picture(jpeg: file, pixelCountMax: 511) }
        #expect(error?.code == .invalidImage && error?.message.contains("32 × 16") == true)
        #expect(throws: Never.self) { try Picture(jpeg: file, pixelCountMax: 512) }
    }

    @Test("a file of more than a hundred scans is refused")
    func scans() throws {
        // The last scan over and over: a few bytes each, and a pass over the whole picture.
        let file = try bytes(JPEGFixtures.progressive)
        let start = try #require(file.indices.dropLast().last { file[$0] == 0xFF && file[$0 + 1] == 0xDA })
        let scan = file[start..<file.count - 2]
        var bomb = Array(file.dropLast(2))
        for _ in 0..<200 { bomb += scan }
        bomb += [0xFF, 0xD9]
        let error = #expect(throws: LODError.self) { try Picture(jpeg: bomb) }
        #expect(error?.code == .invalidImage)
    }

    @Test("a JPEG texture is drawn; one of another kind is reported and its factor drawn")
    func textures() throws {
        let jpeg = try drawn(mimeType: "image/jpeg", image: JPEGFixtures.baseline)
        #expect(jpeg.omissions == [])
        let seen = jpeg.picture[16, 16]
        #expect(seen.w == 255 && seen.x > seen.z)
        let webp = try drawn(mimeType: "image/webp", image: webpImage)
        #expect(webp.omissions.count == 1)
        #expect(webp.omissions.first?.contains("material 0") == true)
        #expect(webp.omissions.first?.contains("image/webp") == true)
        #expect(webp.picture[16, 16].x == webp.picture[16, 16].z)
    }

    /// The header of a WebP file and of its one, empty chunk.
    private let webpImage = Data([UInt8]("RIFF".utf8) + [12, 0, 0, 0] + [UInt8]("WEBPVP8L".utf8) + [0, 0, 0, 0])
        .base64EncodedString()

    private func drawn(mimeType: String, image: String) throws -> (omissions: [String], picture: Picture) {
        // One triangle before the standard view, all of whose corners see the upper left of the image.
        let positions: [Float] = [-1, -1, 0, 1, -1, 0, 0, 1, 0]
        let numbers = (positions + [0.1, 0.1, 0.1, 0.1, 0.1, 0.1]).flatMap { number in
            (0..<4).map { UInt8(truncatingIfNeeded: number.bitPattern >> ($0 * 8)) }
        }
        let isWebP = mimeType == "image/webp"
        let texture = isWebP ? #"{"extensions":{"EXT_texture_webp":{"source":0}}}"# : #"{"source":0}"#
        let json = """
            {"extensionsUsed":["KHR_texture_transform"\(isWebP ? ",\"EXT_texture_webp\"" : "")],
            "asset":{"version":"2.0"},"scene":0,"scenes":[{"nodes":[0]}],"nodes":[{"mesh":0}],
            "meshes":[{"primitives":[{"attributes":{"POSITION":0,"TEXCOORD_0":1},"material":0}]}],
            "materials":[{"doubleSided":true,"pbrMetallicRoughness":{"baseColorTexture":{"index":0}}}],
            "textures":[\(texture)],
            "images":[{"uri":"data:\(mimeType);base64,\(image)"}],
            "accessors":[
            {"bufferView":0,"componentType":5126,"count":3,"type":"VEC3","min":[-1,-1,0],"max":[1,1,0]},
            {"bufferView":1,"componentType":5126,"count":3,"type":"VEC2"}],
            "bufferViews":[{"buffer":0,"byteLength":36},{"buffer":0,"byteOffset":36,"byteLength":24}],
            "buffers":[{"byteLength":60,
            "uri":"data:application/octet-stream;base64,\(Data(numbers).base64EncodedString())"}]}
            """
        let model = try Model.read(Array(json.utf8), name: "one.gltf")
        let scene = try model.drawableScene()
        return (scene.omissions, try Thumbnail.picture(of: scene.meshes, width: 32, height: 32))
    }
}
