import Glibc

/// Intel's Intelligent Storage Acceleration Library, where Debian's `libisal2` is installed.
///
/// Loaded while the tests run, so that building Vitrine does not take the library's headers.
@safe struct ISAL {
    private typealias InitTables =
        @convention(c) (CInt, CInt, UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>) -> Void
    private typealias EncodeData =
        @convention(c) (
            CInt, CInt, CInt, UnsafePointer<UInt8>,
            UnsafePointer<UnsafeMutablePointer<UInt8>?>, UnsafePointer<UnsafeMutablePointer<UInt8>?>
        ) -> Void

    private typealias InvertMatrix =
        @convention(c) (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt8>, CInt) -> CInt

    private let invertMatrix: InvertMatrix
    private let initTables: InitTables
    private let encodeData: EncodeData

    /// The library, or `nil` where there is none.
    static let installed = ISAL()

    private init?() {
        guard let library = unsafe dlopen("libisal.so.2", RTLD_NOW | RTLD_LOCAL),
            let initTables = unsafe dlsym(library, "ec_init_tables"),
            let encodeData = unsafe dlsym(library, "ec_encode_data"),
            let invertMatrix = unsafe dlsym(library, "gf_invert_matrix")
        else { return nil }
        // The types are those of ISA-L's erasure_code.h, which version 2 of the library keeps.
        unsafe self.initTables = unsafe unsafeBitCast(initTables, to: InitTables.self)
        unsafe self.encodeData = unsafe unsafeBitCast(encodeData, to: EncodeData.self)
        unsafe self.invertMatrix = unsafe unsafeBitCast(invertMatrix, to: InvertMatrix.self)
    }

    /// The product of a matrix, row after row, with sources that lie one after the other.
    func product(_ matrix: [UInt8], rows: Int, columns: Int, sources: [UInt8], length: Int) -> [UInt8] {
        if length == 0 { return [] }
        var tables = [UInt8](repeating: 0, count: 32 * rows * columns)
        var sources = sources
        var outputs = [UInt8](repeating: 0, count: rows * length)
        unsafe initTables(CInt(columns), CInt(rows), matrix, &tables)
        unsafe sources.withUnsafeMutableBufferPointer { sources in
            unsafe outputs.withUnsafeMutableBufferPointer { outputs in
                unsafe encodeData(
                    CInt(length),
                    CInt(columns),
                    CInt(rows),
                    tables,
                    (0..<columns).map { unsafe sources.baseAddress?.advanced(by: $0 * length) },
                    (0..<rows).map { unsafe outputs.baseAddress?.advanced(by: $0 * length) }
                )
            }
        }
        return outputs
    }

    /// The inverse of a square matrix, row after row.
    func inverse(_ matrix: [UInt8], size: Int) -> [UInt8]? {
        var matrix = matrix
        var inverse = matrix
        return unsafe invertMatrix(&matrix, &inverse, CInt(size)) == 0 ? inverse : nil
    }
}
