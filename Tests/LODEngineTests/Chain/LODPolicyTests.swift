import LODEngine
import Testing

@Suite("LOD policy")
struct LODPolicyTests {
    private let ball = Model(meshes: [("ball", MeshShapes.sphere(10))], name: "ball")

    private func level(
        _ target: LODLevel.Target,
        triangleCountMin: Int = 0,
        relativeErrorMax: Float? = nil
    ) throws -> LODChain.Level {
        let level = LODLevel(
            name: "one",
            target: target,
            triangleCountMin: triangleCountMin,
            relativeErrorMax: relativeErrorMax
        )
        return try #require(LODChain.build(from: ball, policy: LODPolicy(levels: [level])).levels.first)
    }

    private var diagonal: Float { ball.bounds?.diagonal ?? 0 }

    @Test("an error in pixels holds at the view it is stated for", arguments: [100.0, 400, 1600])
    func pixels(height: Double) throws {
        let view = ScreenView(height: height)
        let made = try level(.pixels(1, at: view))
        #expect(view.pixels(of: Double(made.error), radius: Double(diagonal) / 2) <= 1.0001)
        #expect(made.triangleCount < ball.triangleCount)
    }

    @Test("a larger screen, a sharper one and a closer look get more triangles for the same error in pixels")
    func larger() throws {
        let base = try level(.pixels(1, at: ScreenView(height: 200))).triangleCount
        #expect(try level(.pixels(1, at: ScreenView(height: 800))).triangleCount > base)
        #expect(try level(.pixels(1, at: ScreenView(height: 200, pixelRatio: 3))).triangleCount > base)
        #expect(try level(.pixels(1, at: ScreenView(height: 200, share: 3))).triangleCount > base)
        #expect(try level(.pixels(4, at: ScreenView(height: 200))).triangleCount < base)
    }

    @Test("an error as a part of the extent holds in the scene's units")
    func relative() throws {
        let made = try level(.relativeError(0.01))
        #expect(made.error <= 0.01 * diagonal)
        #expect(made.triangleCount < ball.triangleCount)
    }

    @Test("a level keeps its least number of triangles, and no more than there are")
    func floor() throws {
        #expect(try level(.ratio(0.01), triangleCountMin: 300).triangleCount > 280)
        #expect(try level(.triangles(20), triangleCountMin: 1_000_000).triangleCount > ball.triangleCount * 4 / 5)
        #expect(try level(.ratio(0.5), triangleCountMin: 20).triangleCount <= ball.triangleCount / 2)
    }

    @Test("a level that would be too far off gets more triangles")
    func gate() throws {
        let torn = try level(.triangles(12))
        let held = try level(.triangles(12), relativeErrorMax: torn.error / diagonal / 2)
        #expect(held.error < torn.error)
        #expect(held.triangleCount > torn.triangleCount)
        #expect(held.triangleCount <= 12 * 4)
        // What nothing can hold ends all the same.
        #expect(try level(.triangles(12), relativeErrorMax: 0).triangleCount <= 12 * 4)
    }

    @Test(
        "a target that is no number is refused with the level's name",
        arguments: [
            .ratio(.nan), .error(.nan), .error(-1), .relativeError(-0.1), .pixels(-1, at: ScreenView(height: 100)),
            .pixels(.nan, at: ScreenView(height: 100)), .pixels(1, at: ScreenView(height: -5)),
            .pixels(1, at: ScreenView(height: 100, verticalFieldOfView: 4)),
        ] as [LODLevel.Target]
    )
    func refused(target: LODLevel.Target) throws {
        let error = #expect(throws: LODError.self) { _ = try level(target) }
        #expect(error?.code == .invalidModel)
        #expect(error?.message.contains("level one") == true)
    }

    @Test("a policy by pixels names its levels and views")
    func byViews() throws {
        let policy = LODPolicy.pixels(
            1,
            at: [("card", ScreenView(height: 64)), ("page", ScreenView(height: 480))]
        )
        let chain = try LODChain.build(from: ball, policy: policy)
        #expect(chain.levels.map(\.name) == ["card", "page"])
    }
}
