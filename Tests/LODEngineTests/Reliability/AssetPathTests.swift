import LODEngine
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Every model of the assets through every path", .enabled(if: SharedAssets.directory != nil))
struct AssetPathTests {
    /// Those that take seconds in a debug build are left to soaks.
    private static let light = ["LevelOfDetail.glb", "Fox.glb", "TextureTransformMultiTest.glb"]
    private static let heavy = [
        "ADIS16480.stl", "GlamVelvetSofa.glb", "ToyCar.glb", "nefertiti.ply", "WickerChair.glb",
        "Ingenuity-meshopt.glb",
        "school_backpack.glb", "DamagedHelmet.glb", "MorphStressTest.glb", "MaterialsVariantsShoe.glb",
        "SheenCloth.glb",
        "boat.obj", "boot.obj", "cycloidal.ply",
    ]
    private static let refused = ["CesiumMilkTruck-draco.glb", "WaterBottle-draco.glb"]

    private static var names: [String] {
        TestEnvironment.count(0, soak: 1) == 0 ? light : light + heavy
    }

    private func path(_ name: String) -> String { (SharedAssets.directory ?? "") + "/models/" + name }

    @Test("each is read, validated, repaired, simplified, delivered, drawn and compared", arguments: names)
    func everything(name: String) throws {
        #expect(try Model.validate(contentsOf: path(name)).isValid)
        let original = try Model.read(contentsOf: path(name))
        var model = original
        _ = try model.repair()
        #expect(try model.repair().isEmpty, "a second repair finds nothing")
        let policy = LODPolicy(levels: [
            LODLevel(name: "preview", target: .ratio(0.1)), LODLevel(name: "standard", target: .ratio(0.5)),
        ])
        let chain = try LODChain.build(from: model, policy: policy)
        let scene = try model.drawableMeshes()
        let camera = try #require(Camera.threeQuarterView(of: scene, aspect: 1))
        let whole = try Thumbnail.picture(of: scene, width: 64, height: 64, camera: camera)
        for level in chain.levels {
            #expect(level.triangleCount <= model.triangleCount && level.triangleCount > 0)
            let options = GLBOptions.delivery(error: level.error)
            let bytes = try level.model.glb(options)
            let report = try Model.validate(bytes, name: "delivered")
            #expect(report.isValid, "\(report.findings.filter { $0.severity == .error })")
            let back = try Model.read(bytes, name: "delivered")
            #expect(back.triangleCount == level.triangleCount)
            let delivered = try back.drawableMeshes()
            let comparison = try SurfaceComparison(original: scene, simplified: delivered, pointCount: 2_000)
            // The level's bound is by mesh; between meshes the surfaces can only be nearer.
            let bound = Double(level.error(writtenWith: options))
            #expect(comparison.max <= bound * 1.021 + comparison.extent * 1e-5, "\(level.name)")
            let drawn = try Thumbnail.picture(of: delivered, width: 64, height: 64, camera: camera)
            let covered = [whole, drawn].map { picture in
                stride(from: 3, to: picture.bytes.count, by: 4).reduce(0) { $0 + Int(picture.bytes[$1]) }
            }
            #expect(
                abs(covered[0] - covered[1]) * 4 < covered[0],
                "\(level.name) covers \(covered[1]) of \(covered[0])"
            )
        }
    }

    @Test("models that need Draco are refused by that name", arguments: refused)
    func draco(name: String) throws {
        let error = #expect(throws: LODError.self) { try Model.read(contentsOf: path(name)) }
        #expect(error?.code == .unsupported && error?.message.contains("KHR_draco_mesh_compression") == true)
    }

    @Test("the list holds every model there is")
    func complete() throws {
        let names = try PosixFileSystem().list(path(""))
        #expect(Set(names) == Set(Self.light + Self.heavy + Self.refused))
    }
}
