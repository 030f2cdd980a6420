internal import VitrineIO

/// The numbers behind accessors, in one pass each.
extension ValidationRun {
    /// Checks that floats are finite and that stated bounds are those of the data.
    func checkAccessorData() {
        for facts in accessors.lazy.compactMap({ $0 }) {
            if let view = facts.view, isCompressed(view: view) {
                report(.notChecked, at: facts.pointer, "the compressed data are checked when they are read")
            }
            guard begins(.bounds, of: facts), let bounds = facts.bounds() else { continue }
            if let element = bounds.firstNonFinite {
                report(
                    .accessorInvalidFloat,
                    at: facts.pointer,
                    "expected finite numbers, found NaN or infinity in element \(element)"
                )
                continue
            }
            for component in 0..<facts.shape.componentCount {
                checkBound(facts.min, bounds.min, component, isMin: true, of: facts)
                checkBound(facts.max, bounds.max, component, isMin: false, of: facts)
            }
        }
    }

    private func checkBound(
        _ declared: [Double]?,
        _ actual: [Float],
        _ component: Int,
        isMin: Bool,
        of facts: AccessorFacts
    ) {
        guard let declared else { return }
        // Bounds of floats are floats in their shortest or longest text; whole numbers fit a float up to 2^24.
        let bound = Float(declared[component])
        let value = actual[component]
        guard bound != value else { return }
        let pointer = facts.pointer[isMin ? "min" : "max"][component]
        report(
            isMin ? .accessorMinMismatch : .accessorMaxMismatch,
            at: pointer,
            "expected the data's \(isMin ? "minimum" : "maximum"), \(value), found \(declared[component])"
        )
        if isMin ? value < bound : value > bound {
            report(
                isMin ? .accessorElementOutOfMinBound : .accessorElementOutOfMaxBound,
                at: facts.pointer,
                "expected numbers \(isMin ? "of at least" : "of at most") \(declared[component]), found \(value)"
            )
        }
    }

    /// Checks that each element is a vector of length 1 in its first three numbers.
    func checkUnitVectors(_ facts: AccessorFacts, isTangent: Bool) {
        guard facts.shape.componentCount >= 3, begins(isTangent ? .tangents : .normals, of: facts) else { return }
        var nonUnit: (element: Int, length: Float)?
        var badSign: (element: Int, sign: Float)?
        facts.withVectors { element, vector in
            let length = (vector.x * vector.x + vector.y * vector.y + vector.z * vector.z).squareRoot()
            // More than what rounding to 8 bits does to a unit vector.
            if abs(length - 1) > 0.00674, nonUnit == nil { nonUnit = (element, length) }
            if isTangent, abs(vector.w) != 1, badSign == nil { badSign = (element, vector.w) }
        }
        if let nonUnit {
            report(
                .accessorVector3NonUnit,
                at: facts.pointer,
                "expected unit vectors, found a length of \(nonUnit.length) in element \(nonUnit.element)"
            )
        }
        if let badSign {
            report(
                .accessorInvalidSign,
                at: facts.pointer,
                "expected 1 or -1 as fourth number, found \(badSign.sign) in element \(badSign.element)"
            )
        }
    }

    /// Checks that floating point colours lie within 0 and 1.
    func checkClamped(_ facts: AccessorFacts) {
        guard facts.component == .float, begins(.colors, of: facts) else { return }
        var found: (element: Int, value: SIMD4<Float>)?
        facts.withVectors { element, vector in
            if found == nil, vector.min() < 0 || vector.max() > 1 { found = (element, vector) }
        }
        if let found {
            report(
                .accessorNonClamped,
                at: facts.pointer,
                "expected numbers within 0 and 1, found \(found.value) in element \(found.element)"
            )
        }
    }

    /// Checks a set of weights with its joints: not negative, summing to 1, no joint twice, none beyond the skin's.
    func checkInfluences(weights: AccessorFacts, joints: AccessorFacts?, jointCount: Int?, hasMoreSets: Bool) {
        // By the joints that they go with, and by how many of those the skin has.
        let other = [joints?.index ?? -1, jointCount ?? -1, hasMoreSets ? 1 : 0]
        guard begins(.influences, of: weights, with: other) else { return }
        var negative: Int?
        var unnormalized: (element: Int, sum: Float)?
        var used: [SIMD4<Float>] = []
        if joints != nil { used.reserveCapacity(weights.count) }
        weights.withVectors { element, weight in
            if negative == nil, weight.min() < 0 { negative = element }
            let sum = weight.sum()
            // Each weight may be off by half a step of 8 bits.
            if !hasMoreSets, abs(sum - 1) > 0.004 * 4, unnormalized == nil { unnormalized = (element, sum) }
            if joints != nil { used.append(weight) }
        }
        if let negative {
            report(
                .accessorWeightsNegative,
                at: weights.pointer,
                "expected weights of at least 0, found less in element \(negative)"
            )
        }
        if let unnormalized {
            report(
                .accessorWeightsNonNormalized,
                at: weights.pointer,
                "expected weights that sum to 1, found \(unnormalized.sum) in element \(unnormalized.element)"
            )
        }
        guard let joints else { return }
        var tooLarge: (element: Int, joint: Float)?
        var duplicate: (element: Int, joint: Float)?
        joints.withVectors(normalizes: false) { element, joint in
            if let jointCount, tooLarge == nil, joint.max() >= Float(jointCount) { tooLarge = (element, joint.max()) }
            guard duplicate == nil, element < used.count else { return }
            for one in 0..<3 where used[element][one] > 0 {
                for other in one + 1..<4 where used[element][other] > 0 && joint[one] == joint[other] {
                    duplicate = (element, joint[one])
                }
            }
        }
        if let tooLarge, let jointCount {
            report(
                .accessorJointsIndexOOB,
                at: joints.pointer,
                "expected joints below the skin's \(jointCount), found \(tooLarge.joint) in element \(tooLarge.element)"
            )
        }
        if let duplicate {
            report(
                .accessorJointsIndexDuplicate,
                at: joints.pointer,
                "expected no joint twice in a vertex, found \(duplicate.joint) in element \(duplicate.element)"
            )
        }
    }

    /// Checks vertex indices against the number of vertices, and for degenerate triangles.
    func checkIndices(_ facts: AccessorFacts, vertexCount: Int?, mode: Int) {
        let known = indexSummaries[facts.index]
        guard let summary = known ?? summarize(facts) else { return }
        indexSummaries[facts.index] = summary
        if summary.largest == summary.restart {
            if known != nil { return }
            report(
                .accessorIndexPrimitiveRestart,
                at: facts.pointer,
                "expected no primitive restart value, found \(summary.restart) at index \(summary.largestPlace)"
            )
        } else if let vertexCount, Int(summary.largest) >= vertexCount {
            let found = "\(summary.largest) at index \(summary.largestPlace)"
            report(
                .accessorIndexOOB,
                at: facts.pointer,
                "expected indices below the \(vertexCount) vertices, found \(found)"
            )
        }
        if mode == 4, known == nil, summary.degenerate > 0 {
            report(.accessorIndexTriangleDegenerate, at: facts.pointer, "\(summary.degenerate) triangles have no area")
        }
    }

    private func summarize(_ facts: AccessorFacts) -> IndexSummary? {
        guard begins(.indices, of: facts), let indices = facts.unsignedScalars() else { return nil }
        var degenerate = 0
        for corner in stride(from: 0, to: indices.count - 2, by: 3) {
            let (a, b, c) = (indices[corner], indices[corner + 1], indices[corner + 2])
            if a == b || b == c || c == a { degenerate += 1 }
        }
        let largest = indices.max() ?? 0
        return IndexSummary(
            largest: largest,
            largestPlace: indices.firstIndex(of: largest) ?? 0,
            degenerate: degenerate,
            restart: facts.component == .uint8 ? 0xff : facts.component == .uint16 ? 0xffff : 0xffff_ffff
        )
    }

    /// Checks that the last row of each inverse bind matrix is 0, 0, 0, 1.
    func checkInverseBindMatrices(_ facts: AccessorFacts) {
        guard begins(.inverseBindMatrices, of: facts) else { return }
        var wrong: (element: Int, component: Int, value: Float)?
        facts.withNumbers { element, component, value in
            guard wrong == nil, component % 4 == 3, value != (component == 15 ? 1 : 0) else { return }
            wrong = (element, component, value)
        }
        if let wrong {
            report(
                .accessorInvalidIBM,
                at: facts.pointer,
                "expected 0, 0, 0, 1 as last row, found \(wrong.value) as number \(wrong.component) of element \(wrong.element)"
            )
        }
    }

    /// Checks that times are not negative and increase.
    func checkTimes(_ facts: AccessorFacts) {
        guard begins(.times, of: facts) else { return }
        var negative: (Int, Float)?
        var notIncreasing: Int?
        var previous = -Float.infinity
        facts.withVectors { element, vector in
            if vector.x < 0, negative == nil { negative = (element, vector.x) }
            if vector.x <= previous, notIncreasing == nil { notIncreasing = element }
            previous = vector.x
        }
        if let negative {
            report(
                .accessorAnimationInputNegative,
                at: facts.pointer,
                "expected times of at least 0, found \(negative.1) in element \(negative.0)"
            )
        }
        if let notIncreasing {
            report(
                .accessorAnimationInputNonIncreasing,
                at: facts.pointer,
                "expected increasing times, found no increase in element \(notIncreasing)"
            )
        }
    }

    /// Checks that rotations are unit quaternions; of a cubic spline's triples only the middle is one.
    func checkQuaternions(_ facts: AccessorFacts, isCubic: Bool) {
        guard begins(isCubic ? .cubicQuaternions : .quaternions, of: facts) else { return }
        var nonUnit: (element: Int, length: Float)?
        facts.withVectors { element, vector in
            guard nonUnit == nil, !isCubic || element % 3 == 1 else { return }
            let length = (vector * vector).sum().squareRoot()
            if abs(length - 1) > 0.00769 { nonUnit = (element, length) }
        }
        if let nonUnit {
            report(
                .accessorAnimationNonNormalizedQuaternion,
                at: facts.pointer,
                "expected unit quaternions, found a length of \(nonUnit.length) in element \(nonUnit.element)"
            )
        }
    }
}

/// What the checks need to know of an accessor of vertex indices.
struct IndexSummary {
    let largest: UInt32
    /// Where the largest stands first.
    let largestPlace: Int
    /// Triangles with a corner twice, if the indices are of triangles.
    let degenerate: Int
    /// The index that means a restart.
    let restart: UInt32
}
