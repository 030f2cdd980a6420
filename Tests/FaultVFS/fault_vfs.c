#include "fault_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <unistd.h>

// A file of the default file system keeps its own state and gets a copy of its method table in which xWrite and xSync
// are ours. The table knows its kind of file and the real methods; there is one for each pair that was met.
struct patched {
    sqlite3_io_methods methods;  // first: a file's method pointer is a pointer to this struct
    const sqlite3_io_methods *real;
    int is_wal;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct patched tables[16];
static int table_count;
static int armed[VITRINE_FAULT_OPERATIONS];
static long skips[VITRINE_FAULT_OPERATIONS];
static int codes[VITRINE_FAULT_OPERATIONS];
static long counts[VITRINE_FAULT_OPERATIONS];
static pthread_cond_t released = PTHREAD_COND_INITIALIZER;
static int holding;
static int held;
static long flushes;
static int delay;
static int flipping;

static int fault(int operation) {
    int code = SQLITE_OK;
    pthread_mutex_lock(&lock);
    if (armed[operation]) {
        if (skips[operation] > 0) {
            skips[operation] -= 1;
        } else {
            counts[operation] += 1;
            code = codes[operation];
        }
    }
    pthread_mutex_unlock(&lock);
    return code;
}

static int faulty_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    const struct patched *table = (const struct patched *)file->pMethods;
    int code = fault(table->is_wal ? VITRINE_FAULT_WAL_WRITE : VITRINE_FAULT_MAIN_WRITE);
    if (code != SQLITE_OK) return code;
    code = table->real->xWrite(file, bytes, count, offset);
    pthread_mutex_lock(&lock);
    int flips = flipping && table->is_wal && count > 2000;
    pthread_mutex_unlock(&lock);
    if (code != SQLITE_OK || !flips) return code;
    // A bit in the midst of what was written is another one on the disk.
    unsigned char flipped = ((const unsigned char *)bytes)[count / 2] ^ 0x10;
    return table->real->xWrite(file, &flipped, 1, offset + count / 2);
}

static int faulty_sync(sqlite3_file *file, int flags) {
    const struct patched *table = (const struct patched *)file->pMethods;
    if (table->is_wal) {
        pthread_mutex_lock(&lock);
        flushes += 1;
        held += 1;
        while (holding) pthread_cond_wait(&released, &lock);
        held -= 1;
        int wait = delay;
        pthread_mutex_unlock(&lock);
        if (wait) usleep(wait);
    }
    int code = fault(table->is_wal ? VITRINE_FAULT_WAL_SYNC : VITRINE_FAULT_MAIN_SYNC);
    return code != SQLITE_OK ? code : table->real->xSync(file, flags);
}

static const sqlite3_io_methods *patch(const sqlite3_io_methods *real, int is_wal) {
    const sqlite3_io_methods *result = real;
    pthread_mutex_lock(&lock);
    int index = 0;
    while (index < table_count && (tables[index].real != real || tables[index].is_wal != is_wal)) index += 1;
    if (index == table_count && table_count < (int)(sizeof tables / sizeof tables[0])) {
        tables[index].methods = *real;
        tables[index].methods.xWrite = faulty_write;
        tables[index].methods.xSync = faulty_sync;
        tables[index].real = real;
        tables[index].is_wal = is_wal;
        table_count += 1;
    }
    if (index < table_count) result = &tables[index].methods;
    pthread_mutex_unlock(&lock);
    return result;
}

static int faulty_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags) {
    sqlite3_vfs *real = (sqlite3_vfs *)vfs->pAppData;
    int status = real->xOpen(real, name, file, flags, out_flags);
    if (status == SQLITE_OK && file->pMethods && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB))) {
        file->pMethods = patch(file->pMethods, (flags & SQLITE_OPEN_WAL) != 0);
    }
    return status;
}

int vitrine_fault_register(void) {
    static sqlite3_vfs faulty;
    sqlite3_vfs *real = sqlite3_vfs_find(0);
    if (!real) return SQLITE_ERROR;
    if (faulty.zName) return SQLITE_OK;
    faulty = *real;
    faulty.pNext = 0;
    faulty.pAppData = real;
    faulty.zName = "vitrine-fault";
    faulty.xOpen = faulty_open;
    return sqlite3_vfs_register(&faulty, 0);
}

void vitrine_fault_arm(int operation, long skip, int code) {
    pthread_mutex_lock(&lock);
    armed[operation] = 1;
    skips[operation] = skip;
    codes[operation] = code;
    counts[operation] = 0;
    pthread_mutex_unlock(&lock);
}

void vitrine_fault_disarm(void) {
    pthread_mutex_lock(&lock);
    for (int operation = 0; operation < VITRINE_FAULT_OPERATIONS; operation += 1) armed[operation] = 0;
    pthread_mutex_unlock(&lock);
}

long vitrine_fault_count(int operation) {
    pthread_mutex_lock(&lock);
    long count = counts[operation];
    pthread_mutex_unlock(&lock);
    return count;
}

void vitrine_fault_hold(int hold) {
    pthread_mutex_lock(&lock);
    holding = hold;
    pthread_cond_broadcast(&released);
    pthread_mutex_unlock(&lock);
}

void vitrine_fault_delay(int microseconds) {
    pthread_mutex_lock(&lock);
    delay = microseconds;
    pthread_mutex_unlock(&lock);
}

void vitrine_fault_flip(int flips) {
    pthread_mutex_lock(&lock);
    flipping = flips;
    pthread_mutex_unlock(&lock);
}

int vitrine_fault_held(void) {
    pthread_mutex_lock(&lock);
    int count = holding ? held : 0;
    pthread_mutex_unlock(&lock);
    return count;
}

long vitrine_fault_flushes(void) {
    pthread_mutex_lock(&lock);
    long count = flushes;
    pthread_mutex_unlock(&lock);
    return count;
}
