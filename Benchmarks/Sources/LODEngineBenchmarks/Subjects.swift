import Foundation
import Harness
import LODEngine

/// The models of a run: as they are, and dense versions made from them.
struct Subjects {
    /// What is simplified in memory, the lightest first.
    private(set) var all: [Subject]
    /// The heaviest of them as a GLB.
    let largestFile: String

    /// The last of the models that are read: one with textures.
    let texturedFile: String

    /// How many times every triangle of a dense version was cut into four.
    private static let refinements = 2

    init(paths: String?, directory: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
        let shared = root.appending(path: "../shared/assets/models").standardized.path
        let files: [String]
        if let paths {
            files = paths.split(separator: ":").map(String.init)
        } else if FileManager.default.fileExists(atPath: shared) {
            files = ["DamagedHelmet.glb", "school_backpack.glb", "nefertiti.ply", "ToyCar.glb"].map {
                shared + "/" + $0
            }
        } else {
            files = ["MaterialsVariantsShoe.glb", "WickerChair.glb"].map { root.path + "/Examples/Models/" + $0 }
        }
        guard let last = files.last else { throw WrongResult("--models names no model") }
        texturedFile = last
        all = try files.map { try Subject(path: $0) }
        for subject in all.suffix(2) {
            let meshes = DenseMesh.refined(subject.meshes, times: Self.refinements)
            all.append(Subject(name: "dense " + subject.name, meshes: meshes))
        }
        // Each dense version as a file of its own: positions, normals and coordinates, without images.
        largestFile = directory + "/dense.glb"
        let meshes = all.last?.meshes ?? []
        try Model(meshes: meshes.map { ("", $0) }, name: "dense").write(to: largestFile)
    }
}
