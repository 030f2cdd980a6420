/// Tables of schema version 1; `Docs/formats/orderledger.md` explains each.
///
/// A posting is one row that debits one account and credits another, so that no row, and no sum of rows, can be out
/// of balance: zero per entry and currency, and per entry and SKU, is a property of the table's shape and costs
/// nothing to keep. An order's line is such a posting too: it moves its units from "on hand" to "committed".
///
/// An order's number is that of the entry that placed it; payments, shipments and refunds are numbered within their
/// order, so that each lies beside its siblings and needs no index.
let schemaVersion1 = schemaTables + schemaViews + schemaTriggers

private let schemaTables = """
    CREATE TABLE customer (
        id INTEGER PRIMARY KEY,
        reference TEXT NOT NULL UNIQUE CHECK (reference <> '')
    ) STRICT;

    CREATE TABLE product (
        id INTEGER PRIMARY KEY,
        sku TEXT NOT NULL UNIQUE CHECK (sku <> ''),
        name TEXT NOT NULL,
        currency TEXT NOT NULL CHECK (length(currency) = 3),
        price INTEGER NOT NULL CHECK (price >= 0),
        stock INTEGER NOT NULL CHECK (stock >= 0),
        reorder_point INTEGER NOT NULL CHECK (reorder_point >= 0)
    ) STRICT;
    CREATE INDEX product_to_reorder ON product (stock) WHERE stock < reorder_point;

    CREATE TABLE account (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE CHECK (name <> ''),
        currency TEXT CHECK (length(currency) = 3),
        balance INTEGER NOT NULL DEFAULT 0,
        balance_min INTEGER NOT NULL DEFAULT 0,
        balance_max INTEGER NOT NULL DEFAULT 0,
        CHECK (balance BETWEEN balance_min AND balance_max),
        CHECK ((id >= 1000) = (currency IS NOT NULL))
    ) STRICT;
    INSERT INTO account (id, name) VALUES
        (1, 'receivable'), (2, 'cash'), (3, 'revenue'), (4, 'tax'), (5, 'authorized'), (6, 'promised'),
        (101, 'on hand'), (102, 'reserved'), (103, 'committed'), (104, 'customers'), (105, 'supplier');

    CREATE TABLE entry (
        id INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 17),
        order_id INTEGER REFERENCES orders (id),
        subject INTEGER,
        posted_ms INTEGER NOT NULL,
        topic TEXT,
        payload BLOB,
        CHECK ((kind = 17) = (topic IS NOT NULL) AND (kind = 17 OR payload IS NULL))
    ) STRICT;

    CREATE TABLE orders (
        id INTEGER PRIMARY KEY REFERENCES entry (id),
        customer_id INTEGER NOT NULL REFERENCES customer (id),
        state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 8),
        currency TEXT NOT NULL CHECK (length(currency) = 3),
        total INTEGER NOT NULL CHECK (total >= 0),
        tax INTEGER NOT NULL CHECK (tax BETWEEN 0 AND total),
        captured INTEGER NOT NULL CHECK (captured BETWEEN 0 AND total),
        refunded INTEGER NOT NULL CHECK (refunded BETWEEN 0 AND captured),
        placed_ms INTEGER NOT NULL,
        CHECK (state IN (1, 6) OR captured = total),
        CHECK (CASE state WHEN 6 THEN refunded = captured WHEN 7 THEN refunded BETWEEN 1 AND total - 1
            WHEN 8 THEN refunded = total ELSE refunded = 0 END)
    ) STRICT;
    CREATE INDEX orders_by_customer ON orders (customer_id);
    CREATE INDEX orders_by_state ON orders (state, placed_ms);

    CREATE TABLE order_line (
        order_id INTEGER NOT NULL REFERENCES orders (id),
        line INTEGER NOT NULL CHECK (line >= 1),
        product_id INTEGER NOT NULL REFERENCES product (id),
        quantity INTEGER NOT NULL CHECK (quantity >= 1),
        unit_price INTEGER NOT NULL CHECK (unit_price >= 0),
        discount INTEGER NOT NULL CHECK (discount BETWEEN 0 AND quantity * unit_price),
        tax INTEGER NOT NULL CHECK (tax BETWEEN 0 AND total),
        total INTEGER NOT NULL,
        PRIMARY KEY (order_id, line),
        CHECK (total - quantity * unit_price + discount IN (0, tax))
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE payment (
        order_id INTEGER NOT NULL REFERENCES orders (id),
        number INTEGER NOT NULL CHECK (number >= 1),
        state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 5),
        amount INTEGER NOT NULL CHECK (amount > 0),
        captured INTEGER NOT NULL CHECK (captured BETWEEN 0 AND amount),
        refunded INTEGER NOT NULL CHECK (refunded BETWEEN 0 AND captured),
        account_id INTEGER REFERENCES account (id),
        provider TEXT,
        reference TEXT,
        expires_ms INTEGER,
        hold_ms INTEGER CHECK (hold_ms > 0),
        PRIMARY KEY (order_id, number),
        CHECK (state <> 1 OR captured = 0),
        CHECK (state <> 2 OR (expires_ms IS NOT NULL AND hold_ms IS NOT NULL)),
        CHECK (state <> 3 OR captured > 0),
        CHECK ((provider IS NULL) = (reference IS NULL))
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX payment_expiring ON payment (expires_ms) WHERE state = 2;

    CREATE TABLE shipment (
        order_id INTEGER NOT NULL REFERENCES orders (id),
        number INTEGER NOT NULL CHECK (number >= 1),
        carrier TEXT,
        tracking TEXT,
        shipped_ms INTEGER NOT NULL,
        delivered_ms INTEGER,
        PRIMARY KEY (order_id, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE shipment_line (
        order_id INTEGER NOT NULL,
        shipment INTEGER NOT NULL,
        line INTEGER NOT NULL,
        quantity INTEGER NOT NULL CHECK (quantity >= 1),
        PRIMARY KEY (order_id, shipment, line),
        FOREIGN KEY (order_id, shipment) REFERENCES shipment (order_id, number),
        FOREIGN KEY (order_id, line) REFERENCES order_line (order_id, line)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE refund (
        order_id INTEGER NOT NULL REFERENCES orders (id),
        number INTEGER NOT NULL CHECK (number >= 1),
        amount INTEGER NOT NULL CHECK (amount > 0),
        tax INTEGER NOT NULL CHECK (tax BETWEEN 0 AND amount),
        reason TEXT,
        refunded_ms INTEGER NOT NULL,
        PRIMARY KEY (order_id, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE refund_line (
        order_id INTEGER NOT NULL,
        refund INTEGER NOT NULL,
        line INTEGER NOT NULL,
        quantity INTEGER NOT NULL CHECK (quantity >= 1),
        unshipped INTEGER NOT NULL CHECK (unshipped BETWEEN 0 AND quantity),
        returned INTEGER NOT NULL CHECK (returned BETWEEN 0 AND quantity - unshipped),
        PRIMARY KEY (order_id, refund, line),
        FOREIGN KEY (order_id, refund) REFERENCES refund (order_id, number),
        FOREIGN KEY (order_id, line) REFERENCES order_line (order_id, line)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE refund_share (
        order_id INTEGER NOT NULL,
        refund INTEGER NOT NULL,
        payment INTEGER NOT NULL,
        amount INTEGER NOT NULL CHECK (amount > 0),
        PRIMARY KEY (order_id, refund, payment),
        FOREIGN KEY (order_id, refund) REFERENCES refund (order_id, number),
        FOREIGN KEY (order_id, payment) REFERENCES payment (order_id, number)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE cart (
        id INTEGER PRIMARY KEY REFERENCES entry (id),
        customer_id INTEGER NOT NULL REFERENCES customer (id),
        state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 4),
        expires_ms INTEGER NOT NULL,
        hold_ms INTEGER NOT NULL CHECK (hold_ms > 0),
        order_id INTEGER REFERENCES orders (id),
        CHECK ((state = 2) = (order_id IS NOT NULL))
    ) STRICT;
    CREATE INDEX cart_expiring ON cart (expires_ms) WHERE state = 1;
    CREATE TABLE cart_line (
        cart_id INTEGER NOT NULL REFERENCES cart (id),
        line INTEGER NOT NULL CHECK (line >= 1),
        product_id INTEGER NOT NULL REFERENCES product (id),
        quantity INTEGER NOT NULL CHECK (quantity >= 1),
        PRIMARY KEY (cart_id, line)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE money_posting (
        entry_id INTEGER NOT NULL REFERENCES entry (id),
        line INTEGER NOT NULL CHECK (line >= 1),
        debit INTEGER NOT NULL REFERENCES account (id) CHECK (debit NOT BETWEEN 100 AND 999),
        credit INTEGER NOT NULL REFERENCES account (id) CHECK (credit NOT BETWEEN 100 AND 999),
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

    CREATE TABLE idempotency_key (
        key TEXT PRIMARY KEY CHECK (key <> ''),
        request BLOB NOT NULL CHECK (length(request) = 32),
        result INTEGER NOT NULL,
        number INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE subscriber (
        name TEXT PRIMARY KEY CHECK (name <> ''),
        position INTEGER NOT NULL CHECK (position >= 0)
    ) STRICT, WITHOUT ROWID;

    """

private let schemaViews = """
    CREATE VIEW money_movement (entry_id, account_id, currency, amount) AS
        SELECT entry_id, debit, currency, amount FROM money_posting
        UNION ALL SELECT entry_id, credit, currency, -amount FROM money_posting;
    CREATE VIEW stock_movement (entry_id, account_id, product_id, quantity) AS
        SELECT entry_id, debit, product_id, quantity FROM stock_posting
        UNION ALL SELECT entry_id, credit, product_id, -quantity FROM stock_posting
        UNION ALL SELECT order_id, 103, product_id, quantity FROM order_line
        UNION ALL SELECT order_id, 101, product_id, -quantity FROM order_line;

    """
