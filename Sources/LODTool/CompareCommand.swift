internal import ArgumentParser
internal import LODEngine
internal import VitrineConsole

/// `lod compare`: how far a simplified model is from its original.
struct CompareCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Measures how far a simplified model is from its original, and shows where.",
        discussion: """
            Distances of points spread over each surface from the other one, in parts of the diagonal of the original's \
            bounds. With -o it draws original, simplified and, on the original, the distances: blue is none, red is the \
            farthest hundredth.

              lod compare chair.glb out/chair-preview.glb -o compare.png
            """
    )

    @Argument(help: "The original.")
    var original: String

    @Argument(help: "The simplified model, in the same place and units.")
    var simplified: String

    @Option(name: .shortAndLong, help: ArgumentHelp("A PNG file to write the pictures to.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("Pixels of each picture's side, 64 to 1024.", valueName: "pixels"))
    var pictureSize = 512

    @Flag(help: "Replace the picture if it is there already; the inputs never.")
    var overwrite = false

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard (64...1_024).contains(pictureSize) else { throw ValidationError("--picture-size is 64 to 1024.") }
    }

    func run(on console: Console) throws -> Int32 {
        let inputs = [try InputFile(original), try InputFile(simplified)]
        let files = OutputFiles(inputs: inputs, overwrites: overwrite)
        if let output { try files.check([output]) }
        let bar = ProgressBar(console)
        defer { bar.end() }
        let scenes = try inputs.map { input in
            bar.begin("reading \(input.path)")
            return try input.read().drawableScene()
        }
        bar.begin("measuring")
        let comparison = try SurfaceComparison(original: scenes[0].meshes, simplified: scenes[1].meshes) {
            bar.update($0)
        }
        if let output {
            bar.begin("drawing")
            let sheet = try comparison.sideBySide(panelSide: pictureSize) { bar.update($0) }
            try files.write(try sheet.png(), to: output)
        }
        bar.end()
        for omission in scenes.flatMap(\.omissions) { console.note("lod: note: \(omission)") }
        let report = ComparisonReport(inputs.map(\.path), comparison)
        if json {
            try console.print(json: report)
        } else {
            report.write(to: console)
        }
        return ExitStatus.ok
    }
}

/// What a comparison found.
private struct ComparisonReport: Encodable {
    struct Distances: Encodable {
        let mean: Double
        let rootMeanSquare: Double
        let percentile99: Double
        let max: Double

        init(_ distances: SurfaceComparison.Distances) {
            mean = distances.mean
            rootMeanSquare = distances.rootMeanSquare
            percentile99 = distances.percentile99
            max = distances.max
        }
    }

    let original: String
    let simplified: String
    let originalTriangleCount: Int
    let simplifiedTriangleCount: Int
    /// The diagonal of the original's bounds, in its units, as all distances are.
    let extent: Double
    let mean: Double
    let rootMeanSquare: Double
    let max: Double
    let fromOriginal: Distances
    let fromSimplified: Distances

    init(_ paths: [String], _ comparison: SurfaceComparison) {
        original = paths[0]
        simplified = paths[1]
        originalTriangleCount = comparison.originalTriangleCount
        simplifiedTriangleCount = comparison.simplifiedTriangleCount
        extent = comparison.extent
        mean = comparison.mean
        rootMeanSquare = comparison.rootMeanSquare
        max = comparison.max
        fromOriginal = Distances(comparison.fromOriginal)
        fromSimplified = Distances(comparison.fromSimplified)
    }

    func write(to console: Console) {
        let share = Double(simplifiedTriangleCount) / Double(Swift.max(originalTriangleCount, 1))
        console.print(
            "\(Wording.count(originalTriangleCount, "triangle")) against \(Wording.grouped(simplifiedTriangleCount)) "
                + "(\(Wording.percent(share))), diagonal \(Wording.significant(extent, 4))"
        )
        var rows = [["distance in % of the diagonal", "mean", "rms", "99th", "max"]]
        func row(_ name: String, _ numbers: [Double?]) -> [String] {
            [name] + numbers.map { $0.map { extent > 0 ? Wording.significant($0 / extent * 100, 3) : "-" } ?? "" }
        }
        for (name, part) in [
            ("from the original to the simplified", fromOriginal),
            ("from the simplified to the original", fromSimplified),
        ] {
            rows.append(row(name, [part.mean, part.rootMeanSquare, part.percentile99, part.max]))
        }
        rows.append(row("both ways", [mean, rootMeanSquare, nil, max]))
        for line in Wording.table(rows) { console.print(line) }
    }
}
