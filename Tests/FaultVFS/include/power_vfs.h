#ifndef VITRINE_POWER_VFS_H
#define VITRINE_POWER_VFS_H

#include <stdint.h>

// An SQLite file system for simulated losses of power: it remembers which writes were not flushed yet, and in a cut
// forgets or tears any of them, as a disk does. One disk for the process: only one test may use it at a time.

// Registers the file system under the name "vitrine-power"; returns an SQLite result code.
int vitrine_power_register(void);

// Begins with an empty memory: what is on the disk now counts as flushed.
void vitrine_power_begin(void);

// Has the power fail at the `operation`th write, truncation or flush from now on, counted from 1; 0 for never. From then
// on every operation fails with SQLITE_IOERR and changes nothing.
void vitrine_power_cut_after(long operation);

// Whether the power has failed.
int vitrine_power_is_cut(void);

// Operations since the last begin.
long vitrine_power_operations(void);

// Once all files are closed: makes the files what a disk could hold after the cut. Of each write that was not flushed
// all, nothing, or a beginning in whole sectors of 512 bytes is kept, as `seed` says. Returns 0, or -1 with errno.
int vitrine_power_settle(uint64_t seed);

#endif
