internal import LODEngine
internal import Testing
internal import VitrineIO
internal import VitrineTestSupport

@Suite("Validation")
struct ValidationTests {
    private func report(_ text: String) throws -> ValidationReport {
        try Model.validate(Array(text.utf8), name: "a.gltf")
    }

    @Test("the schema's rules are reported at their places", arguments: ValidationCase.schema)
    func reportsSchema(_ one: ValidationCase) throws { try check(one) }

    @Test("the rules of nodes, skins and animations are reported at their places", arguments: ValidationCase.scene)
    func reportsScene(_ one: ValidationCase) throws { try check(one) }

    @Test("the rules of buffers, accessors and images are reported at their places", arguments: ValidationCase.data)
    func reportsData(_ one: ValidationCase) throws { try check(one) }

    @Test("the rules of meshes are reported at their places", arguments: ValidationCase.meshes)
    func reportsMeshes(_ one: ValidationCase) throws { try check(one) }

    private func check(_ one: ValidationCase) throws {
        let report = try report(one.text)
        let found = report.findings.map { "\($0.code) at \($0.pointer ?? "-")" }
        #expect(found.contains("\(one.code) at \(one.pointer)"), "\(found)")
        let severity = report.findings.first { $0.code == one.code }?.severity
        if severity == .error {
            let error = #expect(throws: LODError.self) { _ = try Model.read(Array(one.text.utf8), name: "a.gltf") }
            #expect(error?.code == .invalidModel)
        }
    }

    @Test("a version of another major number is refused as unsupported")
    func refusesVersions() throws {
        let versions = [
            (#"{"asset":{"version":"1.0"}}"#, "UNKNOWN_ASSET_MAJOR_VERSION"),
            (#"{"asset":{"version":"2.1"}}"#, "UNKNOWN_ASSET_MINOR_VERSION"),
            (#"{"asset":{"version":"2.0","minVersion":"2.1"}}"#, "ASSET_MIN_VERSION_GREATER_THAN_VERSION"),
            (#"{"asset":{"version":"2"}}"#, "PATTERN_MISMATCH"),
        ]
        for (text, code) in versions { #expect(try report(text).findings.map(\.code) == [code]) }
        let error = #expect(throws: LODError.self) { _ = try Model.read(Array(versions[0].0.utf8), name: "a.gltf") }
        #expect(error?.code == .unsupported)
    }

    @Test("JSON that is none is named with its byte in the file")
    func namesJSON() throws {
        let finding = try #require(try report(#"{"asset":{"version":"2.0"},}"#).findings.first)
        #expect(finding.code == "INVALID_JSON")
        #expect(finding.byteOffset == 27)
        #expect(throws: LODError.self) { _ = try Model.validate(Array("none".utf8), name: "a") }
    }

    /// A GLB container of chunks, with a header as it should be.
    private func glb(_ chunks: [(type: String, bytes: [UInt8])], length: Int? = nil) -> [UInt8] {
        func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        let body = chunks.flatMap { number($0.bytes.count) + Array($0.type.utf8) + $0.bytes }
        return Array("glTF".utf8) + number(2) + number(length ?? 12 + body.count) + body
    }

    private static let json = Array(#"{"asset":{"version":"2.0"}} "#.utf8)

    @Test("faults of the container are reported at their bytes")
    func reportsContainer() throws {
        let json = ("JSON", Self.json)
        let bin = ("BIN\0", [UInt8](repeating: 0, count: 4))
        let whole = glb([json, bin])
        var otherVersion = whole
        otherVersion[4] = 1
        let cases: [([UInt8], [String])] = [
            (whole, []),
            (Array(whole.prefix(11)), ["GLB_UNEXPECTED_END_OF_HEADER 11"]),
            (otherVersion, ["GLB_INVALID_VERSION 4"]),
            (glb([], length: 12), ["GLB_LENGTH_TOO_SMALL 8", "GLB_UNEXPECTED_END_OF_CHUNK_HEADER 12"]),
            (glb([json], length: 52), ["GLB_LENGTH_MISMATCH 8"]),
            (glb([json]) + [1, 2, 3, 4], ["GLB_UNEXPECTED_END_OF_CHUNK_HEADER 48", "GLB_LENGTH_MISMATCH 8"]),
            (glb([("JSON", Array(Self.json.dropLast()))]), ["GLB_CHUNK_LENGTH_UNALIGNED 12"]),
            (glb([bin]), ["GLB_UNEXPECTED_FIRST_CHUNK 16", "GLB_UNEXPECTED_BIN_CHUNK 16"]),
            (glb([json, ("ABCD", []), bin]), ["GLB_UNKNOWN_CHUNK_TYPE 52", "GLB_UNEXPECTED_BIN_CHUNK 60"]),
            (glb([json, bin, bin]), ["GLB_DUPLICATE_CHUNK 64"]),
            (
                Array(whole.dropLast()),
                ["GLB_UNEXPECTED_END_OF_CHUNK_DATA 59", "GLB_LENGTH_MISMATCH 8"]
            ),
            (glb([json], length: 40), ["GLB_CHUNK_TOO_BIG 12", "GLB_LENGTH_MISMATCH 8"]),
            (glb([("JSON", [])]), ["GLB_EMPTY_CHUNK 12", "INVALID_JSON 20"]),
        ]
        for (bytes, expected) in cases {
            let findings = try Model.validate(bytes, name: "a.glb").findings.filter { $0.byteOffset != nil }
            #expect(findings.map { "\($0.code) \($0.byteOffset ?? -1)" } == expected)
        }
    }

    @Test("buffers of a container are held against its BIN chunk")
    func reportsContainerBuffers() throws {
        func codes(_ members: String, _ bin: [UInt8]?) throws -> [String] {
            let text = Array(#"{"asset":{"version":"2.0"},"extras":{},\#(members)}"#.utf8)
            let padded = text + [UInt8](repeating: 0x20, count: -text.count & 3)
            let chunks = [("JSON", padded)] + (bin.map { [("BIN\0", $0)] } ?? [])
            return try Model.validate(glb(chunks), name: "a.glb").findings.map(\.code).filter { $0 != "UNUSED_OBJECT" }
        }
        let zeros = [UInt8](repeating: 0, count: 8)
        #expect(try codes(#""buffers":[{"byteLength":8}]"#, zeros) == [])
        #expect(try codes(#""buffers":[{"byteLength":4}]"#, zeros) == ["BUFFER_GLB_CHUNK_TOO_BIG"])
        #expect(try codes(#""buffers":[{"byteLength":9}]"#, zeros) == ["BUFFER_BYTE_LENGTH_MISMATCH"])
        #expect(try codes(#""buffers":[{"byteLength":9}]"#, nil) == ["BUFFER_MISSING_GLB_DATA"])
        #expect(try codes(#""buffers":[{"byteLength":1,"uri":"data:;base64,AA=="}]"#, nil).contains("DATA_URI_GLB"))
    }

    @Test("every cut document is invalid, and a flipped bit gives a model or the module's error")
    func survivesDamage() throws {
        for one in [ValidationCase.meshes[21], ValidationCase.data[30], ValidationCase.scene[20]] {
            var bytes = Array(one.text.utf8)
            for length in stride(from: 0, to: bytes.count, by: 7) {
                do {
                    let report = try Model.validate(Array(bytes.prefix(length)), name: "a.gltf")
                    #expect(!report.isValid, "cut to \(length) bytes")
                } catch {
                    #expect(error is LODError, "cut to \(length) bytes: \(error)")
                }
            }
            var random = SeededGenerator(seed: 41)
            for _ in 0..<600 {
                let place = Int.random(in: bytes.indices, using: &random)
                let bit = UInt8.random(in: 0..<8, using: &random)
                bytes[place] ^= 1 << bit
                do {
                    let model = try Model.read(bytes, name: "a.gltf")
                    #expect(model.primitives.count <= 64, "bit \(bit) of byte \(place)")
                } catch {
                    #expect(error is LODError, "bit \(bit) of byte \(place): \(error)")
                }
                bytes[place] ^= 1 << bit
            }
        }
    }

    @Test("a report keeps as many findings of a severity as it says, and every severity's")
    func boundsFindings() throws {
        let nodes = Array(repeating: #"{"rotation":[1,1,1,1],"x":1}"#, count: 700).joined(separator: ",")
        let report = try report(#"{"asset":{"version":"2.0"},"nodes":[\#(nodes)]}"#)
        #expect(report.isTruncated)
        #expect(report.errors.count == ValidationReport.findingsPerSeverityMax)
        #expect(report.findings.count(where: { $0.severity == .warning }) == ValidationReport.findingsPerSeverityMax)
    }

    @Test("a file beside the model that is not there is reported, and named by the reader")
    func reportsMissingFiles() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/a.gltf"
        let text = #"{"asset":{"version":"2.0"},"buffers":[{"byteLength":1,"uri":"none.bin"}]}"#
        try PosixFileSystem().replaceFile(at: path, with: Array(text.utf8).span)
        let finding = try #require(try Model.validate(contentsOf: path).errors.first)
        #expect(finding.code == "IO_ERROR")
        #expect(finding.pointer == "/buffers/0/uri")
        let error = #expect(throws: LODError.self) { _ = try Model.read(contentsOf: path) }
        #expect(error?.code == .ioFailed)
    }

    @Test("the guide lists every code with its severity, and no other")
    func matchesGuide() throws {
        let guide = SharedAssets.packageDirectory + "/Docs/LODEngine.docc/Validation.md"
        let bytes = try PosixFileSystem().contents(of: guide, byteCountMax: 1 << 20)
        var listed: [String: String] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.filter { $0 != " " && $0 != "`" } }
            try #require(cells.count == 3)
            listed[cells[0]] = cells[1]
        }
        let codes = FindingCode.allCases.map { ($0.rawValue, $0.severity.rawValue) }
        #expect(listed == Dictionary(codes) { one, _ in one })
    }

    @Test("work that a small file asks for over and over is done once, or bounded")
    func boundsWork() throws {
        // A chain of nodes that are all joints of a skin.
        let count = 20_000
        let nodes = (0..<count).map { $0 + 1 < count ? #"{"children":[\#($0 + 1)]}"# : #"{"name":"a"}"# }
        let joints = (0..<count).map { "\($0)" }.joined(separator: ",")
        let skin = #"{"skeleton":0,"joints":[\#(joints)]}"#
        let deep = try report(
            #"{"asset":{"version":"2.0"},"nodes":[\#(nodes.joined(separator: ","))],"skins":[\#(skin)]}"#
        )
        #expect(deep.isValid)
        // Accessors of zeros whose sparse parts would each fill 64 MiB are left alone once that is too much.
        let sparse =
            #"{"componentType":5126,"count":1000000000,"type":"SCALAR","sparse":{"count":1,"indices":{"bufferView":0,"componentType":5121},"values":{"bufferView":0}}}"#
        let bombs = Array(repeating: sparse, count: 50).joined(separator: ",")
        let zeros = ValidationCase.uri([0, 0, 0, 0])
        let bomb = try report(
            #"{"asset":{"version":"2.0"},"buffers":[{"byteLength":4,"uri":"\#(zeros)"}],"bufferViews":[{"buffer":0,"byteLength":4}],"accessors":[\#(bombs)]}"#
        )
        #expect(bomb.isValid)
    }

    @Test("a valid document has no findings")
    func acceptsValid() throws {
        let one = ValidationCase.accessor(
            "",
            "",
            #""componentType":5126,"count":1,"type":"VEC2","min":[0.1,2],"max":[0.1,2]"#,
            floats: [0.1, 2]
        )
        let codes = try report(one.text).findings.map(\.code)
        #expect(codes == ["UNUSED_OBJECT"])
    }
}
