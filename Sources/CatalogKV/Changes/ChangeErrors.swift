extension CatalogError {
    /// Changes that somebody asks for are gone.
    static func changesTrimmed(after sequence: UInt64, oldest: UInt64) -> CatalogError {
        CatalogError(
            .changesTrimmed,
            "changes after \(sequence) were asked for, and compaction has removed some of them; the oldest available "
                + "sequence is \(oldest): read the tables anew and go on after \(oldest - 1), and let "
                + "CatalogConfiguration.changeRetention keep more"
        )
    }
}
