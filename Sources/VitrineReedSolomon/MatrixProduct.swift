internal import VitrineCReedSolomon

/// A matrix over GF(256), made ready to be multiplied with byte strings.
package struct MatrixProduct: Sendable {
    let rowCount: Int
    let columnCount: Int
    private let form: Form

    private enum Form {
        case native(kernel: Int, factors: [vitrine_rs_factor])
        case swift(BitPlaneProgram)
    }

    /// Prepares a matrix.
    ///
    /// Takes time in proportion to its elements.
    package init(_ matrix: FieldMatrix, by implementation: ReedSolomon.Implementation) {
        rowCount = matrix.rowCount
        columnCount = matrix.columnCount
        guard let kernel = implementation.kernel else {
            form = .swift(BitPlaneProgram(matrix))
            return
        }
        var factors = [vitrine_rs_factor](repeating: vitrine_rs_factor(), count: matrix.elements.count)
        // Both have an element for each of the matrix.
        unsafe vitrine_rs_make_factors(matrix.elements, matrix.elements.count, &factors)
        form = .native(kernel: kernel, factors: factors)
    }

    /// Writes the first `count` bytes of each output: for each row, the sum of its elements times the sources.
    ///
    /// There are as many sources as columns and as many outputs as rows, each of at least `count` bytes; no output
    /// overlaps another or a source.
    @unsafe func apply(
        to sources: [UnsafePointer<UInt8>?],
        writing outputs: [UnsafeMutablePointer<UInt8>?],
        count: Int
    ) {
        unsafe precondition(sources.count == columnCount && outputs.count == rowCount)
        if count == 0 || rowCount == 0 { return }
        switch form {
        case .native(let kernel, let factors):
            // What the C function asks of its pointers is what the caller promises, and the arrays have been counted.
            unsafe vitrine_rs_multiply(kernel, factors, rowCount, columnCount, sources, outputs, 0, count)
        case .swift(let program):
            unsafe program.run(over: sources, writing: outputs, count: count)
        }
    }

    /// The same of whole buffers.
    ///
    /// No output may overlap another or a source; nothing needs to be aligned.
    ///
    /// - Throws: `invalidBufferCount` unless there are as many as columns and rows, `unequalLengths` unless all are of
    ///   one length.
    @unsafe package func apply(
        to sources: [UnsafeRawBufferPointer],
        writing outputs: [UnsafeMutableRawBufferPointer]
    ) throws(ReedSolomonError) {
        guard unsafe sources.count == columnCount else {
            throw unsafe .invalidBufferCount(sources.count, needed: columnCount)
        }
        guard unsafe outputs.count == rowCount else {
            throw unsafe .invalidBufferCount(outputs.count, needed: rowCount)
        }
        guard let count = unsafe sources.first?.count else { return }
        guard unsafe sources.allSatisfy({ $0.count == count }), unsafe outputs.allSatisfy({ $0.count == count }) else {
            throw .unequalLengths
        }
        unsafe apply(
            to: sources.map { unsafe $0.baseAddress?.assumingMemoryBound(to: UInt8.self) },
            writing: outputs.map { unsafe $0.baseAddress?.assumingMemoryBound(to: UInt8.self) },
            count: count
        )
    }
}
