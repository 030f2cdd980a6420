/// Tables of schema version 1; `Docs/formats/orderledger.md` explains each.
///
/// A posting is one row that debits one account and credits another, so that no row, and no sum of rows, can be out
/// of balance: zero per currency and per SKU is a property of the table's shape. What is written of the past (orders'
/// totals, lines, entries, postings) is closed to change by triggers; an order's state moves only along its machine.
let schemaVersion1 = """
    CREATE TABLE product (
        id INTEGER PRIMARY KEY,
        sku TEXT NOT NULL UNIQUE CHECK (sku <> ''),
        name TEXT NOT NULL,
        currency TEXT NOT NULL CHECK (length(currency) = 3),
        price INTEGER NOT NULL CHECK (price >= 0),
        stock INTEGER NOT NULL CHECK (stock >= 0)
    ) STRICT;

    CREATE TABLE orders (
        id INTEGER PRIMARY KEY,
        customer TEXT NOT NULL CHECK (customer <> ''),
        state INTEGER NOT NULL CHECK (state IN (1, 2, 9)),
        currency TEXT NOT NULL CHECK (length(currency) = 3),
        total INTEGER NOT NULL CHECK (total >= 0),
        placed_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX orders_by_customer ON orders (customer);

    CREATE TABLE order_line (
        order_id INTEGER NOT NULL REFERENCES orders (id),
        line INTEGER NOT NULL CHECK (line >= 1),
        product_id INTEGER NOT NULL REFERENCES product (id),
        quantity INTEGER NOT NULL CHECK (quantity >= 1),
        unit_price INTEGER NOT NULL CHECK (unit_price >= 0),
        PRIMARY KEY (order_id, line)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE idempotency_key (
        key TEXT PRIMARY KEY CHECK (key <> ''),
        order_id INTEGER NOT NULL REFERENCES orders (id),
        request BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE payment (
        order_id INTEGER PRIMARY KEY REFERENCES orders (id),
        provider TEXT NOT NULL,
        reference TEXT NOT NULL,
        paid_ms INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE account (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE
    ) STRICT;
    INSERT INTO account (id, name) VALUES
        (1, 'receivable'), (2, 'cash'), (3, 'revenue'), (101, 'on hand'), (102, 'sold'), (103, 'supplier');

    CREATE TABLE entry (
        id INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL CHECK (kind IN (1, 2, 3, 4)),
        order_id INTEGER REFERENCES orders (id),
        posted_ms INTEGER NOT NULL,
        CHECK ((kind = 1) = (order_id IS NULL))
    ) STRICT;
    CREATE UNIQUE INDEX entry_by_order ON entry (order_id, kind) WHERE order_id IS NOT NULL;

    CREATE TABLE money_posting (
        entry_id INTEGER NOT NULL REFERENCES entry (id),
        line INTEGER NOT NULL CHECK (line >= 1),
        debit INTEGER NOT NULL REFERENCES account (id) CHECK (debit BETWEEN 1 AND 99),
        credit INTEGER NOT NULL REFERENCES account (id) CHECK (credit BETWEEN 1 AND 99),
        currency TEXT NOT NULL CHECK (length(currency) = 3),
        amount INTEGER NOT NULL CHECK (amount > 0),
        CHECK (debit <> credit),
        PRIMARY KEY (entry_id, line)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE stock_posting (
        entry_id INTEGER NOT NULL REFERENCES entry (id),
        line INTEGER NOT NULL CHECK (line >= 1),
        debit INTEGER NOT NULL REFERENCES account (id) CHECK (debit BETWEEN 101 AND 199),
        credit INTEGER NOT NULL REFERENCES account (id) CHECK (credit BETWEEN 101 AND 199),
        product_id INTEGER NOT NULL REFERENCES product (id),
        quantity INTEGER NOT NULL CHECK (quantity > 0),
        CHECK (debit <> credit),
        PRIMARY KEY (entry_id, line)
    ) STRICT, WITHOUT ROWID;

    CREATE VIEW money_movement (entry_id, account_id, currency, amount) AS
        SELECT entry_id, debit, currency, amount FROM money_posting
        UNION ALL SELECT entry_id, credit, currency, -amount FROM money_posting;
    CREATE VIEW stock_movement (entry_id, account_id, product_id, quantity) AS
        SELECT entry_id, debit, product_id, quantity FROM stock_posting
        UNION ALL SELECT entry_id, credit, product_id, -quantity FROM stock_posting;

    CREATE TRIGGER orders_move BEFORE UPDATE OF state ON orders
    WHEN NOT ((OLD.state = 1 AND NEW.state IN (2, 9)) OR (OLD.state = 2 AND NEW.state = 9))
    BEGIN SELECT RAISE(ABORT, 'no such move of an order'); END;

    CREATE TRIGGER orders_keep BEFORE UPDATE OF id, customer, currency, total, placed_ms ON orders
    BEGIN SELECT RAISE(ABORT, 'an order cannot be edited'); END;
    CREATE TRIGGER orders_stay BEFORE DELETE ON orders
    BEGIN SELECT RAISE(ABORT, 'an order cannot be deleted'); END;
    CREATE TRIGGER order_line_keep BEFORE UPDATE ON order_line
    BEGIN SELECT RAISE(ABORT, 'an order line cannot be edited'); END;
    CREATE TRIGGER order_line_stay BEFORE DELETE ON order_line
    BEGIN SELECT RAISE(ABORT, 'an order line cannot be deleted'); END;
    CREATE TRIGGER entry_keep BEFORE UPDATE ON entry
    BEGIN SELECT RAISE(ABORT, 'an entry cannot be edited'); END;
    CREATE TRIGGER entry_stay BEFORE DELETE ON entry
    BEGIN SELECT RAISE(ABORT, 'an entry cannot be deleted'); END;
    CREATE TRIGGER money_posting_keep BEFORE UPDATE ON money_posting
    BEGIN SELECT RAISE(ABORT, 'a posting cannot be edited'); END;
    CREATE TRIGGER money_posting_stay BEFORE DELETE ON money_posting
    BEGIN SELECT RAISE(ABORT, 'a posting cannot be deleted'); END;
    CREATE TRIGGER stock_posting_keep BEFORE UPDATE ON stock_posting
    BEGIN SELECT RAISE(ABORT, 'a posting cannot be edited'); END;
    CREATE TRIGGER stock_posting_stay BEFORE DELETE ON stock_posting
    BEGIN SELECT RAISE(ABORT, 'a posting cannot be deleted'); END;
    """
