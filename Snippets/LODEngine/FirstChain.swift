// From an artist's model to the three that a shopper downloads.
import LODEngine

// snippet.show
let model = try Model.read(contentsOf: "shoe.glb")
let chain = try LODChain.build(from: model) { fraction in
    print("\(Int(fraction * 100)) %")
}
for level in chain.levels {
    print(level.name, level.triangleCount, "triangles, off by", level.error)
    try level.model.write(to: "shoe-\(level.name).glb")
}
// snippet.hide
