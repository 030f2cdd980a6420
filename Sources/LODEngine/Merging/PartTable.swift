/// The connected parts of a model: triangles of one mesh that have a place in common, and what they have places in common
/// with.
struct PartTable {
    /// The part of each triangle, by primitive.
    private(set) var parts: [[UInt32]] = []
    /// The diagonal of each part's box, in the scene's units, where it is placed largest.
    private(set) var diagonals: [Float] = []

    /// How many there are.
    var count: Int { diagonals.count }

    init(_ model: Model) {
        parts = model.primitives.map { [UInt32](repeating: none, count: $0.mesh.triangleCount) }
        let scales = model.sceneParts.map(\.scale)
        for primitives in model.primitivesByMesh {
            add(model.primitives.map(\.mesh), primitives, scale: primitives.map { scales[$0] }.max() ?? 1)
        }
    }

    /// Adds the parts of the primitives of one mesh.
    private mutating func add(_ meshes: [Mesh], _ primitives: [Int], scale: Float) {
        let table = PlaceTable(primitives.map { meshes[$0] }, tolerance: 0)
        var sets = DisjointSets(count: table.positions.count)
        for (number, primitive) in primitives.enumerated() {
            let (indices, places) = (meshes[primitive].indices, table.places[number])
            for corner in stride(from: 0, to: indices.count / 3 * 3, by: 3) {
                sets.unite(places[Int(indices[corner])], places[Int(indices[corner + 1])])
                sets.unite(places[Int(indices[corner])], places[Int(indices[corner + 2])])
            }
        }
        var numbers: [UInt32: UInt32] = [:]
        var boxes: [BoundingBox] = []
        let first = diagonals.count
        for (number, primitive) in primitives.enumerated() {
            let mesh = meshes[primitive]
            for triangle in 0..<mesh.triangleCount {
                let root = sets.root(table.places[number][Int(mesh.indices[triangle * 3])])
                let part = numbers[root] ?? UInt32(first + boxes.count)
                for corner in (triangle * 3)..<(triangle * 3 + 3) {
                    let position = mesh.positions[Int(mesh.indices[corner])]
                    if numbers[root] == nil {
                        numbers[root] = part
                        boxes.append(BoundingBox(min: position, max: position))
                    }
                    let place = Int(part) - first
                    boxes[place].min = pointwiseMin(boxes[place].min, position)
                    boxes[place].max = pointwiseMax(boxes[place].max, position)
                }
                parts[primitive][triangle] = part
            }
        }
        diagonals += boxes.map { $0.diagonal * scale }
    }
}

/// Sets of numbers that grow together, with halving of paths (Tarjan and van Leeuwen 1984).
private struct DisjointSets {
    private var parents: [UInt32]

    init(count: Int) {
        parents = (0..<count).map { UInt32($0) }
    }

    /// The number that stands for the set of `number`: the least of it.
    mutating func root(_ number: UInt32) -> UInt32 {
        var number = number
        while parents[Int(number)] != number {
            parents[Int(number)] = parents[Int(parents[Int(number)])]
            number = parents[Int(number)]
        }
        return number
    }

    mutating func unite(_ one: UInt32, _ other: UInt32) {
        let (a, b) = (root(one), root(other))
        if a < b { parents[Int(b)] = a } else { parents[Int(a)] = b }
    }
}

extension Model {
    /// The primitives of each mesh, by the meshes' places in the file.
    var primitivesByMesh: [[Int]] {
        var lists: [Int: [Int]] = [:]
        for (index, primitive) in primitives.enumerated() { lists[primitive.meshIndex, default: []].append(index) }
        return lists.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Whether something moves a primitive's vertices against each other.
    func deforms(_ primitive: Int) -> Bool {
        !primitives[primitive].mesh.morphTargets.isEmpty || !primitives[primitive].mesh.influences.isEmpty
    }
}
