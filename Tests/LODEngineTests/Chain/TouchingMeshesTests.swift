import LODEngine
import Testing

@Suite("Meshes of a scene that touch")
struct TouchingMeshesTests {
    @Test("no crack opens between meshes that are placed alike")
    func placedAlike() throws {
        let whole = MeshShapes.sphere(12)
        let model = Model(
            meshes: [("upper", whole.keeping { $0.z > 0.2 }), ("lower", whole.keeping { $0.z <= 0.2 })],
            name: "ball"
        )
        #expect(model.sceneParts[0].frame == model.sceneParts[1].frame)
        let policy = LODPolicy(levels: [LODLevel(name: "low", target: .ratio(0.15))])
        let level = try #require(try LODChain.build(from: model, policy: policy)["low"])
        #expect(MeshFacts(level.model.primitives.map(\.mesh)).borderCount == 0)
    }

    @Test("meshes that are placed otherwise have frames of their own")
    func placedOtherwise() throws {
        var builder = GLTFBuilder.triangle()
        let meshes = try #require(builder.root["meshes"]?.array)
        builder.root["meshes"] = .array([meshes[0], meshes[0], meshes[0]])
        builder.root["nodes"] = [["mesh": 0], ["mesh": 1], ["mesh": 2, "translation": [1, 0, 0]]]
        builder.root["scenes"] = [["nodes": [0, 1, 2]]]
        let model = try builder.model()
        let frames = model.sceneParts.map(\.frame)
        #expect(frames.count == 3 && frames[0] == frames[1] && frames[0] != frames[2])
    }
}
