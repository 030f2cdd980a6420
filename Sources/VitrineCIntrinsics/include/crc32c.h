#ifndef VITRINE_CRC32C_H
#define VITRINE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

// CRC-32C (Castagnoli, polynomial 0x1EDC6F41, reflected; RFC 3720 appendix B.4).
//
// `crc` is 0 for a new checksum, or the result for the bytes before these: the checksum of a
// concatenation is had by feeding its parts in turn.

/// The fastest implementation this processor has, chosen when the image is loaded.
uint32_t vitrine_crc32c(uint32_t crc, const void *bytes, size_t count);

/// Slicing by eight tables: any processor. The tests hold the others against it.
uint32_t vitrine_crc32c_portable(uint32_t crc, const void *bytes, size_t count);

/// What `vitrine_crc32c` uses here: "sse4.2+pclmul", "armv8-crc" or "portable".
const char *vitrine_crc32c_implementation(void);

#endif
