import LODEngine
import Testing
import VitrineTestSupport

@Suite("LOD chain")
struct LODChainTests {
    @Test("levels rise in triangles and fall in error, whatever the order they are asked in")
    func order() throws {
        let model = Model(meshes: [("ball", MeshShapes.sphere(10)), ("box", MeshShapes.cube(3))], name: "shapes")
        let chain = try LODChain.build(
            from: model,
            policy: LODPolicy(levels: [
                LODLevel(name: "close", target: .ratio(0.6)), LODLevel(name: "first", target: .triangles(60)),
                LODLevel(name: "page", target: .ratio(0.3)),
            ])
        )
        #expect(chain.levels.map(\.name) == ["first", "page", "close"])
        let counts = chain.levels.map(\.triangleCount)
        #expect(counts[0] <= 60 && counts[0] < counts[1] && counts[1] < counts[2])
        #expect(chain.levels.map(\.triangleCount) == chain.levels.map { $0.model.triangleCount })
        #expect(chain.levels[0].error >= chain.levels[1].error)
        #expect(chain.levels[1].error >= chain.levels[2].error)
        #expect(chain["page"]?.triangleCount == counts[1])
        #expect(chain["none"] == nil)
    }

    @Test("the standard chain has preview, standard and high")
    func standard() throws {
        let model = Model(meshes: [("ball", MeshShapes.sphere(30))], name: "ball")
        let chain = try LODChain.build(from: model)
        #expect(chain.levels.map(\.name) == ["preview", "standard", "high"])
        #expect(chain.levels.allSatisfy { $0.triangleCount > 0 && $0.duration > .zero })
    }

    @Test("levels that come out equal are one, which answers to all their names")
    func duplicates() throws {
        let model = Model(meshes: [("box", MeshShapes.cube(1))], name: "box")
        let chain = try LODChain.build(from: model)
        #expect(chain.levels.map(\.name) == ["preview"])
        #expect(chain.levels[0].aliases == ["standard", "high"])
        #expect(chain["high"]?.triangleCount == 12 && chain["high"]?.name == "preview")
    }

    @Test("progress goes from 0 to 1 over all levels, also where one is made again")
    func progress() throws {
        let model = Model(meshes: [("ball", MeshShapes.sphere(8))], name: "ball")
        var fractions: [Double] = []
        let policy = LODPolicy(levels: [
            LODLevel(name: "first", target: .triangles(8), relativeErrorMax: 0.02),
            LODLevel(name: "page", target: .ratio(0.5)),
        ])
        _ = try LODChain.build(from: model, policy: policy) { fractions.append($0) }
        #expect(fractions == fractions.sorted())
        #expect(fractions.allSatisfy { 0...1 ~= $0 })
        #expect(fractions.last == 1)
    }

    @Test("a task that is cancelled ends the work")
    func cancellation() async throws {
        let model = Model(meshes: [("ball", MeshShapes.sphere(14))], name: "ball")
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try LODChain.build(from: model).levels.count
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
