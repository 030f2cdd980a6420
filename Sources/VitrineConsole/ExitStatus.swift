/// What a tool's process ends with, as sysexits(3) has it.
package enum ExitStatus {
    /// Done.
    package static let ok: Int32 = 0
    /// Done, and damage was found.
    package static let damageFound: Int32 = 1
    /// EX_USAGE: the command line is wrong.
    package static let usage: Int32 = 64
    /// EX_DATAERR: the file, or what is stored, is damaged.
    package static let invalidData: Int32 = 65
    /// EX_NOINPUT: the input is not there or cannot be read.
    package static let noInput: Int32 = 66
    /// EX_UNAVAILABLE: it needs something that is not supported or not at hand.
    package static let unsupported: Int32 = 69
    /// EX_SOFTWARE: an error that the tool does not know.
    package static let software: Int32 = 70
    /// EX_CANTCREAT: an output cannot be created.
    package static let cannotCreate: Int32 = 73
    /// EX_IOERR: reading or writing failed.
    package static let ioFailed: Int32 = 74
    /// EX_TEMPFAIL: it is in use; a later try may succeed.
    package static let busy: Int32 = 75
}
