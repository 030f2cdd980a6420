import Foundation
import LODEngine
import Testing
import VitrineIO
import VitrineTestSupport

/// An interpreter with the independent readers, and a Chromium: scripts/test finds or makes both.
private let python = ProcessInfo.processInfo.environment["VITRINE_PYTHON"]
private let chromium = ProcessInfo.processInfo.environment["VITRINE_CHROMIUM"]

/// A picture to be drawn, as scripts/three_check.py takes it.
private struct Job: Encodable {
    let model: String
    let picture: String
    let position: [Float]
    let target: [Float]
    let up: [Float]
    let fieldOfView: Float
    let near: Float
    /// Whether three.js's newest loader at hand is to read it.
    let newest: Bool

    init(_ path: String, _ camera: Camera, newest: Bool) {
        self.newest = newest
        func numbers(_ vector: SIMD3<Float>) -> [Float] { [vector.x, vector.y, vector.z] }
        model = path + ".glb"
        picture = path + ".png"
        position = numbers(camera.position)
        target = numbers(camera.target)
        up = numbers(camera.up)
        fieldOfView = camera.verticalFieldOfView
        near = camera.nearDistance
    }
}

@Suite("three.js in Chromium")
struct BrowserTests {
    @Test(
        "draws what is written as our own pictures show it",
        .enabled(
            if: python != nil && chromium != nil,
            "VITRINE_CHROMIUM and VITRINE_PYTHON name no browser and interpreter: run scripts/test"
        ),
        .timeLimit(.minutes(3))
    )
    func pictures() throws {
        let directory = try TemporaryDirectory()
        var jobs: [Job] = []
        func add(_ model: Model, _ name: String, _ options: GLBOptions = .plain, newest: Bool = false) throws {
            let meshes = try model.drawableMeshes()
            let camera = try #require(Camera.threeQuarterView(of: meshes, aspect: 1))
            let path = "\(directory.path)/\(name)"
            try model.write(to: path + ".glb", options)
            let picture = try Thumbnail.picture(of: meshes, width: 256, height: 256, camera: camera).png()
            try PosixFileSystem().replaceFile(at: path + ".png", with: picture.span)
            jobs.append(Job(path, camera, newest: newest))
        }
        for name in ["MaterialsVariantsShoe", "WickerChair", "GlamVelvetSofa", "Ingenuity-meshopt"] {
            let original = SharedAssets.packageDirectory + "/Examples/Models/\(name).glb"
            let model = try Model.read(contentsOf: original)
            try add(model, name)
            let result = try Simplifier.simplify(model.sceneParts, to: .ratio(0.25), options: unmeasured)
            let quarter = model.replacingMeshes(result.meshes)
            try add(quarter, name + "-quarter", .delivery())
            // Older loaders do not know the extension.
            try add(quarter, name + "-khr", .delivery(compression: .meshoptKHR), newest: true)
        }
        let list = directory.path + "/jobs.json"
        try JSONEncoder().encode(jobs).write(to: URL(fileURLWithPath: list))
        let (status, output) = try run(
            python ?? "",
            [SharedAssets.packageDirectory + "/scripts/three_check.py", "--chromium", chromium ?? "", list]
        )
        #expect(status == 0, "\(output)")
        #expect(output.split(separator: "\n").count == jobs.count, "\(output)")
    }

    private var unmeasured: SimplificationOptions {
        var options = SimplificationOptions()
        options.measuresError = false
        return options
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
