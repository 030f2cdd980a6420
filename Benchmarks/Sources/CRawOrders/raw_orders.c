#include "raw_orders.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

// The log starts over at the size at which OrderLedger's does, and as many pages are kept in memory.
static const char *const schema =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA wal_autocheckpoint=4096;"
    "PRAGMA cache_size=-8192;"
    "CREATE TABLE sku(id INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE CHECK(sku<>''), name TEXT NOT NULL,"
    " price INTEGER NOT NULL CHECK(price>=0), stock INTEGER NOT NULL CHECK(stock>=0)) STRICT;"
    "CREATE TABLE orders(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE CHECK(key<>''),"
    " customer TEXT NOT NULL CHECK(customer<>''), state INTEGER NOT NULL CHECK(state BETWEEN 1 AND 8),"
    " total INTEGER NOT NULL CHECK(total>=0), placed INTEGER NOT NULL) STRICT;"
    "CREATE TABLE line(orderid INTEGER NOT NULL REFERENCES orders(id), number INTEGER NOT NULL CHECK(number>=1),"
    " sku INTEGER NOT NULL REFERENCES sku(id), quantity INTEGER NOT NULL CHECK(quantity>=1),"
    " price INTEGER NOT NULL CHECK(price>=0), PRIMARY KEY(orderid, number)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE payment(id INTEGER PRIMARY KEY, orderid INTEGER NOT NULL REFERENCES orders(id),"
    " amount INTEGER NOT NULL CHECK(amount>0)) STRICT;"
    "CREATE TABLE posting(id INTEGER PRIMARY KEY, orderid INTEGER NOT NULL REFERENCES orders(id),"
    " account TEXT NOT NULL, amount INTEGER NOT NULL CHECK(amount<>0)) STRICT;";
// What a shop asks for: a customer's orders, and those that are to be packed.
static const char *const indexes =
    "CREATE INDEX orders_of ON orders(customer);"
    "CREATE INDEX orders_in ON orders(state, placed);";

static const char *const statements[] = {
    "BEGIN IMMEDIATE",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SELECT id FROM orders WHERE key=?1",
    "SELECT id, price FROM sku WHERE sku=?1",
    "UPDATE sku SET stock=stock-?2 WHERE id=?1 AND stock>=?2",
    "INSERT INTO orders(key, customer, state, total, placed) VALUES(?1, ?2, 1, ?3, ?4)",
    "INSERT INTO line VALUES(?1, ?2, ?3, ?4, ?5)",
    "INSERT INTO payment(orderid, amount) VALUES(?1, ?2)",
    "INSERT INTO posting(orderid, account, amount) VALUES(?1, ?2, ?3)",
    "SELECT id, key, customer, total, placed FROM orders WHERE id=?1",
    "SELECT l.number, s.sku, l.quantity, l.price FROM line l JOIN sku s ON s.id=l.sku WHERE l.orderid=?1"
    " ORDER BY l.number",
    "SELECT id, key, customer, total, placed FROM orders WHERE customer=?1 ORDER BY id DESC LIMIT ?2",
};
enum {
    begin_write,
    begin_read,
    commit,
    rollback,
    find,
    select_sku,
    take,
    insert_order,
    insert_line,
    insert_payment,
    insert_posting,
    select_order,
    select_lines,
    select_last,
    statement_count
};

struct raw_orders {
    sqlite3 *database;
    sqlite3_stmt *statement[statement_count];
    int skus;
};

raw_orders *raw_orders_open(const char *path, int skus, int64_t stock, int is_indexed) {
    raw_orders *orders = calloc(1, sizeof *orders);
    if (!orders) return NULL;
    orders->skus = skus;
    int status = sqlite3_open(path, &orders->database);
    if (status == SQLITE_OK) status = sqlite3_exec(orders->database, schema, NULL, NULL, NULL);
    if (status == SQLITE_OK && is_indexed) status = sqlite3_exec(orders->database, indexes, NULL, NULL, NULL);
    if (status == SQLITE_OK) status = sqlite3_exec(orders->database, "BEGIN", NULL, NULL, NULL);
    for (int sku = 0; status == SQLITE_OK && sku < skus; sku++) {
        char sql[160];
        snprintf(sql, sizeof sql, "INSERT INTO sku VALUES(%d, 'sku-%d', 'product %d', 1999, %lld)", sku + 1, sku, sku,
                 (long long)stock);
        status = sqlite3_exec(orders->database, sql, NULL, NULL, NULL);
    }
    if (status == SQLITE_OK) status = sqlite3_exec(orders->database, "COMMIT", NULL, NULL, NULL);
    for (int i = 0; status == SQLITE_OK && i < statement_count; i++)
        status = sqlite3_prepare_v3(orders->database, statements[i], -1, SQLITE_PREPARE_PERSISTENT, &orders->statement[i], NULL);
    if (status == SQLITE_OK) return orders;
    raw_orders_close(orders);
    return NULL;
}

/// Runs a statement that returns no row, and readies it for the next time.
static int step(sqlite3_stmt *statement) {
    int status = sqlite3_step(statement);
    sqlite3_reset(statement);
    return status == SQLITE_DONE ? SQLITE_OK : status;
}

static int place(raw_orders *orders, int64_t number) {
    sqlite3_stmt **s = orders->statement;
    char key[32], customer[32];
    int key_length = snprintf(key, sizeof key, "order-%lld", (long long)number);
    int customer_length = snprintf(customer, sizeof customer, "customer-%lld", (long long)(number % 1000));

    sqlite3_bind_text(s[find], 1, key, key_length, SQLITE_STATIC);
    int known = sqlite3_step(s[find]) == SQLITE_ROW;
    sqlite3_reset(s[find]);
    if (known) return SQLITE_OK;

    int64_t sku[3], price[3], total = 0;
    for (int line = 0; line < 3; line++) {
        char name[32];
        int length = snprintf(name, sizeof name, "sku-%lld", (long long)((number * 3 + line) % orders->skus));
        sqlite3_bind_text(s[select_sku], 1, name, length, SQLITE_STATIC);
        int status = sqlite3_step(s[select_sku]);
        sku[line] = sqlite3_column_int64(s[select_sku], 0);
        price[line] = sqlite3_column_int64(s[select_sku], 1);
        sqlite3_reset(s[select_sku]);
        if (status != SQLITE_ROW) return SQLITE_CONSTRAINT;
        total += price[line];
        sqlite3_bind_int64(s[take], 1, sku[line]);
        sqlite3_bind_int64(s[take], 2, 1);
        status = step(s[take]);
        if (status != SQLITE_OK) return status;
        if (sqlite3_changes(orders->database) != 1) return SQLITE_CONSTRAINT;
    }
    sqlite3_bind_text(s[insert_order], 1, key, key_length, SQLITE_STATIC);
    sqlite3_bind_text(s[insert_order], 2, customer, customer_length, SQLITE_STATIC);
    sqlite3_bind_int64(s[insert_order], 3, total);
    sqlite3_bind_int64(s[insert_order], 4, 1780000000000 + number);
    int status = step(s[insert_order]);
    int64_t id = sqlite3_last_insert_rowid(orders->database);
    for (int line = 0; status == SQLITE_OK && line < 3; line++) {
        sqlite3_bind_int64(s[insert_line], 1, id);
        sqlite3_bind_int64(s[insert_line], 2, line + 1);
        sqlite3_bind_int64(s[insert_line], 3, sku[line]);
        sqlite3_bind_int64(s[insert_line], 4, 1);
        sqlite3_bind_int64(s[insert_line], 5, price[line]);
        status = step(s[insert_line]);
    }
    sqlite3_bind_int64(s[insert_payment], 1, id);
    sqlite3_bind_int64(s[insert_payment], 2, total);
    if (status == SQLITE_OK) status = step(s[insert_payment]);
    for (int side = 0; status == SQLITE_OK && side < 2; side++) {
        sqlite3_bind_int64(s[insert_posting], 1, id);
        sqlite3_bind_text(s[insert_posting], 2, side ? "sales" : "receivable", -1, SQLITE_STATIC);
        sqlite3_bind_int64(s[insert_posting], 3, side ? -total : total);
        status = step(s[insert_posting]);
    }
    return status;
}

int raw_orders_place(raw_orders *orders, int64_t first, int count, int group) {
    for (int done = 0; done < count;) {
        int status = step(orders->statement[begin_write]);
        for (int i = 0; status == SQLITE_OK && i < group && done < count; i++, done++) status = place(orders, first + done);
        if (status != SQLITE_OK) {
            step(orders->statement[rollback]);
            return status;
        }
        status = step(orders->statement[commit]);
        if (status != SQLITE_OK) return status;
    }
    return SQLITE_OK;
}

/// What a caller keeps of an order.
struct order {
    int64_t id, total, placed;
    char key[40], customer[40];
    int lines;
    struct {
        int64_t quantity, price;
        char name[32];
    } line[3];
};

static void keep(char *text, size_t size, sqlite3_stmt *statement, int column) {
    snprintf(text, size, "%s", (const char *)sqlite3_column_text(statement, column));
}

static void read_head(sqlite3_stmt *head, struct order *order) {
    order->id = sqlite3_column_int64(head, 0);
    keep(order->key, sizeof order->key, head, 1);
    keep(order->customer, sizeof order->customer, head, 2);
    order->total = sqlite3_column_int64(head, 3);
    order->placed = sqlite3_column_int64(head, 4);
}

/// Reads an order's lines; returns whether there were three.
static int read_lines(raw_orders *orders, struct order *order) {
    sqlite3_stmt *lines = orders->statement[select_lines];
    order->lines = 0;
    sqlite3_bind_int64(lines, 1, order->id);
    while (order->lines < 3 && sqlite3_step(lines) == SQLITE_ROW) {
        keep(order->line[order->lines].name, sizeof order->line[0].name, lines, 1);
        order->line[order->lines].quantity = sqlite3_column_int64(lines, 2);
        order->line[order->lines].price = sqlite3_column_int64(lines, 3);
        order->lines++;
    }
    sqlite3_reset(lines);
    return order->lines == 3;
}

int64_t raw_orders_read(raw_orders *orders, int64_t number) {
    sqlite3_stmt *head = orders->statement[select_order];
    struct order order;
    int64_t total = -1;
    step(orders->statement[begin_read]);
    sqlite3_bind_int64(head, 1, number + 1);
    if (sqlite3_step(head) == SQLITE_ROW) {
        read_head(head, &order);
        if (read_lines(orders, &order)) total = order.total;
    }
    sqlite3_reset(head);
    step(orders->statement[rollback]);
    return total;
}

int64_t raw_orders_last(raw_orders *orders, int64_t customer, int limit) {
    sqlite3_stmt *heads = orders->statement[select_last];
    char name[32];
    int length = snprintf(name, sizeof name, "customer-%lld", (long long)customer);
    struct order *kept = calloc(limit, sizeof *kept);
    int64_t sum = 0;
    int count = 0;
    if (!kept) return -1;
    step(orders->statement[begin_read]);
    sqlite3_bind_text(heads, 1, name, length, SQLITE_STATIC);
    sqlite3_bind_int(heads, 2, limit);
    while (count < limit && sqlite3_step(heads) == SQLITE_ROW) {
        read_head(heads, &kept[count]);
        if (!read_lines(orders, &kept[count])) sum = INT64_MIN / 2;
        sum += kept[count++].total;
    }
    sqlite3_reset(heads);
    step(orders->statement[rollback]);
    free(kept);
    return sum < 0 ? -1 : sum;
}

int64_t raw_orders_count(raw_orders *orders) {
    sqlite3_stmt *count;
    int64_t result = -1;
    if (sqlite3_prepare_v2(orders->database, "SELECT count(*) FROM orders", -1, &count, NULL) == SQLITE_OK
        && sqlite3_step(count) == SQLITE_ROW)
        result = sqlite3_column_int64(count, 0);
    sqlite3_finalize(count);
    return result;
}

void raw_orders_close(raw_orders *orders) {
    if (!orders) return;
    for (int i = 0; i < statement_count; i++) sqlite3_finalize(orders->statement[i]);
    sqlite3_close(orders->database);
    free(orders);
}

const char *raw_orders_sqlite_version(void) { return sqlite3_libversion(); }
