// The levels of a model as small files that browsers read.
import LODEngine

let chain = try LODChain.build(from: Model.read(contentsOf: "shoe.glb"))

// snippet.show
for level in chain.levels {
    try level.model.write(to: "shoe-\(level.name).glb", .delivery(error: level.error))
}
// snippet.hide
