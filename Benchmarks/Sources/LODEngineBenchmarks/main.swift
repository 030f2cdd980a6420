import Foundation
import Harness
import LODEngine

// Simplifying to a tenth of the triangles, against meshoptimizer's plain `simplify`, which looks at positions only.
// Ours keeps normals and texture coordinates in the metric. The models are named on the command line by
// VITRINE_BENCH_MODELS (a list with colons), by default the largest that ship with the tour.

let shipped = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../../Examples/Models")
let paths =
    ProcessInfo.processInfo.environment["VITRINE_BENCH_MODELS"]?.split(separator: ":").map(String.init)
    ?? ["MaterialsVariantsShoe.glb", "WickerChair.glb"].map { shipped.appending(path: $0).standardized.path }

await Suite.run("LODEngine", try paths.map { try Simplifying(path: $0, ratio: 0.1).comparison })
