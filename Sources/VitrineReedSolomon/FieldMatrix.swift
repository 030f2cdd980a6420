/// A matrix over GF(256), row after row.
package struct FieldMatrix: Sendable, Equatable {
    /// How many rows there are.
    package let rowCount: Int
    /// How many columns there are.
    package let columnCount: Int
    /// All elements, row after row.
    package private(set) var elements: [UInt8]

    /// A matrix of zeros.
    package init(rows: Int, columns: Int) {
        rowCount = rows
        columnCount = columns
        elements = [UInt8](repeating: 0, count: rows * columns)
    }

    /// An element.
    package subscript(row: Int, column: Int) -> UInt8 {
        get { elements[row * columnCount + column] }
        set { elements[row * columnCount + column] = newValue }
    }

    /// The inverse by Gauss–Jordan elimination, or `nil` when there is none.
    ///
    /// The matrix is square. Takes time in proportion to the cube of its size.
    package func inverse() -> FieldMatrix? {
        precondition(rowCount == columnCount, "only a square matrix has an inverse")
        var left = self
        var right = FieldMatrix(rows: rowCount, columns: columnCount)
        for index in 0..<rowCount { right[index, index] = 1 }
        for column in 0..<columnCount {
            guard let pivot = (column..<rowCount).first(where: { left[$0, column] != 0 }) else { return nil }
            left.swapRows(pivot, column)
            right.swapRows(pivot, column)
            let scale = GaloisField.quotient(1, left[column, column])
            left.scaleRow(column, by: scale)
            right.scaleRow(column, by: scale)
            for row in 0..<rowCount where row != column {
                let factor = left[row, column]
                left.addRow(column, times: factor, to: row)
                right.addRow(column, times: factor, to: row)
            }
        }
        return right
    }

    private mutating func swapRows(_ first: Int, _ second: Int) {
        if first == second { return }
        for column in 0..<columnCount {
            elements.swapAt(first * columnCount + column, second * columnCount + column)
        }
    }

    private mutating func scaleRow(_ row: Int, by factor: UInt8) {
        for column in 0..<columnCount { self[row, column] = GaloisField.product(self[row, column], factor) }
    }

    private mutating func addRow(_ source: Int, times factor: UInt8, to row: Int) {
        if factor == 0 { return }
        for column in 0..<columnCount { self[row, column] ^= GaloisField.product(self[source, column], factor) }
    }
}
