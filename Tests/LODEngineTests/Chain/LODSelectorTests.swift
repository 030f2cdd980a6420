import LODEngine
import Testing
import VitrineTestSupport

@Suite("LOD selector")
struct LODSelectorTests {
    /// The levels of a shoe of radius 1.
    private let shoe = LODSelector(
        levels: [
            .init(name: "preview", byteCount: 40_000, error: 0.02),
            .init(name: "standard", byteCount: 300_000, error: 0.002),
            .init(name: "high", byteCount: 2_000_000, error: 0.0002),
        ],
        radius: 1
    )

    private func pick(_ conditions: LODSelector.Conditions, current: String? = nil) -> String? {
        shoe.level(for: conditions, current: current)?.name
    }

    @Test("the screen asks for the lightest level that is within a pixel")
    func screen() {
        #expect(pick(.init(view: ScreenView(height: 30))) == "preview")
        #expect(pick(.init(view: ScreenView(height: 400))) == "standard")
        #expect(pick(.init(view: ScreenView(height: 400, pixelRatio: 3))) == "high")
        #expect(pick(.init(view: ScreenView(height: 1e9))) == "high")
    }

    @Test("the connection allows the heaviest level that is there in time")
    func connection() {
        let view = ScreenView(height: 2000)
        func pick(_ rate: Double, _ latency: Duration, _ budget: Duration?) -> String? {
            self.pick(.init(view: view, bytesPerSecond: rate, latency: latency, timeBudget: budget))
        }
        #expect(pick(1_000_000, .zero, .seconds(2)) == "high")
        #expect(pick(1_000_000, .milliseconds(1), .seconds(2)) == "standard")
        #expect(pick(100_000, .zero, .seconds(2)) == "preview")
        #expect(pick(1_000, .zero, .seconds(2)) == "preview", "nothing fits: the lightest")
        #expect(pick(1_000_000, .seconds(3), .seconds(2)) == "preview")
        #expect(pick(1_000, .zero, nil) == "high", "without a budget the wait does not count")
    }

    @Test("a level that is shown stays until it is wrong by the margin")
    func margin() {
        // The standard level is seen as exactly a pixel at this height.
        let height = 1 / ScreenView(height: 1).pixels(of: 0.002, radius: 1)
        func pick(_ factor: Double, _ current: String?) -> String? {
            self.pick(.init(view: ScreenView(height: height * factor)), current: current)
        }
        #expect(pick(1.01, nil) == "high" && pick(0.99, nil) == "standard")
        #expect(pick(1.2, "standard") == "standard" && pick(1.3, "standard") == "high")
        #expect(pick(0.85, "high") == "high" && pick(0.75, "high") == "standard")
        #expect(pick(1.01, "unheard of") == "high")
    }

    @Test("levels that no conditions would pick are left out, and no level at all gives none")
    func front() {
        let selector = LODSelector(
            levels: [
                .init(name: "bad", byteCount: 500, error: 3), .init(name: "good", byteCount: 400, error: 2),
                .init(name: "best", byteCount: 900, error: 1), .init(name: "unknown", byteCount: 950, error: .nan),
            ],
            radius: 1
        )
        #expect(selector.levels.map(\.name) == ["good", "best"])
        let none = LODSelector(levels: [], radius: 1)
        #expect(none.level(for: .init(view: ScreenView(height: 100))) == nil)
    }

    @Test(
        "what a stranger states never traps",
        arguments: [.nan, -1, 0, .infinity, -.infinity, .leastNonzeroMagnitude] as [Double]
    )
    func nonsense(number: Double) {
        let views = [
            ScreenView(height: number), ScreenView(height: 100, pixelRatio: number),
            ScreenView(height: 100, share: number), ScreenView(height: 100, verticalFieldOfView: number),
        ]
        for view in views {
            let conditions = LODSelector.Conditions(view: view, bytesPerSecond: number, timeBudget: .seconds(1))
            #expect(shoe.level(for: conditions) != nil)
            #expect(shoe.level(for: conditions, current: "standard") != nil)
        }
        let odd = LODSelector(levels: shoe.levels, radius: number, pixelErrorMax: number, hysteresis: number)
        #expect(odd.level(for: .init(view: ScreenView(height: 100)), current: "preview") != nil)
    }

    @Test("a selector for a chain knows its levels' sizes and errors")
    func ofChain() throws {
        let model = Model(meshes: [("ball", MeshShapes.sphere(14))], name: "ball")
        let chain = try LODChain.build(from: model)
        let selector = try LODSelector(chain: chain, radius: 1) { try $0.model.glb().count }
        #expect(selector.levels.map(\.name) == ["preview", "standard", "high"])
        #expect(selector.levels.map { Float($0.error) } == chain.levels.map(\.error))
        #expect(selector.levels.map(\.byteCount) == selector.levels.map(\.byteCount).sorted())
    }
}

@Suite("LOD selector's promises")
struct LODSelectorPropertyTests {
    private func selector(_ random: inout SeededGenerator) -> LODSelector {
        let levels = (0..<Int.random(in: 1...6, using: &random)).map { index in
            LODSelector.Level(
                name: "\(index)",
                byteCount: Int.random(in: 1_000...5_000_000, using: &random),
                error: exp(-8...0, &random)
            )
        }
        return LODSelector(levels: levels, radius: 1, hysteresis: Double.random(in: 0...1, using: &random))
    }

    /// A number whose logarithm is spread evenly.
    private func exp(_ powers: ClosedRange<Double>, _ random: inout SeededGenerator) -> Double {
        let power = Double.random(in: powers, using: &random)
        return Double(sign: .plus, exponent: Int(power.rounded(.down)), significand: 1 + power - power.rounded(.down))
    }

    private func conditions(_ random: inout SeededGenerator) -> LODSelector.Conditions {
        LODSelector.Conditions(
            view: ScreenView(
                height: exp(4...12, &random),
                pixelRatio: Double.random(in: 1...3, using: &random),
                share: exp(-3...2, &random)
            ),
            bytesPerSecond: exp(10...24, &random),
            latency: .milliseconds(Int.random(in: 0...500, using: &random)),
            timeBudget: .milliseconds(Int.random(in: 50...5000, using: &random))
        )
    }

    @Test("a larger screen, more bandwidth, less latency and more time never give a lighter level")
    func monotone() {
        var random = SeededGenerator(seed: TestEnvironment.seed(41))
        for _ in 0..<TestEnvironment.count(3_000, soak: 300_000) {
            let selector = selector(&random)
            let names = selector.levels.map(\.name)
            let current = Bool.random(using: &random) ? names.randomElement(using: &random) : nil
            let worse = conditions(&random)
            var better = worse
            switch Int.random(in: 0..<6, using: &random) {
            case 0: better.view.height *= Double.random(in: 1...9, using: &random)
            case 1: better.view.pixelRatio *= Double.random(in: 1...3, using: &random)
            case 2: better.view.share *= Double.random(in: 1...9, using: &random)
            case 3: better.bytesPerSecond = worse.bytesPerSecond.map { $0 * 2 }
            case 4: better.latency = .zero
            default: better.timeBudget = worse.timeBudget.map { $0 * 3 }
            }
            let below = selector.level(for: worse, current: current).flatMap { names.firstIndex(of: $0.name) } ?? -1
            let above = selector.level(for: better, current: current).flatMap { names.firstIndex(of: $0.name) } ?? -1
            #expect(below >= 0 && below <= above, "seed \(random.seed), \(selector), \(worse), \(better)")
        }
    }

    @Test("conditions that tremble within the margin change the level in one direction at most, and it settles")
    func calm() {
        var random = SeededGenerator(seed: TestEnvironment.seed(42))
        for _ in 0..<TestEnvironment.count(1_000, soak: 100_000) {
            let selector = selector(&random)
            let names = selector.levels.map(\.name)
            var middle = conditions(&random)
            middle.latency = .zero
            let margin = 1 + selector.hysteresis * 0.999
            var current = names.randomElement(using: &random)
            var course = [names.firstIndex { $0 == current } ?? 0]
            for _ in 0..<40 {
                var now = middle
                now.view.height *= Double.random(in: (1 / margin)...margin, using: &random)
                now.bytesPerSecond = middle.bytesPerSecond.map {
                    $0 * Double.random(in: (1 / margin)...margin, using: &random)
                }
                current = selector.level(for: now, current: current)?.name
                course.append(names.firstIndex { $0 == current } ?? -1)
            }
            let rises = course == course.sorted()
            let falls = course == course.sorted(by: >)
            #expect(rises || falls, "seed \(random.seed), \(selector), course \(course)")
        }
    }

    @Test("asked again under the same conditions, it stays with what it picked")
    func idempotent() {
        var random = SeededGenerator(seed: TestEnvironment.seed(43))
        for _ in 0..<TestEnvironment.count(2_000, soak: 200_000) {
            let selector = selector(&random)
            let conditions = conditions(&random)
            let first = selector.level(for: conditions)
            #expect(selector.level(for: conditions, current: first?.name) == first)
        }
    }
}
