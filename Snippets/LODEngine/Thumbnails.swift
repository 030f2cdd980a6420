// A picture of a model for a shop page, and one from the side.
import LODEngine

// snippet.show
/// A square PNG with a transparent background.
func portrait(of path: String, side: Int) throws -> [UInt8] {
    try Model.read(contentsOf: path).thumbnail(width: side, height: side).png()
}

/// The same model seen from its right.
func profile(of model: Model, side: Int) throws -> [UInt8] {
    guard let bounds = model.bounds else { return [] }
    let camera = Camera(
        position: bounds.center + SIMD3(bounds.diagonal * 2, 0, 0),
        target: bounds.center,
        nearDistance: bounds.diagonal / 100
    )
    return try Thumbnail.picture(of: model.drawableMeshes(), width: side, height: side, camera: camera).png()
}
// snippet.hide

for path in CommandLine.arguments.dropFirst() {
    print(try portrait(of: path, side: 256).count, try profile(of: Model.read(contentsOf: path), side: 256).count)
}
