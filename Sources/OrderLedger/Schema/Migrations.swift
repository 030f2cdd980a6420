/// One step of the schema; never edited once released, only followed by another.
///
/// From version 3 on a step sets `history.is_exact` to 0: a copy that stands where the database stood does not have the
/// step's pages, and must not go on from there.
struct Migration: Sendable {
    /// The schema's version once the step is done, from 1.
    let version: Int
    /// The statements of the step.
    let sql: String
}

/// Brings a database to the schema of this module.
///
/// `PRAGMA application_id` marks the file as a ledger's, `PRAGMA user_version` is the version of its schema; both
/// change in the same transaction as the tables.
enum Schema {
    /// All steps, in order.
    static let migrations = [
        Migration(version: 1, sql: schemaVersion1),
        Migration(version: 2, sql: schemaVersion2),
    ]
    /// The version that this module writes.
    static let version = migrations.last?.version ?? 0
    /// "VtOL" as a number: what `application_id` says in a ledger's file.
    static let applicationID = 0x5674_4F4C

    /// Looks whether the database is a ledger's, or empty, and of a version that this module knows; changes nothing.
    ///
    /// - Throws: `newerSchema`, `notALedger`, or what SQLite said.
    static func check(_ connection: Connection) throws(LedgerError) {
        let found = try storedVersion(connection)
        let application = Int(try connection.scalar("PRAGMA application_id")) ?? -1
        let isEmpty = try connection.scalar("SELECT COUNT(*) FROM sqlite_schema") == "0"
        guard application == applicationID || (application == 0 && found == 0 && isEmpty) else {
            throw LedgerError(
                .notALedger,
                "\(connection.path) is a database of something else (application_id \(application))"
            )
        }
        guard (0...version).contains(found) else {
            throw LedgerError(
                .newerSchema,
                "\(connection.path) has schema version \(found), this module knows 1 to \(version): update the module"
            )
        }
    }

    /// Runs the steps that the database has not seen yet, each in a transaction of its own.
    static func migrate(_ connection: Connection) throws(LedgerError) {
        let found = try storedVersion(connection)
        for step in migrations where step.version > found {
            try connection.execute(
                """
                BEGIN IMMEDIATE;
                \(step.sql)
                PRAGMA application_id = \(applicationID);
                PRAGMA user_version = \(step.version);
                COMMIT;
                """
            )
        }
    }

    private static func storedVersion(_ connection: Connection) throws(LedgerError) -> Int {
        Int(try connection.scalar("PRAGMA user_version")) ?? -1
    }
}
