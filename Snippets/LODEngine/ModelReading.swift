// What a model holds, and its triangles replaced.
import LODEngine

// snippet.show
func keepEveryOtherTriangle(of path: String, in result: String) throws {
    let model = try Model.read(contentsOf: path)
    print("\(path): \(model.triangleCount) triangles, placed \(model.instances.count) times")

    let meshes = model.primitives.map { primitive in
        var mesh = primitive.mesh
        mesh.indices = stride(from: 0, to: mesh.indices.count, by: 6).flatMap { mesh.indices[$0..<$0 + 3] }
        return mesh
    }
    // Materials, images, animations and all else of the file are in the new one too.
    try model.replacingMeshes(meshes).write(to: result)
}
// snippet.hide

do {
    try keepEveryOtherTriangle(of: "sofa.glb", in: "half.glb")
} catch let error as LODError where error.code == .ioFailed {
    print("no sofa here: \(error.message)")
}
