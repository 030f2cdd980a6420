internal import LODEngine
internal import VitrineConsole

/// Why the tool ends without having done its work, and what to do.
struct ToolFailure: Error {
    let status: Int32
    let message: String
    /// What the user can do.
    let advice: String

    init(_ status: Int32, _ message: String, advice: String) {
        self.status = status
        self.message = message
        self.advice = advice
    }

    /// The failure that an error of the engine is.
    init(_ error: LODError) {
        message = error.cause.map { "\(error.message) (\($0))" } ?? error.message
        switch error.code {
        case .ioFailed:
            status = ExitStatus.ioFailed
            advice = "Check the path, your rights to it and the space on the disk."
        case .notAModel:
            status = ExitStatus.invalidData
            advice = "Give a GLB, glTF 2.0, OBJ, PLY or STL file."
        case .unsupported:
            status = ExitStatus.unsupported
            advice = "Export the model without what is named, for example without Draco compression."
        case .limitExceeded:
            status = ExitStatus.invalidData
            advice = "Split the model, or simplify it where it was made."
        case .invalidCamera:
            status = ExitStatus.usage
            advice = "See 'lod thumbnail --help'."
        case .outsideDirectory:
            status = ExitStatus.invalidData
            advice = "Put the files that the model names beside it, or pack all into a GLB."
        default:
            status = ExitStatus.invalidData
            advice = "Run 'lod validate' on the file for all that is wrong with it."
        }
    }
}
