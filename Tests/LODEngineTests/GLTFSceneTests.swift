import LODEngine
import Testing

@Suite("glTF scenes")
struct GLTFSceneTests {
    private func builder(nodes: JSONValue, scenes: JSONValue? = [["nodes": [0]]]) -> GLTFBuilder {
        var builder = GLTFBuilder.triangle()
        builder.root["nodes"] = nodes
        builder.root["scenes"] = scenes
        if scenes == nil { builder.root["scene"] = nil }
        return builder
    }

    @Test("a node's transform applies to those below it; scale first, then rotation, then translation")
    func hierarchy() throws {
        let quarter = JSONValue.double(0.5.squareRoot())
        let model = try builder(nodes: [
            ["children": [1, 2], "translation": [10, 0, 0]],
            ["mesh": 0, "rotation": [0, 0, quarter, quarter], "scale": [2, 2, 2]],
            ["mesh": 0, "matrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 5, 0, 1]],
        ]).model()
        #expect(model.instances.map(\.primitiveIndex) == [0, 0])
        let moved = model.instances.map { $0.transform.apply(to: SIMD3(1, 0, 0)) }
        #expect(((moved[0] - SIMD3(10, 2, 0)) * (moved[0] - SIMD3(10, 2, 0))).sum() < 1e-10)
        #expect(moved[1] == SIMD3(11, 5, 0))
        #expect(model.instances[1].transform.determinant == 1)
    }

    @Test("the scene that the file shows by default is placed, else the first, else every root node")
    func scenes() throws {
        let nodes: JSONValue = [["mesh": 0], ["mesh": 0, "translation": [1, 0, 0]], ["mesh": 0]]
        var two = builder(nodes: nodes, scenes: [["nodes": [0]], ["nodes": [1, 2]]])
        #expect(try two.model().instances.count == 1)
        two.root["scene"] = 1
        #expect(try two.model().instances.count == 2)
        two.root["scene"] = nil
        #expect(try two.model().instances.count == 1)
        #expect(try builder(nodes: nodes, scenes: nil).model().instances.count == 3)
    }

    @Test(
        "nodes that are no tree are refused",
        arguments: [
            ([["children": [1]], ["children": [0]]], "/nodes/0"),
            ([["children": [0]]], "/nodes/0"),
            ([["children": [2]], ["children": [2]], [:]], "/nodes/1"),
            ([["children": [1]], ["children": [2]], ["children": [1]]], "/nodes/2"),
            ([["children": [7]]], "/nodes/0/children/0"),
            ([["children": [-1]]], "/nodes/0/children/0"),
            ([["children": 3]], "/nodes/0/children"),
            ([["mesh": 1]], "/nodes/0/mesh"),
            ([["scale": [1, 1]]], "/nodes/0/scale"),
            ([["matrix": [1]]], "/nodes/0/matrix"),
            ([["translation": [0, 0, 1e39]]], "/nodes/0/translation/2"),
        ] as [(JSONValue, String)]
    )
    func brokenTrees(nodes: JSONValue, pointer: String) {
        let error = #expect(throws: LODError.self) { try builder(nodes: nodes).model() }
        #expect(error?.code == .invalidModel)
        #expect(error?.message.contains("built.glb: \(pointer)") == true, "\(String(describing: error))")
    }

    @Test("a very deep tree is read without recursion")
    func deep() throws {
        let count = 20_000
        let nodes = (0..<count).map { index -> JSONValue in
            index == count - 1 ? ["mesh": 0] : ["children": [.int(index + 1)], "translation": [1, 0, 0]]
        }
        let model = try builder(nodes: .array(nodes)).model()
        #expect(model.instances.first?.transform.origin.x == Float(count - 1))
    }

    @Test("a skinned mesh stands where its first joint puts it, not where its node is")
    func skin() throws {
        var builder = GLTFBuilder.triangle()
        let joints = builder.accessor(5121, "VEC4", 3, [UInt8](repeating: 0, count: 12))
        let weights = builder.floats([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], "VEC4")
        let bind = builder.floats([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, -2, 0, 1], "MAT4")
        builder.scene([["attributes": ["POSITION": 0, "JOINTS_0": .int(joints), "WEIGHTS_0": .int(weights)]]])
        builder.root["skins"] = [["joints": [1], "inverseBindMatrices": .int(bind)]]
        builder.root["nodes"] = [
            ["mesh": 0, "skin": 0, "translation": [100, 0, 0]], ["translation": [0, 5, 0]],
        ]
        builder.root["scenes"] = [["nodes": [0, 1]]]
        let model = try builder.model()
        #expect(model.instances.map(\.transform.origin) == [SIMD4(0, 3, 0, 1)])
        let again = try Model.read(model.glb(), name: "again")
        #expect(again.instances == model.instances)
    }

    @Test("a joint index beyond the skin's joints is refused")
    func jointOutOfRange() throws {
        var builder = GLTFBuilder.triangle()
        let joints = builder.accessor(5121, "VEC4", 3, [3] + [UInt8](repeating: 0, count: 11))
        let weights = builder.floats([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0], "VEC4")
        builder.scene([["attributes": ["POSITION": 0, "JOINTS_0": .int(joints), "WEIGHTS_0": .int(weights)]]])
        builder.root["skins"] = [["joints": [0]]]
        builder.root["nodes"] = [["mesh": 0, "skin": 0]]
        let error = #expect(throws: LODError.self) { try builder.model() }
        #expect(error?.message.contains("/nodes/0") == true)
    }

    @Test("more placements than the limit are refused")
    func instanceLimit() throws {
        let nodes = JSONValue.array([["children": [1, 2, 3]], ["mesh": 0], ["mesh": 0], ["mesh": 0]])
        var limits = ReadLimits()
        limits.instancesMax = 3
        #expect(try builder(nodes: nodes).model(limits: limits).instances.count == 3)
        limits.instancesMax = 2
        let error = #expect(throws: LODError.self) { try builder(nodes: nodes).model(limits: limits) }
        #expect(error?.code == .limitExceeded)
    }
}
