// Which of a chain's levels goes to which screen, over which line.
import LODEngine

let model = try Model.read(contentsOf: "shoe.glb")
let chain = try LODChain.build(from: model)
// snippet.show
let selector = try LODSelector(chain: chain, radius: Double(model.bounds?.diagonal ?? 0) / 2) { level in
    try level.model.glb().count
}
var conditions = LODSelector.Conditions(
    view: ScreenView(height: 640, pixelRatio: 3),
    bytesPerSecond: 400_000,
    latency: .milliseconds(80),
    timeBudget: .seconds(2)
)
let first = selector.level(for: conditions)

// A little later the line is better; what is shown stays unless that is worth another download.
conditions.bytesPerSecond = 450_000
let next = selector.level(for: conditions, current: first?.name)
// snippet.hide
print(first?.name ?? "", next?.name ?? "")
