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

// Extended result codes are expressions that the importer leaves out.
static inline int vitrine_sqlite_delete_missing(void) { return SQLITE_IOERR_DELETE_NOENT; }
static inline int vitrine_sqlite_ioerr_delete(void) { return SQLITE_IOERR_DELETE; }
static inline int vitrine_sqlite_ioerr_access(void) { return SQLITE_IOERR_ACCESS; }
static inline int vitrine_sqlite_ioerr_read(void) { return SQLITE_IOERR_READ; }
static inline int vitrine_sqlite_ioerr_short_read(void) { return SQLITE_IOERR_SHORT_READ; }
static inline int vitrine_sqlite_ioerr_write(void) { return SQLITE_IOERR_WRITE; }
static inline int vitrine_sqlite_ioerr_close(void) { return SQLITE_IOERR_CLOSE; }
static inline int vitrine_sqlite_ioerr_truncate(void) { return SQLITE_IOERR_TRUNCATE; }
static inline int vitrine_sqlite_ioerr_fsync(void) { return SQLITE_IOERR_FSYNC; }
static inline int vitrine_sqlite_ioerr_fstat(void) { return SQLITE_IOERR_FSTAT; }

#endif
