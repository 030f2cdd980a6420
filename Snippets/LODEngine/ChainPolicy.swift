// Levels by what a shopper can see: at most a pixel off where each is shown.
import LODEngine

let model = try Model.read(contentsOf: "shoe.glb")
// snippet.show
let chain = try LODChain.build(
    from: model,
    policy: LODPolicy(levels: [
        // A card in the list: 320 points high on a phone of three pixels for each point.
        LODLevel(name: "preview", target: .pixels(1, at: ScreenView(height: 320, pixelRatio: 3))),
        // The product page, but never more than 100,000 triangles.
        LODLevel(name: "standard", target: .triangles(100_000)),
        // Three times as large as the window, when the shopper looks closely.
        LODLevel(name: "high", target: .pixels(1, at: ScreenView(height: 1080, share: 3))),
    ])
)
// snippet.hide
print(chain.levels.count)
