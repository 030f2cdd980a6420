/// A model as a file holds it: triangles that can be replaced, placed by a scene, and everything else carried along.
///
/// What this module does not change (materials, images, animations, skins, cameras, lights, extras, extensions it
/// does not know) is kept and written back by `glb()`. A model read from a file keeps that file mapped for its
/// images: the file must not be cut while the model lives. Replace files by renaming, as `write(to:)` does.
public struct Model: Sendable {
    /// Where it was read from, or the name given to the bytes; the start of error messages.
    public let name: String
    /// Every list of triangles, in the order of the file's meshes.
    public internal(set) var primitives: [Primitive]
    /// Every placement of a primitive by the scene that the file shows first, in the order of its node tree.
    public let instances: [Instance]
    /// What is carried through.
    let document: GLTFDocument

    /// Makes a model of meshes without materials, each placed once where it is, under one node each.
    ///
    /// - Parameters:
    ///   - meshes: The meshes with their names; an empty name is left out.
    ///   - name: What errors call the model.
    public init(meshes: [(name: String, mesh: Mesh)], name: String) {
        let scene = FlatScene(
            meshes: meshes.map { FlatMesh(name: $0.name.isEmpty ? nil : $0.name, mesh: $0.mesh) }
        )
        self.init(scene, name: name) { _ in nil }
    }

    /// Makes a model of what a file without a scene graph holds; `image` gives the bytes of an image it names.
    init(_ scene: FlatScene, name: String, image: (String) -> ByteBlock?) {
        self.name = name
        primitives = scene.meshes.enumerated().map { index, entry in
            Primitive(
                meshIndex: index,
                primitiveIndex: 0,
                materialIndex: entry.material,
                name: entry.name,
                mode: .triangles,
                mesh: entry.mesh
            )
        }
        instances = scene.meshes.indices.map { Instance(primitiveIndex: $0, transform: .identity) }
        document = GLTFDocument(scene, image: image)
    }

    init(name: String, primitives: [Primitive], instances: [Instance], document: GLTFDocument) {
        self.name = name
        self.primitives = primitives
        self.instances = instances
        self.document = document
    }

    /// Triangles of all primitives, each counted once however often it is placed.
    public var triangleCount: Int { primitives.reduce(0) { $0 + $1.mesh.triangleCount } }

    /// Vertices of all primitives, each counted once however often it is placed.
    public var vertexCount: Int { primitives.reduce(0) { $0 + $1.mesh.vertexCount } }

    /// The box around the triangles of all placed primitives in the scene's coordinates; `nil` if nothing is placed.
    ///
    /// It is the box around the turned boxes of the primitives: never too small, and larger than need be where a node
    /// turns its mesh by less than a right angle. Vertices that no triangle uses do not count. Takes time in proportion to the
    /// triangles and the placements.
    public var bounds: BoundingBox? {
        let boxes = primitives.map { BoundingBox(cornersOf: $0.mesh) }
        return BoundingBox(
            instances.lazy.flatMap { instance in
                (boxes[instance.primitiveIndex]?.corners ?? []).map { instance.transform.apply(to: $0) }
            }
        )
    }

    /// The materials in the order of the file, reduced to what a picture needs.
    ///
    /// Copies the base colour images: keep the result rather than asking again.
    public var materials: [MaterialSummary] { document.materialSummaries }

    /// The same model with other triangles.
    ///
    /// - Parameter meshes: One for each of `primitives`, in the same order, each with as many morph targets as the
    ///   one it replaces.
    public func replacingMeshes(_ meshes: [Mesh]) -> Model {
        precondition(meshes.count == primitives.count, "\(meshes.count) meshes for \(primitives.count) primitives")
        var copy = self
        for (index, mesh) in meshes.enumerated() {
            precondition(
                mesh.morphTargets.count == primitives[index].mesh.morphTargets.count,
                "primitive \(index) has \(primitives[index].mesh.morphTargets.count) morph targets"
            )
            copy.primitives[index].mesh = mesh
        }
        return copy
    }
}
