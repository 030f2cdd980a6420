internal import ArgumentParser
internal import LODEngine
internal import VitrineConsole

/// `lod build`: the levels of a model, with pictures and a manifest.
struct BuildCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Makes a model's levels of detail.",
        discussion: """
            Writes a GLB and a picture for each level, and a manifest that lists them with triangles, bytes and error: \
            what a page needs to choose one.

              lod build chair.glb -o out/
              lod build chair.glb -o out/ --levels thumb=500,page=20%,hero=error:0.05%
            """
    )

    @Argument(help: ArgumentHelp("The model: GLB, glTF, OBJ, PLY or STL.", valueName: "model"))
    var model: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The directory to write to; made if it is missing.", valueName: "dir")
    )
    var output: String

    @Option(help: LevelList.help)
    var levels = LevelList(levels: LODPolicy.standard.levels)

    @Option(
        help: ArgumentHelp(
            "What files are called, without ending; {name} is the input's name and {level} the level's.",
            valueName: "pattern"
        )
    )
    var name = "{name}-{level}"

    @Option(
        help: ArgumentHelp(
            "How GLBs are compressed: ext (EXT_meshopt_compression), khr (KHR_meshopt_compression) or none.",
            discussion: """
                ext and khr quantise attributes, to a finer grid than the level's own error, and need a loader with a \
                meshopt decoder; none is read by every loader.
                """,
            valueName: "kind"
        )
    )
    var compression = CompressionKind.ext

    @Option(help: ArgumentHelp("Pixels of the pictures' sides; 0 makes none.", valueName: "pixels"))
    var pictureSize = 512

    @Flag(
        help: ArgumentHelp(
            "Put the model in order first: equal vertices, triangles without area, repeated ones.",
            discussion: """
                Also replaces numbers that are none, and generates normals, and tangents for normal maps, where they are \
                missing.
                """
        )
    )
    var repair = false

    @Flag(
        help: ArgumentHelp(
            "Weld parts that touch, and drop tiny ones and those that are hidden inside.",
            discussion: """
                For models of many parts. Joins primitives of one material, and lets gaps close and parts grow together \
                while simplifying. Errors are then measured from what merging has left.
                """
        )
    )
    var merge = false

    @Option(name: .customLong("weight"), help: AttributeWeight.help)
    var weights: [AttributeWeight] = []

    @Flag(
        help: ArgumentHelp(
            "Leave all vertices as they are, and drop triangles only.",
            discussion: """
                For what is told by vertex outside the file, such as baked light or simulations. Each level's file holds the \
                vertices that it uses. The same number of triangles is farther off than with vertices that move.
                """
        )
    )
    var keepVertices = false

    @Flag(help: "Replace files that are there already; the input never.")
    var overwrite = false

    @Flag(help: "Print the manifest as JSON instead of a table.")
    var json = false

    func validate() throws {
        guard name.contains("{level}"), !name.contains("/") else {
            throw ValidationError("--name needs {level}, so that each level has a file of its own, and no '/'.")
        }
        guard (0...Thumbnail.sideMax).contains(pictureSize) else {
            throw ValidationError("--picture-size is 0 to \(Thumbnail.sideMax).")
        }
    }

    func run(on console: Console) throws -> Int32 {
        let input = try InputFile(model)
        let files = OutputFiles(inputs: [input], overwrites: overwrite)
        // Before the work, so that it is not done for nothing; names of levels that turn out alike stay unused.
        try files.check(
            levels.levels.flatMap { level in
                [path(input, level.name, "glb")] + (pictureSize > 0 ? [path(input, level.name, "png")] : [])
            } + [manifestPath(input)]
        )
        let bar = ProgressBar(console)
        defer { bar.end() }
        bar.begin("reading \(input.path)")
        var original = try input.read()
        let repairs = repair ? Wording.repair(try original.repair()) : nil
        let merging = try merge ? merged(&original, bar) : nil
        guard original.triangleCount > 0 else {
            throw ToolFailure(
                ExitStatus.invalidData,
                "\(input.path): the model has no triangles",
                advice: "Points and lines are carried along but make no levels; export the surfaces."
            )
        }
        bar.begin("simplifying \(Wording.count(original.triangleCount, "triangle"))")
        var options = SimplificationOptions()
        options.relaxesTopology = merge
        options.keepsVertices = keepVertices
        for weight in weights { weight.apply(to: &options) }
        let policy = LODPolicy(levels: levels.levels)
        let chain = try LODChain.build(from: original, policy: policy, options: options) { bar.update($0) }
        try files.makeDirectory(output)
        let scene = pictureSize > 0 ? try original.drawableScene() : nil
        var entries: [BuildManifest.Level] = []
        for level in chain.levels {
            bar.begin("writing \(level.name)")
            entries.append(try write(level, of: original, scene: scene, input: input, to: files, bar))
        }
        bar.end()
        let manifest = BuildManifest(input: input, original: original, levels: entries)
        try files.write(Array((JSONText.of(manifest) + "\n").utf8), to: manifestPath(input))
        if let repairs { console.note("lod: repair: \(repairs)") }
        if let merging { console.note("lod: merge: \(merging)") }
        try report(manifest, input, chain, omissions: scene?.omissions ?? [], console)
        return ExitStatus.ok
    }

    private func merged(_ model: inout Model, _ bar: ProgressBar) throws -> String {
        bar.begin("merging parts")
        return Wording.merge(try model.merge { bar.update($0) })
    }

    private func fileName(_ input: InputFile, _ level: String, _ ending: String) -> String {
        // The level's name first: it holds no braces.
        name.replacing("{level}", with: level).replacing("{name}", with: input.stem) + "." + ending
    }

    private func path(_ input: InputFile, _ level: String, _ ending: String) -> String {
        (output.hasSuffix("/") ? output : output + "/") + fileName(input, level, ending)
    }

    private func manifestPath(_ input: InputFile) -> String {
        (output.hasSuffix("/") ? output : output + "/") + input.stem + ".lod.json"
    }

    private func write(
        _ level: LODChain.Level,
        of original: Model,
        scene: DrawableScene?,
        input: InputFile,
        to files: OutputFiles,
        _ bar: ProgressBar
    ) throws -> BuildManifest.Level {
        let options = compression.options(error: level.error)
        let bytes = try level.model.glb(options)
        let error = level.error(writtenWith: options)
        try files.write(bytes, to: path(input, level.name, "glb"))
        var picture: String?
        if let scene {
            // All levels from where the original is seen, so that the pictures can be laid over each other.
            let camera = Camera.threeQuarterView(of: scene.meshes, aspect: 1)
            let drawn = try Thumbnail.picture(
                of: scene.showing(level.model),
                width: pictureSize,
                height: pictureSize,
                camera: camera
            ) { bar.update($0) }
            try files.write(try drawn.png(), to: path(input, level.name, "png"))
            picture = fileName(input, level.name, "png")
        }
        let extent = Double(original.bounds?.diagonal ?? 0)
        return BuildManifest.Level(
            name: level.name,
            aliases: level.aliases,
            file: fileName(input, level.name, "glb"),
            picture: picture,
            byteCount: bytes.count,
            triangleCount: level.triangleCount,
            error: Double(error),
            relativeError: extent > 0 ? Double(error) / extent : 0,
            quantizationError: Double(error - level.error)
        )
    }

    private func report(
        _ manifest: BuildManifest,
        _ input: InputFile,
        _ chain: LODChain,
        omissions: [String],
        _ console: Console
    ) throws {
        for omission in omissions { console.note("lod: note: \(omission)") }
        if json { return try console.print(json: manifest) }
        var rows = [["level", "triangles", "bytes", "error", "of diagonal", "seconds"]]
        let source = manifest.source
        rows.append(["(original)", Wording.grouped(source.triangleCount), Wording.bytes(source.byteCount), "", "", ""])
        for (entry, level) in zip(manifest.levels, chain.levels) {
            let names = ([entry.name] + entry.aliases).joined(separator: ", ")
            rows.append([
                names, Wording.grouped(entry.triangleCount), Wording.bytes(entry.byteCount),
                Wording.significant(entry.error, 3), Wording.percent(entry.relativeError),
                Wording.significant(level.duration / .seconds(1), 2),
            ])
        }
        for line in Wording.table(rows) { console.print(line) }
        let made = manifest.levels.map { "\($0.file)" } + manifest.levels.compactMap(\.picture)
        console.print("wrote \((made + [input.stem + ".lod.json"]).joined(separator: ", ")) to \(output)")
    }
}

/// How `lod build` compresses.
enum CompressionKind: String, ExpressibleByArgument, CaseIterable {
    case none
    case ext
    case khr

    /// The writer's options for a level that is off by `error`.
    func options(error: Float) -> GLBOptions {
        switch self {
        case .none: .plain
        case .ext: .delivery(error: error, compression: .meshoptEXT)
        case .khr: .delivery(error: error, compression: .meshoptKHR)
        }
    }
}

/// What `lod build` made of a model: written beside the levels, the same bytes for the same input and options.
struct BuildManifest: Encodable {
    struct Source: Encodable {
        let file: String
        let byteCount: Int
        let triangleCount: Int
        let vertexCount: Int
        /// The diagonal of the model's bounds, in its units.
        let extent: Double
    }

    struct Level: Encodable {
        let name: String
        /// Levels that came out the same and have no file of their own.
        let aliases: [String]
        let file: String
        let picture: String?
        let byteCount: Int
        let triangleCount: Int
        /// What no point of the file's surface or the original's is farther off than, in the model's units: the error of
        /// simplifying and that of quantising.
        let error: Double
        /// The same as a share of the extent.
        let relativeError: Double
        /// The part of `error` that quantising adds.
        let quantizationError: Double
    }

    /// The version of this format.
    let version = 1
    let source: Source
    /// By rising number of triangles.
    let levels: [Level]

    init(input: InputFile, original: Model, levels: [Level]) {
        source = Source(
            file: input.path.split(separator: "/").last.map(String.init) ?? input.path,
            byteCount: input.byteCount,
            triangleCount: original.triangleCount,
            vertexCount: original.vertexCount,
            extent: Double(original.bounds?.diagonal ?? 0)
        )
        self.levels = levels
    }
}

extension DrawableScene {
    /// The scene with the meshes of a level of its model, whose placements are the same.
    func showing(_ model: Model) -> [DrawableMesh] {
        zip(meshes, model.instances).map { drawable, instance in
            var shown = drawable
            shown.mesh = model.primitives[instance.primitiveIndex].mesh
            return shown
        }
    }
}
