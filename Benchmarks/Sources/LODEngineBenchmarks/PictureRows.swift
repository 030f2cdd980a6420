import Foundation
import Harness
import LODEngine

/// Pictures of 512 pixels, on all processors.
struct PictureRows: Sendable {
    /// A model with textures.
    let file: String

    /// Nanoseconds on the wall that a picture of 100,000 triangles may take.
    private static let most = 0.3e9

    func all() throws -> [Comparison] {
        let torus = [DrawableMesh(mesh: DenseMesh.torus(triangleCount: 100_000))]
        let model = try Model.read(contentsOf: file)
        let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        let meshes = try model.drawableMeshes()
        let isHeavy = model.triangleCount > 150_000
        return [
            row("a torus of 100,000 triangles", Self.most) {
                try Thumbnail.picture(of: torus, width: 512, height: 512)
            },
            row("\(name), \(model.triangleCount) triangles, textures at hand", isHeavy ? nil : Self.most) {
                try Thumbnail.picture(of: meshes, width: 512, height: 512)
            },
            row("\(name), textures decoded each time", nil) { try model.thumbnail(width: 512, height: 512) },
        ]
    }

    private func row(_ what: String, _ most: Double?, _ draw: @escaping @Sendable () throws -> Picture) -> Comparison {
        Comparison(
            "picture of 512 pixels: \(what), wall",
            measure: .figure(.nanoseconds),
            ours: Contender("LODEngine", version: "this commit") {
                let start = Timing.onTheWall()
                let picture = try draw()
                let spent = Timing.onTheWall() - start
                let covered = stride(from: 3, to: picture.bytes.count, by: 4).count { picture.bytes[$0] > 0 }
                guard covered > picture.width * picture.height / 20 else { throw WrongResult("the picture is empty") }
                return spent
            },
            rivals: [],
            oursMax: most
        )
    }
}
