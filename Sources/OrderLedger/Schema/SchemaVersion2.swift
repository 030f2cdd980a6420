/// Version 2: where in its history the database stands, see `HistoryRecord`.
let schemaVersion2 = """
    CREATE TABLE history (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        ledger INTEGER NOT NULL,
        writer INTEGER NOT NULL,
        epoch INTEGER NOT NULL CHECK (epoch >= 0),
        transaction_count INTEGER NOT NULL CHECK (transaction_count >= 0),
        committed_ms INTEGER NOT NULL,
        is_exact INTEGER NOT NULL CHECK (is_exact IN (0, 1))
    ) STRICT;
    INSERT INTO history VALUES (1, 0, 0, 0, 0, 0, 0);

    """
