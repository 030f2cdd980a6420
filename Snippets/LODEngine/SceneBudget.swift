// Meshes of one's own within one budget, and what counts how much.
import LODEngine

let shell = Mesh(positions: [[0, 0, 0], [1, 0, 0], [0, 1, 0]], indices: [0, 1, 2])
let screw = Mesh(positions: [[0, 0, 0], [1, 0, 0], [0, 1, 0]], indices: [0, 1, 2])
// snippet.show
var options = SimplificationOptions()
options.textureWeight = 0.5  // A sliding texture counts half as much as a displaced surface.
options.floorShare = 0.5  // No part gets less than half of its fair share.

let result = try Simplifier.simplify(
    [ScenePart(mesh: shell, frame: 0), ScenePart(mesh: screw, frame: 1, scale: 0.01)],
    to: .triangles(20_000),
    options: options
)
print(result.triangleCount, "of", result.originalTriangleCount, "left, off by", result.error ?? 0)
// snippet.hide
