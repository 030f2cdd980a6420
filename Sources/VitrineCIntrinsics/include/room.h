#ifndef VITRINE_ROOM_H
#define VITRINE_ROOM_H

/// Gives the disk's room for some bytes of a file back, which become zeros; the file keeps its size.
///
/// It is fallocate(2) with FALLOC_FL_PUNCH_HOLE, which the headers have for GNU sources only. Returns 0, or -1 with errno.
int vitrine_give_back(int descriptor, long long offset, long long count);

#endif
