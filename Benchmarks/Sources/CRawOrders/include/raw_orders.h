#ifndef BENCHMARKS_RAW_ORDERS_H
#define BENCHMARKS_RAW_ORDERS_H

#include <stdint.h>

// The order of the benchmark in plain C on SQLite: an idempotency check, three conditional stock updates, one order,
// three lines, one payment, two postings. What a careful C programmer would write, statements prepared once: products
// are asked for by SKU as they are of OrderLedger, the columns that both have are checked by the same constraints, the
// tables refer to each other by foreign keys, and orders are found by the same indexes. It does less than OrderLedger
// in this: no savepoint around an order, no hash of the request and no time at which its key ends, no entry for
// subscribers, no totals of discount and tax.

typedef struct raw_orders raw_orders;

/// Opens a database with WAL and synchronous=FULL and puts `skus` products with `stock` units each into it; NULL when
/// SQLite refuses. Without `is_indexed` a customer's orders and those in a state cannot be found.
raw_orders *raw_orders_open(const char *path, int skus, int64_t stock, int is_indexed);
/// Places `count` orders, numbered from `first`, `group` of them under each commit. Returns 0, or SQLite's code.
int raw_orders_place(raw_orders *orders, int64_t first, int count, int group);
/// Reads an order, numbered from 0, with its lines; returns its total, or -1.
int64_t raw_orders_read(raw_orders *orders, int64_t number);
/// Reads the last `limit` orders of a customer, numbered from 0, with their lines, the newest first; returns
/// the sum of their totals, or -1.
int64_t raw_orders_last(raw_orders *orders, int64_t customer, int limit);
/// How many orders there are, or -1.
int64_t raw_orders_count(raw_orders *orders);
void raw_orders_close(raw_orders *orders);
const char *raw_orders_sqlite_version(void);

#endif
