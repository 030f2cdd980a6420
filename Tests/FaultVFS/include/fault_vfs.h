#ifndef VITRINE_FAULT_VFS_H
#define VITRINE_FAULT_VFS_H

// An SQLite file system that is the default one, except that it fails the operations it is told to.
// One set of orders for the process: only one test may use it at a time.

// The operations that can be made to fail.
enum vitrine_fault_operation {
    VITRINE_FAULT_WAL_WRITE = 0,
    VITRINE_FAULT_WAL_SYNC = 1,
    VITRINE_FAULT_MAIN_WRITE = 2,
    VITRINE_FAULT_MAIN_SYNC = 3,
    VITRINE_FAULT_OPERATIONS = 4
};

// Registers the file system under the name "vitrine-fault"; returns an SQLite result code.
int vitrine_fault_register(void);

// Has the operation succeed `skip` times more and then fail with `code` until it is disarmed.
void vitrine_fault_arm(int operation, long skip, int code);

// Lets everything succeed again.
void vitrine_fault_disarm(void);

// How often the operation was made to fail since it was last armed.
long vitrine_fault_count(int operation);

// Has every flush of a log wait until it is called again with 0.
void vitrine_fault_hold(int hold);

// Has every flush of a log take so much longer.
void vitrine_fault_delay(int microseconds);

// Has each larger write of a log leave one bit on the disk that is another, until it is called again with 0.
void vitrine_fault_flip(int flips);

// How many flushes of a log wait at the moment.
int vitrine_fault_held(void);

// How often a log was flushed in this process, or was about to be.
long vitrine_fault_flushes(void);

#endif
