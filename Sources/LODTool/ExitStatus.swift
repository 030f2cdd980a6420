internal import LODEngine

/// What the tool's process ends with, as sysexits(3) has it.
package enum ExitStatus {
    /// Done.
    package static let ok: Int32 = 0
    /// EX_USAGE: the command line is wrong.
    package static let usage: Int32 = 64
    /// EX_DATAERR: the file is invalid.
    package static let invalidData: Int32 = 65
    /// EX_NOINPUT: the file cannot be read.
    package static let noInput: Int32 = 66
    /// EX_UNAVAILABLE: the file needs something that is not supported.
    package static let unsupported: Int32 = 69
    /// EX_SOFTWARE: an error that the tool does not know.
    package static let software: Int32 = 70
    /// EX_CANTCREAT: an output cannot be created.
    package static let cannotCreate: Int32 = 73
    /// EX_IOERR: reading or writing failed.
    package static let ioFailed: Int32 = 74
}

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
