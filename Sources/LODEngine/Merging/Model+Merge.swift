extension Model {
    /// Makes one surface of parts that touch, and drops what is too small or too hidden to be seen.
    ///
    /// For `SimplificationOptions.relaxesTopology`, which lets the surface that comes of it close its gaps and drop its
    /// tunnels. Primitives stay in their places; one whose triangles went has none. Takes O(n log n) time in triangles, and
    /// for hidden parts as much as a picture for each view, up to that from which the last part is seen.
    ///
    /// - Parameters:
    ///   - options: What to do.
    ///   - threadCount: The most threads to use; by default one for each processor. The result is the same on any number.
    ///   - progress: Is called on the calling thread now and then with the fraction done; what it throws ends the work,
    ///     leaves the model as it was and is thrown on.
    /// - Returns: What was changed.
    /// - Throws: `LODError` with `invalidModel` where an option is beyond its range, a mesh contradicts itself or a position
    ///   is not a number.
    public mutating func merge(
        _ options: MergeOptions = MergeOptions(),
        threadCount: Int? = nil,
        progress: (Double) throws -> Void = { _ in }
    ) throws -> MergeReport {
        try options.check()
        for (index, primitive) in primitives.enumerated() { try primitive.mesh.check(name: "primitive \(index)") }
        var merged = self
        var report = MergeReport()
        if options.joinsPrimitives { report.joinedPrimitives = PrimitiveJoining.join(&merged) }
        let extent = bounds?.diagonal ?? 0
        merged.weld(within: options.weldTolerance * extent, &report)
        try progress(0.1)
        let parts = PartTable(merged)
        var isKept = [Bool](repeating: true, count: parts.count)
        for part in 0..<parts.count where parts.diagonals[part] < options.tinyPartSize * extent { isKept[part] = false }
        // Of a model that is all dust, dust is what is seen.
        if isKept.contains(true) {
            report.tinyParts = isKept.count { !$0 }
            for primitive in merged.primitives.indices {
                report.tinyTriangles += merged.dropTriangles(of: primitive) { !isKept[Int(parts.parts[primitive][$0])] }
            }
        }
        if options.hidden != .never {
            try merged.dropHidden(options, max(1, threadCount ?? Parallel.processorCount), &report) {
                try progress(0.2 + 0.8 * $0)
            }
        }
        try progress(1)
        self = merged
        return report
    }
}
