/// One mesh primitive on its way through the checks.
struct PrimitiveChecks {
    private let run: ValidationRun
    private let primitive: JSONValue
    private let pointer: JSONPointer
    private let jointCount: Int?
    private let isQuantized: Bool

    init(_ run: ValidationRun, _ primitive: JSONValue, at pointer: JSONPointer, jointCount: Int?) {
        self.run = run
        self.primitive = primitive
        self.pointer = pointer
        self.jointCount = jointCount
        isQuantized = run.extensionsUsed.contains("KHR_mesh_quantization")
    }

    /// Checks attributes, indices, targets and materials.
    func check() {
        let attributes = checkAttributes()
        let vertexCount = attributes["POSITION"]?.count ?? attributes.values.first?.count
        checkIndices(vertexCount: vertexCount)
        checkTargets(base: attributes)
        checkMaterials(attributes)
        checkVariants()
        checkInfluences(attributes)
    }

    // MARK: Attributes

    private func checkAttributes() -> [String: AccessorFacts] {
        guard let members = primitive["attributes"]?.object, !members.isEmpty else { return [:] }
        let place = pointer["attributes"]
        var found: [String: AccessorFacts] = [:]
        checkNames(members, at: place)
        for member in members.members {
            guard let index = run.index(member.value, into: "accessors") else { continue }
            let memberPlace = place[member.key]
            run.use(accessor: index, as: .attribute, at: memberPlace)
            guard let facts = run.accessors[index] else { continue }
            found[member.key] = facts
            checkAttribute(facts, AttributeSemantic(member.key), isTarget: false, at: memberPlace)
        }
        if members["POSITION"] == nil {
            run.report(.primitiveNoPosition, at: place, "expected POSITION")
        }
        if members["TANGENT"] != nil, members["NORMAL"] == nil {
            run.report(.primitiveTangentWithoutNormal, at: place["TANGENT"], "expected NORMAL beside TANGENT")
        }
        let counts = Set(found.values.map(\.count))
        if counts.count > 1 {
            run.report(
                .primitiveUnequalAccessorCount,
                at: place,
                "expected as many elements in each attribute, found \(counts.sorted())"
            )
        }
        return found
    }

    private func checkNames(_ members: JSONObject, at place: JSONPointer) {
        var sets: [String: [Int]] = [:]
        for key in members.keys {
            switch AttributeSemantic(key) {
            case nil:
                run.report(.primitiveInvalidAttribute, at: place[key], "expected a known name or one with _ first")
            case .some(let semantic):
                if let set = semantic.set { sets[semantic.name, default: []].append(set) }
            }
        }
        for (name, indices) in sets.sorted(by: { $0.key < $1.key }) where indices.sorted() != Array(0..<indices.count) {
            run.report(
                .primitiveSemanticContinuity,
                at: place,
                "expected \(name)_0 and on without gaps, found \(indices.sorted())"
            )
        }
        let (joints, weights) = (sets["JOINTS"]?.count ?? 0, sets["WEIGHTS"]?.count ?? 0)
        if joints != weights {
            run.report(
                .primitiveJointsWeightsMismatch,
                at: place,
                "expected as many JOINTS as WEIGHTS, found \(joints) and \(weights)"
            )
        }
    }

    private func checkAttribute(
        _ facts: AccessorFacts,
        _ semantic: AttributeSemantic?,
        isTarget: Bool,
        at place: JSONPointer
    ) {
        checkAlignment(facts, at: place)
        if facts.component == .uint32, semantic == nil || semantic?.isCustom == true {
            run.report(.primitiveAttributeUnsignedInt, at: place, "expected another componentType than UNSIGNED_INT")
        }
        guard let semantic, !semantic.isCustom else { return }
        let formats = semantic.formats(isTarget: isTarget, isQuantized: isQuantized)
        guard formats.contains(facts.format) else {
            return run.report(
                .primitiveAttributeFormat,
                at: place,
                "expected one of \(formats.sorted()), found \"\(facts.format)\""
            )
        }
        if semantic.name == "POSITION", facts.min == nil || facts.max == nil {
            run.report(.primitivePositionWithoutBounds, at: place, "expected min and max in the accessor")
        }
        guard !isTarget else { return }
        switch semantic.name {
        case "NORMAL": run.checkUnitVectors(facts, isTangent: false)
        case "TANGENT": run.checkUnitVectors(facts, isTangent: true)
        case "COLOR": run.checkClamped(facts)
        default: break
        }
    }

    private func checkAlignment(_ facts: AccessorFacts, at place: JSONPointer) {
        guard let view = facts.view else { return }
        run.use(view: view, as: .vertices, at: place)
        run.attributesOfView[view, default: []].insert(facts.index)
        let start = run.root["bufferViews"]?[view]?["byteOffset"]?.int ?? 0
        let size = facts.shape.size(of: facts.component)
        if facts.byteOffset % 4 != 0 || start % 4 != 0 || (!facts.hasStride && size % 4 != 0) {
            run.report(
                .primitiveAccessorUnaligned,
                at: place,
                "expected vertices at multiples of 4 bytes, found byteOffset \(facts.byteOffset), stride \(facts.stride)"
            )
        }
    }

    // MARK: Indices

    private func checkIndices(vertexCount: Int?) {
        let mode = primitive["mode"]?.int ?? 4
        var count = vertexCount
        if let index = run.index("indices", of: primitive, into: "accessors") {
            let place = pointer["indices"]
            run.use(accessor: index, as: .indices, at: place)
            guard let facts = run.accessors[index] else { return }
            count = facts.count
            if let view = facts.view {
                run.use(view: view, as: .indices, at: place)
                if facts.hasStride {
                    run.report(
                        .primitiveIndicesWithByteStride,
                        at: place,
                        "expected no byteStride in the view of indices"
                    )
                }
            }
            let formats = ["SCALAR uint8", "SCALAR uint16", "SCALAR uint32"]
            guard formats.contains(facts.format) else {
                return run.report(
                    .primitiveIndicesFormat,
                    at: place,
                    "expected one of \(formats), found \"\(facts.format)\""
                )
            }
            run.checkIndices(facts, vertexCount: vertexCount, mode: mode)
        }
        guard let count else { return }
        let isWhole =
            switch mode {
            case 0: count >= 1
            case 1: count >= 2 && count % 2 == 0
            case 2, 3: count >= 2
            case 4: count >= 3 && count % 3 == 0
            default: count >= 3
            }
        if !isWhole {
            run.report(.primitiveIncompatibleMode, at: pointer, "\(count) vertices or indices do not fill mode \(mode)")
        }
    }

    // MARK: Morph targets

    private func checkTargets(base: [String: AccessorFacts]) {
        let baseNames = primitive["attributes"]?.object
        for (index, target) in (primitive["targets"]?.array ?? []).enumerated() {
            for member in target.object?.members ?? [] {
                let place = pointer["targets"][index][member.key]
                let semantic = AttributeSemantic(member.key)
                let isMorphable = semantic.map { $0.isCustom || $0.isMorphable } ?? false
                if !isMorphable { run.report(.primitiveInvalidAttribute, at: place, "expected an attribute to morph") }
                if baseNames?[member.key] == nil {
                    run.report(.primitiveMorphTargetNoBase, at: place, "expected \(member.key) among the attributes")
                }
                guard let accessor = run.index(member.value, into: "accessors") else { continue }
                run.use(accessor: accessor, as: .attribute, at: place)
                guard let facts = run.accessors[accessor] else { continue }
                checkAttribute(facts, isMorphable ? semantic : nil, isTarget: true, at: place)
                if let count = base[member.key]?.count, count != facts.count {
                    run.report(
                        .primitiveMorphTargetCount,
                        at: place,
                        "expected \(count) elements as in the base, found \(facts.count)"
                    )
                }
            }
        }
    }

    // MARK: Materials

    private func checkMaterials(_ attributes: [String: AccessorFacts]) {
        let sets = (primitive["attributes"]?.object?.keys.filter { $0.hasPrefix("TEXCOORD_") } ?? []).count
        var materials: [Int] = []
        if let material = run.index("material", of: primitive, into: "materials") { materials.append(material) }
        for mapping in primitive["extensions"]?["KHR_materials_variants"]?["mappings"]?.array ?? [] {
            if let material = run.index("material", of: mapping, into: "materials") { materials.append(material) }
        }
        for material in Set(materials).sorted() {
            guard let value = run.root["materials"]?[material] else { continue }
            let highest = run.highestSetOfMaterial[material] ?? highestTextureCoordinate(of: value, depth: 0)
            run.highestSetOfMaterial[material] = highest
            if highest >= sets {
                run.report(
                    .primitiveTooFewTexcoords,
                    at: pointer["material"],
                    "expected TEXCOORD_\(highest), which material \(material) uses"
                )
            }
        }
    }

    /// The highest set of texture coordinates that a texture in `value` uses; -1 if there is none.
    private func highestTextureCoordinate(of value: JSONValue, depth: Int) -> Int {
        guard let object = value.object, depth < 6 else { return -1 }
        var highest = -1
        for member in object.members {
            if member.key.hasSuffix("Texture"), member.value["index"]?.int != nil {
                let set =
                    member.value["extensions"]?["KHR_texture_transform"]?["texCoord"]?.int
                    ?? member.value["texCoord"]?.int ?? 0
                highest = max(highest, set)
            } else if member.key != "extras" {
                highest = max(highest, highestTextureCoordinate(of: member.value, depth: depth + 1))
            }
        }
        return highest
    }

    private func checkVariants() {
        var seen: Set<Int> = []
        for (index, mapping) in (primitive["extensions"]?["KHR_materials_variants"]?["mappings"]?.array ?? [])
            .enumerated()
        {
            for (place, variant) in (mapping["variants"]?.array ?? []).enumerated() {
                guard let number = variant.int, !seen.insert(number).inserted else { continue }
                run.report(
                    .variantNonUnique,
                    at: pointer["extensions"]["KHR_materials_variants"]["mappings"][index]["variants"][place],
                    "expected variant \(number) only once in the primitive"
                )
            }
        }
    }

    private func checkInfluences(_ attributes: [String: AccessorFacts]) {
        for set in 0..<8 {
            guard let weights = attributes["WEIGHTS_\(set)"], weights.shape == .vector4 else { continue }
            let joints = attributes["JOINTS_\(set)"].flatMap { $0.shape == .vector4 ? $0 : nil }
            run.checkInfluences(
                weights: weights,
                joints: joints,
                jointCount: jointCount,
                hasMoreSets: attributes["WEIGHTS_1"] != nil
            )
        }
    }
}
