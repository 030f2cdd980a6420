/// Meshes: attribute names and formats, counts, modes, morph targets, and what materials need of them.
extension ValidationRun {
    /// Checks all meshes.
    func checkMeshes() {
        let jointCounts = skinJointCounts()
        for (index, mesh, pointer) in elements("meshes") {
            let primitives = mesh["primitives"]?.array ?? []
            var targetCount: Int?
            for (place, primitive) in primitives.enumerated() where primitive.object != nil {
                let primitivePointer = pointer["primitives"][place]
                let targets = primitive["targets"]?.array?.count ?? 0
                if let targetCount, targetCount != targets {
                    report(
                        .meshUnequalTargetsCount,
                        at: primitivePointer["targets"],
                        "expected \(targetCount) morph targets as in the primitive before, found \(targets)"
                    )
                }
                targetCount = targets
                PrimitiveChecks(self, primitive, at: primitivePointer, jointCount: jointCounts[index]).check()
            }
            if let weights = mesh["weights"]?.array, let targetCount, weights.count != targetCount {
                report(
                    .meshInvalidWeightsCount,
                    at: pointer["weights"],
                    "expected \(targetCount) weights, one per morph target, found \(weights.count)"
                )
            }
        }
        for (view, attributes) in attributesOfView.sorted(by: { $0.key < $1.key }) where attributes.count > 1 {
            guard root["bufferViews"]?[view]?["byteStride"] == nil else { continue }
            report(
                .primitiveAccessorWithoutByteStride,
                at: JSONPointer()["bufferViews"][view],
                "expected byteStride in a view that \(attributes.count) vertex attributes share"
            )
        }
    }

    /// The fewest joints of the skins that each mesh is shown with.
    private func skinJointCounts() -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for (_, node, _) in elements("nodes") {
            guard let mesh = index("mesh", of: node, into: "meshes"), let skin = index("skin", of: node, into: "skins"),
                let joints = root["skins"]?[skin]?["joints"]?.array?.count
            else { continue }
            counts[mesh] = min(counts[mesh] ?? .max, joints)
        }
        return counts
    }

    /// How many morph targets the mesh has.
    func morphTargetCount(ofMesh index: Int) -> Int {
        root["meshes"]?[index]?["primitives"]?[0]?["targets"]?.array?.count ?? 0
    }
}
