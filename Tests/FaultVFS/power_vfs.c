#include "power_vfs.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Writes go through to the real file, so that everybody reads what was written, and are noted until the file is flushed,
// together with what was there before. A cut freezes the notes: later operations fail. Settling takes the noted writes
// back, the last first, and then makes some of them again, in order.

enum { max_files = 64, sector = 512 };

// A write (`count` bytes at `offset`) or, where `is_cut` is set, a truncation to `offset`.
struct change {
    struct change *earlier;
    sqlite3_int64 offset;
    sqlite3_int64 size_before;
    int is_cut;
    int count;
    int count_before;      // bytes of `before`: fewer where the file ended
    unsigned char *bytes;  // what was written, then what was there before
};

struct disk_file {
    char *path;
    struct change *last;
};

struct power_file {
    sqlite3_file base;
    struct disk_file *disk;
    sqlite3_file *real;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct disk_file files[max_files];
static int file_count;
static long operations;
static long cut_at;
static int is_cut;

static void forget(struct disk_file *file) {
    while (file->last) {
        struct change *change = file->last;
        file->last = change->earlier;
        free(change->bytes);
        free(change);
    }
}

// Counts an operation, with the lock held; whether the power is there for it.
static int has_power(void) {
    operations += 1;
    if (cut_at && operations >= cut_at) is_cut = 1;
    return !is_cut;
}

static int read_before(sqlite3_file *real, unsigned char *bytes, int count, sqlite3_int64 offset,
                       sqlite3_int64 size) {
    int available = size <= offset ? 0 : size - offset < count ? (int)(size - offset) : count;
    if (available && real->pMethods->xRead(real, bytes, available, offset) != SQLITE_OK) return 0;
    return available;
}

// Notes a change that is about to be made; with the lock held.
static int note(struct power_file *file, const void *bytes, int count, sqlite3_int64 offset, int is_truncation) {
    sqlite3_file *real = file->real;
    sqlite3_int64 size = 0;
    if (real->pMethods->xFileSize(real, &size) != SQLITE_OK) return SQLITE_IOERR;
    if (is_truncation) count = size > offset ? (int)(size - offset) : 0;
    struct change *change = calloc(1, sizeof *change);
    unsigned char *copy = malloc((size_t)count * 2 + 1);
    if (!change || !copy) {
        free(change);
        free(copy);
        return SQLITE_NOMEM;
    }
    if (bytes) memcpy(copy, bytes, count);
    change->count_before = read_before(real, copy + count, count, offset, size);
    change->earlier = file->disk->last;
    change->offset = offset;
    change->size_before = size;
    change->is_cut = is_truncation;
    change->count = count;
    change->bytes = copy;
    file->disk->last = change;
    return SQLITE_OK;
}

static int power_close(sqlite3_file *base) {
    struct power_file *file = (struct power_file *)base;
    int status = file->real->pMethods ? file->real->pMethods->xClose(file->real) : SQLITE_OK;
    base->pMethods = 0;
    return status;
}

static int power_read(sqlite3_file *base, void *bytes, int count, sqlite3_int64 offset) {
    sqlite3_file *real = ((struct power_file *)base)->real;
    return real->pMethods->xRead(real, bytes, count, offset);
}

static int power_write(sqlite3_file *base, const void *bytes, int count, sqlite3_int64 offset) {
    struct power_file *file = (struct power_file *)base;
    pthread_mutex_lock(&lock);
    int status = SQLITE_IOERR;
    if (has_power()) status = file->disk ? note(file, bytes, count, offset, 0) : SQLITE_OK;
    else if (file->disk && operations == cut_at) note(file, bytes, count, offset, 0);  // it may reach the disk in part
    if (status == SQLITE_OK) status = file->real->pMethods->xWrite(file->real, bytes, count, offset);
    pthread_mutex_unlock(&lock);
    return status;
}

static int power_truncate(sqlite3_file *base, sqlite3_int64 size) {
    struct power_file *file = (struct power_file *)base;
    pthread_mutex_lock(&lock);
    int status = SQLITE_IOERR;
    if (has_power()) status = file->disk ? note(file, 0, 0, size, 1) : SQLITE_OK;
    if (status == SQLITE_OK) status = file->real->pMethods->xTruncate(file->real, size);
    pthread_mutex_unlock(&lock);
    return status;
}

static int power_sync(sqlite3_file *base, int flags) {
    struct power_file *file = (struct power_file *)base;
    (void)flags;
    pthread_mutex_lock(&lock);
    // The real file is not flushed: this disk is a memory of what is, and the machine's own keeps its power.
    int status = has_power() ? SQLITE_OK : SQLITE_IOERR;
    if (status == SQLITE_OK && file->disk) forget(file->disk);
    pthread_mutex_unlock(&lock);
    return status;
}

#define FORWARD(name, parameters, arguments)                    \
    static int power_##name parameters {                        \
        sqlite3_file *real = ((struct power_file *)base)->real; \
        return real->pMethods->x##name arguments;               \
    }
FORWARD(FileSize, (sqlite3_file * base, sqlite3_int64 *size), (real, size))
FORWARD(Lock, (sqlite3_file * base, int level), (real, level))
FORWARD(Unlock, (sqlite3_file * base, int level), (real, level))
FORWARD(CheckReservedLock, (sqlite3_file * base, int *out), (real, out))
FORWARD(FileControl, (sqlite3_file * base, int operation, void *argument), (real, operation, argument))
FORWARD(SectorSize, (sqlite3_file * base), (real))
FORWARD(ShmMap, (sqlite3_file * base, int page, int size, int extend, void volatile **out),
        (real, page, size, extend, out))
FORWARD(ShmLock, (sqlite3_file * base, int offset, int count, int flags), (real, offset, count, flags))
FORWARD(ShmUnmap, (sqlite3_file * base, int remove), (real, remove))

static void power_ShmBarrier(sqlite3_file *base) {
    sqlite3_file *real = ((struct power_file *)base)->real;
    real->pMethods->xShmBarrier(real);
}

// A disk of which nothing is known: it may tear a write at any sector.
static int power_characteristics(sqlite3_file *base) {
    (void)base;
    return 0;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = power_close,
    .xRead = power_read,
    .xWrite = power_write,
    .xTruncate = power_truncate,
    .xSync = power_sync,
    .xFileSize = power_FileSize,
    .xLock = power_Lock,
    .xUnlock = power_Unlock,
    .xCheckReservedLock = power_CheckReservedLock,
    .xFileControl = power_FileControl,
    .xSectorSize = power_SectorSize,
    .xDeviceCharacteristics = power_characteristics,
    .xShmMap = power_ShmMap,
    .xShmLock = power_ShmLock,
    .xShmBarrier = power_ShmBarrier,
    .xShmUnmap = power_ShmUnmap,
};

// The disk's file of that path, made when it is met first; with the lock held.
static struct disk_file *disk_file(const char *path) {
    for (int index = 0; index < file_count; index += 1) {
        if (strcmp(files[index].path, path) == 0) return &files[index];
    }
    if (file_count == max_files) return 0;
    files[file_count].path = strdup(path);
    files[file_count].last = 0;
    return files[file_count].path ? &files[file_count++] : 0;
}

static int power_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *base, int flags, int *out_flags) {
    sqlite3_vfs *real = (sqlite3_vfs *)vfs->pAppData;
    struct power_file *file = (struct power_file *)base;
    memset(file, 0, sizeof *file);
    file->real = (sqlite3_file *)(file + 1);
    int status = real->xOpen(real, name, file->real, flags, out_flags);
    if (status != SQLITE_OK) return status;
    if (name && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL))) {
        pthread_mutex_lock(&lock);
        file->disk = disk_file(name);
        pthread_mutex_unlock(&lock);
        if (!file->disk) {
            file->real->pMethods->xClose(file->real);
            return SQLITE_NOMEM;
        }
    }
    base->pMethods = &methods;
    return SQLITE_OK;
}

int vitrine_power_register(void) {
    static sqlite3_vfs power;
    sqlite3_vfs *real = sqlite3_vfs_find(0);
    if (!real) return SQLITE_ERROR;
    if (power.zName) return SQLITE_OK;
    power = *real;
    power.pNext = 0;
    power.pAppData = real;
    power.zName = "vitrine-power";
    power.szOsFile = (int)sizeof(struct power_file) + real->szOsFile;
    power.xOpen = power_open;
    return sqlite3_vfs_register(&power, 0);
}

void vitrine_power_begin(void) {
    pthread_mutex_lock(&lock);
    for (int index = 0; index < file_count; index += 1) {
        forget(&files[index]);
        free(files[index].path);
    }
    file_count = 0;
    operations = 0;
    cut_at = 0;
    is_cut = 0;
    pthread_mutex_unlock(&lock);
}

void vitrine_power_cut_after(long operation) {
    pthread_mutex_lock(&lock);
    cut_at = operation ? operations + operation : 0;
    pthread_mutex_unlock(&lock);
}

int vitrine_power_is_cut(void) {
    pthread_mutex_lock(&lock);
    int result = is_cut;
    pthread_mutex_unlock(&lock);
    return result;
}

long vitrine_power_operations(void) {
    pthread_mutex_lock(&lock);
    long result = operations;
    pthread_mutex_unlock(&lock);
    return result;
}

// SplitMix64 (Steele, Lea and Flood, 2014).
static uint64_t draw(uint64_t *state) {
    uint64_t mixed = (*state += 0x9E3779B97F4A7C15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
}

static int take_back(int descriptor, const struct change *change) {
    if (change->count_before
        && pwrite(descriptor, change->bytes + change->count, change->count_before, change->offset)
            != change->count_before)
        return -1;
    return ftruncate(descriptor, change->size_before);
}

static int make_again(int descriptor, const struct change *change, uint64_t *state) {
    uint64_t chance = draw(state) % 4;
    if (chance == 0) return 0;
    if (change->is_cut) return ftruncate(descriptor, change->offset);
    int count = change->count;
    if (chance == 1) {
        // Sectors are where the disk has them, whatever the write began with.
        int sectors = (int)((change->offset + count) / sector - change->offset / sector) + 1;
        sqlite3_int64 end = (change->offset / sector + (sqlite3_int64)(draw(state) % sectors)) * sector;
        count = end <= change->offset ? 0 : end - change->offset < count ? (int)(end - change->offset) : count;
    }
    return pwrite(descriptor, change->bytes, count, change->offset) == count ? 0 : -1;
}

static int settle(struct disk_file *file, uint64_t *state) {
    int descriptor = open(file->path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return file->last ? -1 : 0;
    // The last note may be of the write that the cut prevented: taking it back is writing what is there.
    struct change *ordered = 0;
    int status = 0;
    while (status == 0 && file->last) {
        struct change *change = file->last;
        file->last = change->earlier;
        status = take_back(descriptor, change);
        change->earlier = ordered;
        ordered = change;
    }
    while (ordered) {
        struct change *change = ordered;
        ordered = change->earlier;
        if (status == 0) status = make_again(descriptor, change, state);
        free(change->bytes);
        free(change);
    }
    close(descriptor);
    return status;
}

int vitrine_power_settle(uint64_t seed) {
    pthread_mutex_lock(&lock);
    int status = 0;
    for (int index = 0; status == 0 && index < file_count; index += 1) status = settle(&files[index], &seed);
    pthread_mutex_unlock(&lock);
    return status;
}
