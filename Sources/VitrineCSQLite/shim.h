#ifndef VITRINE_CSQLITE_SHIM_H
#define VITRINE_CSQLITE_SHIM_H

#include <sqlite3.h>

// SQLITE_TRANSIENT and SQLITE_STATIC are casts of integers to a function pointer, which the importer
// of C declarations cannot express.
static inline sqlite3_destructor_type vitrine_sqlite_transient(void) { return SQLITE_TRANSIENT; }
static inline sqlite3_destructor_type vitrine_sqlite_static(void) { return SQLITE_STATIC; }

#endif
