#ifndef VITRINE_CSQLITE_SHIM_H
#define VITRINE_CSQLITE_SHIM_H

#include <sqlite3.h>

// SQLITE_TRANSIENT and SQLITE_STATIC are casts of integers to a function pointer, which the importer
// of C declarations cannot express.
static inline sqlite3_destructor_type vitrine_sqlite_transient(void) { return SQLITE_TRANSIENT; }
static inline sqlite3_destructor_type vitrine_sqlite_static(void) { return SQLITE_STATIC; }

// sqlite3_db_config is variadic, which the importer leaves out. Sets one of the on/off options.
static inline int vitrine_sqlite_configure(sqlite3 *database, int option, int value) {
    return sqlite3_db_config(database, option, value, (int *)0);
}

#endif
