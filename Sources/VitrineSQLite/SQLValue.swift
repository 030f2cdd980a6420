/// A value that can stand for a parameter of a statement.
package protocol SQLValue {
    /// Binds the value to the parameter at `index`, from 1.
    func bind(to statement: Statement, at index: Int32) throws(DatabaseError)
}

extension Int64: SQLValue {
    /// Binds an INTEGER.
    package func bind(to statement: Statement, at index: Int32) throws(DatabaseError) {
        try statement.bind(self, at: index)
    }
}

extension Int: SQLValue {
    /// Binds an INTEGER.
    package func bind(to statement: Statement, at index: Int32) throws(DatabaseError) {
        try statement.bind(Int64(self), at: index)
    }
}

extension String: SQLValue {
    /// Binds TEXT.
    package func bind(to statement: Statement, at index: Int32) throws(DatabaseError) {
        try statement.bind(self, at: index)
    }
}

extension [UInt8]: SQLValue {
    /// Binds a BLOB.
    package func bind(to statement: Statement, at index: Int32) throws(DatabaseError) {
        try statement.bind(self, at: index)
    }
}

extension Optional: SQLValue where Wrapped: SQLValue {
    /// Binds the value, or NULL.
    package func bind(to statement: Statement, at index: Int32) throws(DatabaseError) {
        if let self { try self.bind(to: statement, at: index) } else { try statement.bindNull(at: index) }
    }
}

extension Double: SQLValue {
    /// Binds a REAL.
    package func bind(to statement: Statement, at index: Int32) throws(DatabaseError) {
        try statement.bind(self, at: index)
    }
}
