import Foundation
import LODEngine
import Testing
import VitrineIO
import VitrineTestSupport

/// The shipped models, which every checkout has.
private let shipped = SharedAssets.packageDirectory + "/Examples/Models"
/// The developers' models and broken files.
private let assets = SharedAssets.directory ?? ""
/// An interpreter with the independent readers, which scripts/test makes.
private let python = ProcessInfo.processInfo.environment["VITRINE_PYTHON"]

@Suite("Model files")
struct ModelFilesTests {
    @Test(
        "a shipped model is read, written, and read again the same",
        arguments: [
            ("Fox", 576, 1728), ("GlamVelvetSofa", 4196, 3118), ("Ingenuity-meshopt", 9060, 8226),
            ("MaterialsVariantsShoe", 22700, 13540), ("WickerChair", 18320, 12300),
        ]
    )
    func roundTrip(name: String, triangles: Int, vertices: Int) throws {
        let model = try Model.read(contentsOf: "\(shipped)/\(name).glb")
        #expect(model.triangleCount == triangles)
        #expect(model.vertexCount == vertices)
        let written = try model.glb()
        let again = try Model.read(written, name: "again")
        #expect(again.primitives.map(\.mesh) == model.primitives.map(\.mesh))
        #expect(again.primitives.map(\.materialIndex) == model.primitives.map(\.materialIndex))
        #expect(again.primitives.map(\.name) == model.primitives.map(\.name))
        #expect(again.instances == model.instances)
        #expect(again.bounds == model.bounds)
        let images = model.materials.map(\.baseColorTexture?.imageBytes)
        #expect(again.materials.map(\.baseColorTexture?.imageBytes) == images)
        #expect(again.materials.map(\.name) == model.materials.map(\.name))
        #expect(try again.glb() == written)
    }

    @Test(
        "the developers' models are read with the triangles they have, or refused by the extension they need",
        .enabled(if: SharedAssets.directory != nil),
        arguments: [
            ("DamagedHelmet.glb", 15452), ("ToyCar.glb", 108_936), ("WaterBottle-draco.glb", nil),
            ("school_backpack.glb", 66344), ("SheenCloth.glb", 115_200), ("TextureTransformMultiTest.glb", 3956),
            ("MorphStressTest.glb", 2412), ("CesiumMilkTruck-draco.glb", nil), ("LevelOfDetail.glb", 2),
            ("boot.obj", 39906), ("boat.obj", 32416), ("ADIS16480.stl", 7436),
        ] as [(String, Int?)]
    )
    func developersModels(name: String, triangles: Int?) throws {
        let path = "\(assets)/models/\(name)"
        if let triangles {
            let model = try Model.read(contentsOf: path)
            #expect(model.triangleCount == triangles)
            #expect(model.bounds != nil)
            #expect(!model.instances.isEmpty)
        } else {
            let error = #expect(throws: LODError.self) { try Model.read(contentsOf: path) }
            #expect(error?.code == .unsupported)
            #expect(error?.message.contains("KHR_draco_mesh_compression") == true)
        }
    }

    @Test(
        "every broken or odd file gives a model that can be written again, or a typed error with the file's name",
        .enabled(if: SharedAssets.directory != nil)
    )
    func robustness() throws {
        let paths = files(below: "\(assets)/robustness").filter {
            [".glb", ".gltf", ".obj", ".ply", ".stl"].contains(where: $0.hasSuffix)
        }
        #expect(paths.count > 90)
        for path in paths {
            do {
                let model = try Model.read(contentsOf: path)
                let again = try Model.read(model.glb(), name: "again")
                #expect(again.primitives.map(\.mesh) == model.primitives.map(\.mesh), "\(path)")
            } catch let error as LODError {
                #expect(error.message.contains(path), "\(error)")
            }
        }
    }

    @Test(
        "every valid sample of the asset generator is read with instances",
        .enabled(if: SharedAssets.directory != nil)
    )
    func assetGenerator() throws {
        let paths = files(below: "\(assets)/robustness/asset-generator")
        #expect(paths.count > 25)
        for path in paths {
            let model = try Model.read(contentsOf: path)
            #expect(model.instances.count >= model.primitives.count, "\(path)")
        }
    }

    @Test("what is written has no error in the Khronos validator's terms")
    func validity() throws {
        var paths = files(below: shipped).filter { $0.hasSuffix(".glb") }
        if SharedAssets.directory != nil {
            paths += files(below: "\(assets)/robustness")
            paths += ["MorphStressTest.glb", "LevelOfDetail.glb", "school_backpack.glb", "boat.obj"].map {
                "\(assets)/models/\($0)"
            }
        }
        for path in paths {
            // What is refused is another test's concern.
            guard let model = try? Model.read(contentsOf: path) else { continue }
            let before = (try? Model.validate(contentsOf: path))?.findings.filter { $0.severity == .error } ?? []
            let report = try Model.validate(model.glb(), name: "written")
            let new = report.findings.filter { finding in
                finding.severity == .error && !before.contains { $0.code == finding.code }
            }
            #expect(new.isEmpty, "\(path): \(new)")
        }
    }

    @Test("readers that are not ours accept what is written, whole and halved", .enabled(if: python != nil))
    func independentReaders() throws {
        let directory = try TemporaryDirectory()
        var entries: [JSONValue] = []
        func write(_ model: Model, _ name: String, original: String?, _ options: GLBOptions = .plain) throws {
            let path = "\(directory.path)/\(name).glb"
            try model.write(to: path, options)
            var entry: JSONObject = ["file": .string(path), "triangles": .int(model.triangleCount)]
            if let original { entry["original"] = .string(original) }
            entries.append(.object(entry))
        }
        var originals = try PosixFileSystem().list(shipped).filter { $0.hasSuffix(".glb") }.map { "\(shipped)/\($0)" }
        if SharedAssets.directory != nil {
            for name in ["MorphStressTest", "LevelOfDetail", "TextureTransformMultiTest", "school_backpack"] {
                originals.append("\(assets)/models/\(name).glb")
            }
        }
        for original in originals {
            let model = try Model.read(contentsOf: original)
            let name = original.split(separator: "/").last.map(String.init) ?? ""
            try write(model, name, original: original)
            try write(model, "small-" + name, original: original, .delivery())
            try write(model, "khr-" + name, original: original, .delivery(compression: .meshoptKHR))
            let halves = model.primitives.map { primitive in
                var mesh = primitive.mesh
                mesh.indices = Array(mesh.indices.prefix(max(mesh.triangleCount / 2, 1) * 3))
                return mesh
            }
            try write(model.replacingMeshes(halves), "half-" + name, original: original)
        }
        let list = directory.path + "/list.json"
        try PosixFileSystem().replaceFile(at: list, with: JSONValue.array(entries).serialized.span)
        let (status, output) = try run(
            python ?? "",
            [SharedAssets.packageDirectory + "/scripts/check_gltf.py", "--list", list]
        )
        #expect(status == 0, "\(output)")
        #expect(output.split(separator: "\n").count == entries.count, "\(output)")
    }

    private func files(below directory: String) -> [String] {
        let disk = PosixFileSystem()
        return ((try? disk.list(directory)) ?? []).flatMap { name -> [String] in
            let path = "\(directory)/\(name)"
            let isDirectory = (try? disk.info(path))??.isDirectory ?? false
            return isDirectory ? files(below: path) : [path]
        }
    }

    private func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
