/// Animations: what samplers read, what channels move, and whether both fit.
extension ValidationRun {
    /// Checks all animations.
    func checkAnimations() {
        for (_, animation, pointer) in elements("animations") {
            let samplers = animation["samplers"]?.array ?? []
            for (index, sampler) in samplers.enumerated() {
                checkInput(of: sampler, at: pointer["samplers"][index])
            }
            var targets: [String: Int] = [:]
            for (index, channel) in (animation["channels"]?.array ?? []).enumerated() {
                let place = pointer["channels"][index]
                checkTarget(channel["target"], at: place["target"])
                if let key = targetKey(of: channel["target"]) {
                    if let other = targets[key] {
                        report(
                            .animationDuplicateTargets,
                            at: place["target"],
                            "expected another target than channel \(other)"
                        )
                    }
                    targets[key] = index
                }
                guard let sampler = channel["sampler"]?.int, sampler >= 0 else { continue }
                guard sampler < samplers.count else {
                    report(
                        .unresolvedReference,
                        at: place["sampler"],
                        "expected the index of one of \(samplers.count) samplers, found \(sampler)"
                    )
                    continue
                }
                checkOutput(
                    of: samplers[sampler],
                    for: channel["target"],
                    at: pointer["samplers"][sampler]["output"]
                )
            }
        }
    }

    private func targetKey(of target: JSONValue?) -> String? {
        guard let path = target?["path"]?.string else { return nil }
        if path == "pointer" { return target?["extensions"]?["KHR_animation_pointer"]?["pointer"]?.string }
        return target?["node"]?.int.map { "\($0) \(path)" }
    }

    private func checkInput(of sampler: JSONValue, at pointer: JSONPointer) {
        guard let index = index("input", of: sampler, into: "accessors") else { return }
        let place = pointer["input"]
        use(accessor: index, as: .animationInput, at: place)
        guard let facts = accessors[index] else { return }
        checkView(of: facts, at: place)
        guard facts.format == "SCALAR float" else {
            return report(.animationInputFormat, at: place, "expected \"SCALAR float\", found \"\(facts.format)\"")
        }
        if facts.min == nil || facts.max == nil {
            report(.animationInputWithoutBounds, at: place, "expected min and max in the accessor")
        }
        if sampler["interpolation"]?.string == "CUBICSPLINE", facts.count < 2 {
            report(.animationInputTooFew, at: place, "expected at least 2 key frames, found \(facts.count)")
        }
        checkTimes(facts)
    }

    private func checkView(of facts: AccessorFacts, at pointer: JSONPointer) {
        guard let view = facts.view else { return }
        use(view: view, as: .other, at: pointer)
        if facts.hasStride {
            report(.animationAccessorWithByteStride, at: pointer, "expected no byteStride in the view of an animation")
        }
    }

    private func checkTarget(_ target: JSONValue?, at pointer: JSONPointer) {
        guard let target, let path = target["path"]?.string else { return }
        if let animated = target["extensions"]?["KHR_animation_pointer"], animated.object != nil {
            if target["node"] != nil {
                report(.animationPointerTargetNode, at: pointer["node"], "expected no node beside a pointer")
            }
            if path != "pointer" {
                report(.animationPointerTargetPath, at: pointer["path"], "expected \"pointer\", found \"\(path)\"")
            }
        }
        guard let index = index("node", of: target, into: "nodes"), let node = root["nodes"]?[index] else { return }
        if ["translation", "rotation", "scale"].contains(path), node["matrix"] != nil {
            report(.animationChannelTargetNodeMatrix, at: pointer, "expected a node without matrix")
        }
        if path == "weights",
            self.index("mesh", of: node, into: "meshes").map({ morphTargetCount(ofMesh: $0) == 0 }) ?? true
        {
            report(.animationTargetNoMorphs, at: pointer, "expected a node whose mesh has morph targets")
        }
    }

    private func checkOutput(of sampler: JSONValue, for target: JSONValue?, at place: JSONPointer) {
        guard let index = index("output", of: sampler, into: "accessors") else { return }
        use(accessor: index, as: .animationOutput, at: place)
        guard let facts = accessors[index] else { return }
        checkView(of: facts, at: place)
        guard let path = target?["path"]?.string, let formats = Self.outputFormats[path] else { return }
        guard formats.contains(facts.format) else {
            return report(.animationOutputFormat, at: place, "expected one of \(formats), found \"\(facts.format)\"")
        }
        let isCubic = sampler["interpolation"]?.string == "CUBICSPLINE"
        if path == "rotation" { checkQuaternions(facts, isCubic: isCubic) }
        guard let input = self.index("input", of: sampler, into: "accessors").flatMap({ accessors[$0] }) else { return }
        var factor = isCubic ? 3 : 1
        if path == "weights" {
            guard let node = target?["node"].flatMap({ self.index($0, into: "nodes") }),
                let mesh = root["nodes"]?[node].flatMap({ self.index("mesh", of: $0, into: "meshes") })
            else { return }
            factor *= morphTargetCount(ofMesh: mesh)
        }
        let (expected, overflow) = input.count.multipliedReportingOverflow(by: factor)
        if factor > 0, overflow || facts.count != expected {
            report(
                .animationOutputCount,
                at: place,
                "expected \(factor) elements for each of \(input.count) key frames, found \(facts.count)"
            )
        }
    }

    private static let fractions = [
        "float", "int8 normalized", "uint8 normalized", "int16 normalized", "uint16 normalized",
    ]

    private static let outputFormats: [String: [String]] = [
        "translation": ["VEC3 float"], "scale": ["VEC3 float"], "rotation": fractions.map { "VEC4 \($0)" },
        "weights": fractions.map { "SCALAR \($0)" },
    ]
}
