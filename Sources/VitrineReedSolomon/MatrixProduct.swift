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

    /// Writes a range of each output: for each row, the sum of its elements times the sources.
    ///
    /// There are as many sources as columns and as many outputs as rows, each of which the range lies in; no output
    /// overlaps another or a source.
    @unsafe func apply(
        to sources: [UnsafePointer<UInt8>?],
        writing outputs: [UnsafeMutablePointer<UInt8>?],
        range: Range<Int>
    ) {
        unsafe precondition(sources.count == columnCount && outputs.count == rowCount)
        if range.isEmpty || rowCount == 0 { return }
        switch form {
        case .native(let kernel, let factors):
            // What the C function asks of its pointers is what the caller promises, and the arrays have been counted.
            unsafe vitrine_rs_multiply(
                kernel,
                factors,
                rowCount,
                columnCount,
                sources,
                outputs,
                range.lowerBound,
                range.upperBound
            )
        case .swift(let program):
            unsafe program.run(over: sources, writing: outputs, range: range)
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
        let count = try unsafe commonLength(sources, columnCount, outputs, rowCount)
        unsafe apply(
            to: sources.map { unsafe $0.baseAddress?.assumingMemoryBound(to: UInt8.self) },
            writing: outputs.map { unsafe $0.baseAddress?.assumingMemoryBound(to: UInt8.self) },
            range: 0..<count
        )
    }
}

/// The one length of so many sources and so many outputs; 0 of none.
///
/// - Throws: `invalidBufferCount` when there are more or fewer, `unequalLengths` when they differ.
@unsafe func commonLength(
    _ sources: [UnsafeRawBufferPointer],
    _ sourceCount: Int,
    _ outputs: [UnsafeMutableRawBufferPointer],
    _ outputCount: Int
) throws(ReedSolomonError) -> Int {
    guard unsafe sources.count == sourceCount else {
        throw unsafe .invalidBufferCount(sources.count, needed: sourceCount)
    }
    guard unsafe outputs.count == outputCount else {
        throw unsafe .invalidBufferCount(outputs.count, needed: outputCount)
    }
    let count = unsafe sources.first?.count ?? 0
    guard unsafe sources.allSatisfy({ $0.count == count }), unsafe outputs.allSatisfy({ $0.count == count }) else {
        throw .unequalLengths
    }
    return count
}
