#include <rocksdb/c.h>
#include <stddef.h>
