import LODEngine
import Testing
import VitrineTestSupport

/// The shipped models, which every checkout has.
private let shipped = SharedAssets.packageDirectory + "/Examples/Models"

@Suite("Model files")
struct ModelFilesTests {
    @Test(
        "a shipped model is read, written, and read again the same",
        arguments: [("Fox", 576, 1728), ("GlamVelvetSofa", 4196, 3118), ("Ingenuity-meshopt", 9060, 8226)]
    )
    func roundTrip(name: String, triangles: Int, vertices: Int) throws {
        let model = try Model.read(contentsOf: "\(shipped)/\(name).glb")
        #expect(model.triangleCount == triangles)
        #expect(model.vertexCount == vertices)
        let again = try Model.read(try model.glb(), name: "again")
        #expect(again.primitives.count == model.primitives.count)
        for (new, old) in zip(again.primitives, model.primitives) {
            #expect(new.mesh == old.mesh)
            #expect(new.materialIndex == old.materialIndex)
            #expect(new.name == old.name)
        }
        #expect(again.instances == model.instances)
        #expect(again.bounds == model.bounds)
        #expect(
            again.materials.map(\.baseColorTexture?.imageBytes) == model.materials.map(\.baseColorTexture?.imageBytes)
        )
        #expect(again.materials.map(\.name) == model.materials.map(\.name))
    }
}
