internal import VitrineSQLite

/// The tables of `metadata.sqlite3`, version 1.
///
/// Times are milliseconds since 1970-01-01 00:00 UTC.
enum MetadataSchema {
    static let version = 1
    /// "VTRV", by which SQLite's tools know the file as a vault's.
    static let applicationID = 0x5654_5256

    static let sql = """
        CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID, STRICT;
        INSERT INTO counter VALUES ('version', 0);
        CREATE TABLE data_key (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            provider_key TEXT NOT NULL,
            wrapped BLOB NOT NULL,
            created INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE bucket (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            key INTEGER REFERENCES data_key (id),
            is_versioned INTEGER NOT NULL CHECK (is_versioned IN (0, 1)),
            created INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE content (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            scope INTEGER NOT NULL,
            digest BLOB NOT NULL,
            size INTEGER NOT NULL CHECK (size >= 0),
            chunk INTEGER,
            is_pending INTEGER NOT NULL CHECK (is_pending IN (0, 1)),
            tier INTEGER NOT NULL,
            created INTEGER NOT NULL,
            moved INTEGER NOT NULL,
            accessed INTEGER NOT NULL,
            score REAL NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX content_digest ON content (scope, digest) WHERE is_pending = 0;
        CREATE INDEX content_pending ON content (id) WHERE is_pending = 1;
        CREATE TABLE segment (
            content INTEGER NOT NULL,
            start INTEGER NOT NULL,
            chunks BLOB NOT NULL,
            PRIMARY KEY (content, start)
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE version (
            bucket INTEGER NOT NULL,
            key TEXT NOT NULL,
            number INTEGER NOT NULL,
            is_current INTEGER NOT NULL CHECK (is_current IN (0, 1)),
            content INTEGER,
            size INTEGER NOT NULL,
            digest BLOB,
            modified INTEGER NOT NULL,
            content_type TEXT,
            metadata BLOB,
            tags BLOB,
            PRIMARY KEY (bucket, key, number DESC)
        ) WITHOUT ROWID, STRICT;
        CREATE UNIQUE INDEX version_current ON version (bucket, key) WHERE is_current = 1;
        CREATE INDEX version_content ON version (content) WHERE content IS NOT NULL;
        CREATE TABLE directory (
            id INTEGER PRIMARY KEY,
            tier INTEGER NOT NULL,
            path TEXT NOT NULL,
            UNIQUE (tier, path)
        ) STRICT;
        CREATE TABLE pack (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            tier INTEGER NOT NULL,
            data_shards INTEGER NOT NULL,
            parity_shards INTEGER NOT NULL,
            directories BLOB NOT NULL,
            bytes INTEGER NOT NULL,
            is_sealed INTEGER NOT NULL CHECK (is_sealed IN (0, 1)),
            scrubbed INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE chunk (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            scope INTEGER NOT NULL,
            digest BLOB NOT NULL,
            pack INTEGER NOT NULL REFERENCES pack (id),
            offset INTEGER NOT NULL,
            raw_bytes INTEGER NOT NULL,
            stored_bytes INTEGER NOT NULL,
            encoding INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX chunk_digest ON chunk (scope, digest);
        CREATE INDEX chunk_pack ON chunk (pack, offset);
        CREATE TABLE quarantine (
            chunk INTEGER PRIMARY KEY,
            found INTEGER NOT NULL,
            reason TEXT NOT NULL
        ) STRICT;
        """

    /// Makes the tables in a new database; refuses one that a later release made.
    static func prepare(_ database: Database, path: String) throws {
        let found = Int(try database.scalar("PRAGMA user_version")) ?? 0
        if found == 0 {
            try database.execute("BEGIN IMMEDIATE;" + sql + ";PRAGMA application_id = \(applicationID)")
            try database.execute("PRAGMA user_version = \(version); COMMIT")
            return
        }
        guard found == version else {
            throw VaultError(
                .unsupportedFormat,
                "\(path) has tables of version \(found), and this release reads version \(version): open it with a "
                    + "later release"
            )
        }
    }
}
