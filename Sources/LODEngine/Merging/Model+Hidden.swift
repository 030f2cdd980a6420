internal import Glibc

extension Model {
    /// Drops what no view from outside shows.
    mutating func dropHidden(
        _ options: MergeOptions,
        _ threadCount: Int,
        _ report: inout MergeReport,
        progress: (Double) throws -> Void
    ) throws {
        // What moves may come to light.
        guard document.root["animations"]?.array?.isEmpty ?? true, let bounds, bounds.diagonal > 0 else { return }
        let parts = PartTable(self)
        let views = HiddenViews(self, bounds, side: options.viewSide)
        var groups = parts.parts
        var groupCount = parts.count
        if options.hidden == .triangles {
            groupCount = 0
            for primitive in primitives.indices {
                let count = primitives[primitive].mesh.triangleCount
                groups[primitive] = (groupCount..<(groupCount + count)).map { UInt32($0) }
                groupCount += count
            }
        }
        var isSeen = [Bool](repeating: false, count: groupCount)
        let placed = Set(instances.map(\.primitiveIndex))
        for primitive in primitives.indices where deforms(primitive) || !placed.contains(primitive) {
            for group in groups[primitive] { isSeen[Int(group)] = true }
        }
        // As many at a time as keep the result the same on any number of threads.
        let step = 8
        for first in stride(from: 0, to: options.viewCount, by: step) {
            guard isSeen.contains(false) else { break }
            let (known, groups) = (isSeen, groups)
            let found = try Parallel.map(min(step, options.viewCount - first), threadCount: threadCount) { number in
                views.groupsSeen(
                    from: Self.direction(first + number, of: options.viewCount),
                    groups: groups,
                    besides: known
                )
            }
            for group in found.joined() { isSeen[Int(group)] = true }
            try progress(Double(first + step) / Double(options.viewCount + step))
        }
        guard isSeen.contains(true) else { return }
        if options.hidden == .triangles { widen(&isSeen, groups) }
        var partsLeft = [Bool](repeating: false, count: parts.count)
        for primitive in primitives.indices {
            for (triangle, part) in parts.parts[primitive].enumerated() where isSeen[Int(groups[primitive][triangle])] {
                partsLeft[Int(part)] = true
            }
            report.hiddenTriangles += dropTriangles(of: primitive) { !isSeen[Int(groups[primitive][$0])] }
        }
        report.hiddenParts += partsLeft.count { !$0 }
    }

    /// Adds the triangles around those that are seen, of which a sliver between two samples may be.
    private func widen(_ isSeen: inout [Bool], _ groups: [[UInt32]]) {
        let known = isSeen
        for list in primitivesByMesh {
            let table = PlaceTable(list.map { primitives[$0].mesh }, tolerance: 0)
            var isTouched = [Bool](repeating: false, count: table.positions.count)
            for (number, primitive) in list.enumerated() {
                for (corner, index) in primitives[primitive].mesh.indices.enumerated()
                where known[Int(groups[primitive][corner / 3])] {
                    isTouched[Int(table.places[number][Int(index)])] = true
                }
            }
            for (number, primitive) in list.enumerated() {
                for (corner, index) in primitives[primitive].mesh.indices.enumerated()
                where isTouched[Int(table.places[number][Int(index)])] {
                    isSeen[Int(groups[primitive][corner / 3])] = true
                }
            }
        }
    }

    /// One of `count` directions spread evenly over the sphere, along a spiral by the golden angle, in an order in which
    /// the first few look from all around.
    private static func direction(_ number: Int, of count: Int) -> SIMD3<Float> {
        // The least step of about the golden section of all that has no divisor in common with them visits each once.
        var step = max(Int(Double(count) * 0.618), 1)
        while Self.greatestCommonDivisor(step, count) != 1 { step += 1 }
        let place = number * step % count
        let z = 1 - (2 * Double(place) + 1) / Double(count)
        let ring = (1 - z * z).squareRoot()
        let turn = Double(place) * .pi * (3 - 5.0.squareRoot())
        return SIMD3(Float(ring * cos(turn)), Float(ring * sin(turn)), Float(z))
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }
}
