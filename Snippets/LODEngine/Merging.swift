// One surface of a model's many parts, before it is simplified.
import LODEngine

// snippet.show
var model = try Model.read(contentsOf: "engine.glb")
let report = try model.merge()

var options = SimplificationOptions()
options.relaxesTopology = true  // What touches may grow together.
let chain = try LODChain.build(from: model, options: options)
// snippet.hide
print(report.hiddenParts, "parts were hidden,", report.tinyParts, "tiny;", chain.levels.count, "levels")
