extension GLTFReader {
    private struct Node {
        let place: JSONPlace
        let children: [Int]
        let mesh: Int?
        let skin: Int?
        let local: WorldMatrix
    }

    /// A skin's first joint and what brings vertices into its space.
    private struct Skin {
        let joints: [Int]
        let firstInverseBindMatrix: WorldMatrix
    }

    /// Finds where the scene places the primitives.
    ///
    /// The scene is the one that the file shows by default, else the first, else all nodes that have no parent.
    mutating func readInstances(of primitives: [Primitive]) throws -> [Instance] {
        let meshCount = try root.objects("meshes").count
        let places = try root.objects("nodes")
        let skinCount = try root.objects("skins").count
        let nodes = try places.map { place in
            Node(
                place: place,
                children: try place.indices("children", below: places.count, of: "nodes"),
                mesh: try place.index("mesh", below: meshCount, of: "meshes"),
                skin: try place.index("skin", below: skinCount, of: "skins"),
                local: try GLTFReader.matrix(at: place)
            )
        }
        let skins = try root.objects("skins").map { try readSkin(at: $0, nodeCount: nodes.count) }
        let parents = try GLTFReader.parents(of: nodes)
        let order = try visited(nodes, from: try roots(of: nodes, parents: parents))
        let worlds = GLTFReader.worlds(of: nodes, parents: parents)

        var primitivesOfMesh = [[Int]](repeating: [], count: meshCount)
        for (index, primitive) in primitives.enumerated() { primitivesOfMesh[primitive.meshIndex].append(index) }
        let jointMaxima = primitives.map { primitive in
            primitive.mesh.influences.reduce(0) { $1.reduce($0) { max($0, Int($1.joints.max())) } }
        }
        var instances: [Instance] = []
        for node in order {
            guard let mesh = nodes[node].mesh else { continue }
            var world = worlds[node]
            if let skin = nodes[node].skin {
                let joints = skins[skin].joints
                guard primitivesOfMesh[mesh].allSatisfy({ jointMaxima[$0] < joints.count }) else {
                    throw nodes[node].place.invalid(
                        "a skin with a joint for every index in JOINTS, found \(joints.count)"
                    )
                }
                world = worlds[joints[0]].multiplied(by: skins[skin].firstInverseBindMatrix)
            }
            let transform = world.transform
            guard transform.isFinite else {
                throw nodes[node].place.invalid("transforms, down from the root, whose product a float can hold")
            }
            guard instances.count + primitivesOfMesh[mesh].count <= limits.instancesMax else {
                throw root.invalid("at most \(limits.instancesMax) placements of primitives", .limitExceeded)
            }
            instances += primitivesOfMesh[mesh].map { Instance(primitiveIndex: $0, transform: transform) }
        }
        return instances
    }

    private func roots(of nodes: [Node], parents: [Int?]) throws -> [Int] {
        let scenes = try root.objects("scenes")
        let chosen = try root.index("scene", below: scenes.count, of: "scenes") ?? 0
        guard !scenes.isEmpty else { return nodes.indices.filter { parents[$0] == nil } }
        let roots = try scenes[chosen].indices("nodes", below: nodes.count, of: "nodes")
        for root in roots where parents[root] != nil {
            throw scenes[chosen].invalid("root nodes, found node \(root), which has a parent")
        }
        return roots
    }

    /// Each node's parent; a node that has two, or is its own ancestor, is an error.
    private static func parents(of nodes: [Node]) throws -> [Int?] {
        var parents = [Int?](repeating: nil, count: nodes.count)
        for (index, node) in nodes.enumerated() {
            for child in node.children {
                guard parents[child] == nil else {
                    throw node.place.invalid("children without another parent, found node \(child)")
                }
                parents[child] = index
            }
        }
        // With one parent each, a node that no root reaches is on a loop or below one.
        var reached = 0
        var stack = nodes.indices.filter { parents[$0] == nil }
        var isReached = [Bool](repeating: false, count: nodes.count)
        while let node = stack.popLast() {
            reached += 1
            isReached[node] = true
            stack += nodes[node].children
        }
        if reached < nodes.count, let node = isReached.firstIndex(of: false) {
            throw nodes[node].place.invalid("a tree of nodes, found a loop")
        }
        return parents
    }

    /// The nodes below `roots`, parents before children, in the order of the file.
    private func visited(_ nodes: [Node], from roots: [Int]) throws -> [Int] {
        var order: [Int] = []
        var seen = [Bool](repeating: false, count: nodes.count)
        var stack = Array(roots.reversed())
        while let node = stack.popLast() {
            guard !seen[node] else { throw nodes[node].place.invalid("no node twice in a scene") }
            seen[node] = true
            order.append(node)
            stack += nodes[node].children.reversed()
        }
        return order
    }

    private static func worlds(of nodes: [Node], parents: [Int?]) -> [WorldMatrix] {
        var worlds = nodes.map(\.local)
        var stack = nodes.indices.filter { parents[$0] == nil }
        while let node = stack.popLast() {
            for child in nodes[node].children {
                worlds[child] = worlds[node].multiplied(by: nodes[child].local)
                stack.append(child)
            }
        }
        return worlds
    }

    private static func matrix(at place: JSONPlace) throws -> WorldMatrix {
        if let numbers = try place.doubles("matrix", count: 16) { return WorldMatrix(columnMajor: numbers) }
        let translation = try place.doubles("translation", count: 3) ?? [0, 0, 0]
        let rotation = try place.doubles("rotation", count: 4) ?? [0, 0, 0, 1]
        let scale = try place.doubles("scale", count: 3) ?? [1, 1, 1]
        return WorldMatrix(
            translation: SIMD3(translation[0], translation[1], translation[2]),
            rotation: SIMD4(rotation[0], rotation[1], rotation[2], rotation[3]),
            scale: SIMD3(scale[0], scale[1], scale[2])
        )
    }

    private mutating func readSkin(at place: JSONPlace, nodeCount: Int) throws -> Skin {
        let joints = try place.indices("joints", below: nodeCount, of: "nodes")
        guard !joints.isEmpty else { throw place.invalid("at least one joint") }
        guard let index = try place.index("inverseBindMatrices", below: accessors.count, of: "accessors") else {
            return Skin(joints: joints, firstInverseBindMatrix: .identity)
        }
        let matrices = try elements(of: index)
        guard matrices.shape == .matrix4, matrices.component == .float, matrices.count >= joints.count else {
            throw accessors[index].place.invalid("a float MAT4 for each of \(joints.count) joints")
        }
        let first = try matrices.floats(rows: [0]).map { Double($0) }
        return Skin(joints: joints, firstInverseBindMatrix: WorldMatrix(columnMajor: first))
    }
}
