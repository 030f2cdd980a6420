/// The tree of nodes, their transforms, and the scenes that show them.
extension ValidationRun {
    /// Checks nodes, scenes and skins, which all rest on the tree.
    func checkScenes() {
        let parents = checkTree()
        for (_, node, pointer) in elements("nodes") where node.object != nil { checkNode(node, at: pointer) }
        for (_, scene, pointer) in elements("scenes") {
            for (place, value) in (scene["nodes"]?.array ?? []).enumerated() {
                guard let node = index(value, into: "nodes"), parents[node] != nil else { continue }
                report(
                    .sceneNonRootNode,
                    at: pointer["nodes"][place],
                    "expected a node without parent, found node \(node)"
                )
            }
        }
        checkSkins(parents: parents)
    }

    /// Finds each node's parent; the first counts.
    private func checkTree() -> [Int: Int] {
        var parents: [Int: Int] = [:]
        for (parent, node, pointer) in elements("nodes") {
            for (place, value) in (node["children"]?.array ?? []).enumerated() {
                guard let child = index(value, into: "nodes") else { continue }
                if let known = parents[child], known != parent {
                    report(
                        .nodeParentOverride,
                        at: pointer["children"][place],
                        "expected one parent of node \(child), found \(known) and \(parent)"
                    )
                } else {
                    parents[child] = parent
                }
            }
        }
        for node in nodesInLoops(parents) {
            report(.nodeLoop, at: JSONPointer()["nodes"][node], "expected a tree, found a node below itself")
        }
        return parents
    }

    private func nodesInLoops(_ parents: [Int: Int]) -> [Int] {
        // The walk upwards that first met each node; meeting a node of the same walk again closes a loop.
        var walkOf = [Int](repeating: -1, count: count(of: "nodes"))
        var looped: [Int] = []
        for start in walkOf.indices {
            var node = start
            while walkOf[node] < 0 {
                walkOf[node] = start
                guard let parent = parents[node] else { break }
                node = parent
            }
            guard walkOf[node] == start, parents[node] != nil else { continue }
            var place = node
            var loop: [Int] = []
            repeat {
                loop.append(place)
                guard let parent = parents[place] else { break }
                place = parent
            } while place != node && loop.count <= walkOf.count
            if place == node { looped += loop }
        }
        return Set(looped).sorted()
    }

    private func checkNode(_ node: JSONValue, at pointer: JSONPointer) {
        let hasTRS = node["translation"] != nil || node["rotation"] != nil || node["scale"] != nil
        let matrix = (node["matrix"]?.array ?? []).compactMap(\.double)
        if node["matrix"] != nil, hasTRS {
            report(.nodeMatrixTRS, at: pointer["matrix"], "expected either a matrix or translation, rotation and scale")
        }
        if matrix.count == 16 { checkMatrix(matrix, at: pointer["matrix"]) }
        let rotation = (node["rotation"]?.array ?? []).compactMap(\.double)
        if rotation.count == 4 {
            let length = rotation.reduce(0) { $0 + $1 * $1 }.squareRoot()
            if abs(length - 1) > 0.00769 {
                report(.rotationNonUnit, at: pointer["rotation"], "expected a unit quaternion, found length \(length)")
            }
        }
        let isEmpty = ["camera", "children", "skin", "mesh", "weights", "extensions", "extras"].allSatisfy {
            node[$0] == nil
        }
        if isEmpty, !hasTRS, node["matrix"] == nil { report(.nodeEmpty, at: pointer, "the node does nothing") }
        guard let mesh = index("mesh", of: node, into: "meshes") else { return }
        if let weights = node["weights"]?.array, weights.count != morphTargetCount(ofMesh: mesh) {
            report(
                .nodeWeightsInvalid,
                at: pointer["weights"],
                "expected \(morphTargetCount(ofMesh: mesh)) weights, found \(weights.count)"
            )
        }
        let joints = joints(ofMesh: mesh)
        if joints.some, node["skin"] == nil {
            report(.nodeSkinnedMeshWithoutSkin, at: pointer, "expected a skin for the mesh's joints")
        }
        if node["skin"] != nil, !joints.all {
            report(
                .nodeSkinWithNonSkinnedMesh,
                at: pointer["mesh"],
                "expected joints in the mesh of a node with a skin"
            )
        }
    }

    /// Whether some and whether all of a mesh's primitives have joints: looked up once, however many nodes show it.
    private func joints(ofMesh mesh: Int) -> (some: Bool, all: Bool) {
        if let known = jointsOfMesh[mesh] { return known }
        let primitives = root["meshes"]?[mesh]?["primitives"]?.array ?? []
        let count = primitives.count { $0["attributes"]?["JOINTS_0"] != nil }
        let joints = (some: count > 0, all: count == primitives.count)
        jointsOfMesh[mesh] = joints
        return joints
    }

    private func checkMatrix(_ matrix: [Double], at pointer: JSONPointer) {
        let identity: [Double] = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
        if matrix == identity { return report(.nodeMatrixDefault, at: pointer, "the identity need not be stated") }
        func dot(_ one: Int, _ other: Int) -> Double {
            (0..<3).reduce(0) { $0 + matrix[one * 4 + $1] * matrix[other * 4 + $1] }
        }
        let isAffine = matrix[3] == 0 && matrix[7] == 0 && matrix[11] == 0 && matrix[15] == 1
        // Scaled rotations have columns at right angles; a sheared matrix has not.
        let isSquare = [(0, 1), (1, 2), (2, 0)].allSatisfy { one, other in
            abs(dot(one, other)) <= 0.001 * (dot(one, one) * dot(other, other)).squareRoot() + 1e-12
        }
        if !isAffine || !isSquare {
            report(.nodeMatrixNonTRS, at: pointer, "expected a translation, a rotation and a scale in one")
        }
    }

    private func checkSkins(parents: [Int: Int]) {
        let tree = NodeTree(count: count(of: "nodes"), parents: parents)
        for (_, skin, pointer) in elements("skins") {
            let joints = indices("joints", of: skin, into: "nodes")
            if let first = joints.first, joints.contains(where: { tree.root(of: $0) != tree.root(of: first) }) {
                report(.skinNoCommonRoot, at: pointer["joints"], "expected joints with a common root")
            }
            if let skeleton = index("skeleton", of: skin, into: "nodes"),
                !joints.allSatisfy({ tree.contains($0, below: skeleton) })
            {
                report(.skinSkeletonInvalid, at: pointer["skeleton"], "expected an ancestor of all joints")
            }
            guard let matrices = index("inverseBindMatrices", of: skin, into: "accessors") else { continue }
            checkInverseBindMatrices(matrices, jointCount: joints.count, at: pointer["inverseBindMatrices"])
        }
    }

    private func checkInverseBindMatrices(_ accessor: Int, jointCount: Int, at pointer: JSONPointer) {
        use(accessor: accessor, as: .inverseBindMatrices, at: pointer)
        guard let facts = accessors[accessor] else { return }
        if let view = facts.view {
            use(view: view, as: .inverseBindMatrices, at: pointer)
            if facts.hasStride {
                report(.skinIBMWithByteStride, at: pointer, "expected no byteStride in the view of the matrices")
            }
        }
        guard facts.format == "MAT4 float" else {
            return report(.skinIBMFormat, at: pointer, "expected \"MAT4 float\", found \"\(facts.format)\"")
        }
        if facts.count < jointCount {
            report(
                .skinIBMCount,
                at: pointer,
                "expected a matrix for each of \(jointCount) joints, found \(facts.count)"
            )
        }
        checkInverseBindMatrices(facts)
    }
}
