internal import ArgumentParser
internal import LODEngine
internal import VitrineConsole

/// `lod thumbnail`: a picture of a model.
struct ThumbnailCommand: ToolCommand {
    static let configuration = CommandConfiguration(
        commandName: "thumbnail",
        abstract: "Draws a model into a PNG with a transparent background.",
        discussion: """
            From the front, a little from the right and above, and fitted to the model. Front is +z and up is +y.

              lod thumbnail chair.glb -o chair.png --size 512
            """
    )

    @Argument(help: ArgumentHelp("The model: GLB, glTF, OBJ, PLY or STL.", valueName: "model"))
    var model: String

    @Option(name: .shortAndLong, help: ArgumentHelp("The PNG file to write.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Pixels: a side, or width x height as in 640x480.", valueName: "pixels"))
    var size = PictureSize(width: 512, height: 512)

    @Flag(help: "Replace the file if it is there already; the input never.")
    var overwrite = false

    @Flag(help: "Print what was drawn as JSON.")
    var json = false

    func run(on console: Console) throws -> Int32 {
        let input = try InputFile(model)
        let files = OutputFiles(inputs: [input], overwrites: overwrite)
        try files.check([output])
        let bar = ProgressBar(console)
        defer { bar.end() }
        bar.begin("reading \(input.path)")
        let scene = try input.read().drawableScene()
        bar.begin("drawing")
        let picture = try Thumbnail.picture(of: scene.meshes, width: size.width, height: size.height) { bar.update($0) }
        let bytes = try picture.png()
        try files.write(bytes, to: output)
        bar.end()
        for omission in scene.omissions { console.note("lod: note: \(omission)") }
        if json {
            try console.print(
                json: ThumbnailReport(
                    file: input.path,
                    picture: output,
                    width: picture.width,
                    height: picture.height,
                    byteCount: bytes.count,
                    triangleCount: scene.meshes.reduce(0) { $0 + $1.mesh.triangleCount },
                    omissions: scene.omissions
                )
            )
        }
        return ExitStatus.ok
    }
}

/// What was drawn.
private struct ThumbnailReport: Encodable {
    let file: String
    let picture: String
    let width: Int
    let height: Int
    let byteCount: Int
    /// Of all placements.
    let triangleCount: Int
    /// A sentence for each texture that is not drawn.
    let omissions: [String]
}

/// The size of a picture on the command line.
struct PictureSize: ExpressibleByArgument {
    let width: Int
    let height: Int

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    init?(argument: String) {
        let numbers = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        let range = 1...Thumbnail.sideMax
        guard (1...2).contains(numbers.count), numbers.allSatisfy({ range.contains($0) }) else { return nil }
        width = numbers[0]
        height = numbers[numbers.count - 1]
    }

    var defaultValueDescription: String { width == height ? "\(width)" : "\(width)x\(height)" }
}
