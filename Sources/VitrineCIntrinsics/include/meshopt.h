#ifndef VITRINE_MESHOPT_H
#define VITRINE_MESHOPT_H

#include <stddef.h>
#include <stdint.h>

// The inner loops of the attribute codec of EXT_meshopt_compression and KHR_meshopt_compression, which move bytes
// between lanes: Swift's vector types have no such operation. All that decides anything is in LODEngine/Meshopt.
//
// A plane is the deltas of one byte position of up to 256 elements, in groups of 16; a channel is four planes of
// 256 bytes, one after the other.

enum {
    vitrine_meshopt_plane_bytes = 256,
    // How many bytes after `end` vitrine_meshopt_unpack may look at, which the stream's tail always has.
    vitrine_meshopt_slack = 24,
};

/// How the bytes of a channel's elements became deltas.
enum vitrine_meshopt_delta {
    /// Zigzag differences of bytes.
    vitrine_meshopt_delta_bytes = 0,
    /// Zigzag differences of 16-bit words.
    vitrine_meshopt_delta_words = 1,
    /// XOR of 32-bit words, rotated to the left.
    vitrine_meshopt_delta_xor = 2,
};

/// Reads the deltas of `groups` (1 to 16) groups from `source` into `plane`.
///
/// `bits` holds the bit lengths that the four group codes stand for, a byte each, code 0's lowest. Reads up to `end`, and looks at no more than
/// `vitrine_meshopt_slack` bytes after it. Returns how many bytes it took, or 0 when the data reaches beyond `end`.
size_t vitrine_meshopt_unpack(const uint8_t *source, const uint8_t *end, size_t groups, uint32_t bits,
                              uint8_t *plane);

/// The same without a byte shuffle: any processor. The tests hold the other against it.
size_t vitrine_meshopt_unpack_portable(const uint8_t *source, const uint8_t *end, size_t groups, uint32_t bits,
                                       uint8_t *plane);

/// Turns a channel's deltas into `count` elements' four bytes each, `stride` bytes apart from `target` on.
///
/// `previous` is the four bytes of the element before, and becomes those of the last.
void vitrine_meshopt_restore(const uint8_t *planes, int delta, unsigned rotation, uint32_t *previous, uint8_t *target,
                             size_t stride, size_t count);

/// The opposite of `vitrine_meshopt_restore`: fills the planes' groups, the last with zeros where elements lack.
void vitrine_meshopt_split(const uint8_t *source, size_t stride, size_t count, int delta, unsigned rotation,
                           uint32_t *previous, uint8_t *planes);

/// Counts the deltas of each of `groups` groups that 0, 1, 2 and 4 bits do not hold.
///
/// `counts` takes three rows of 16 bytes, a byte a group: deltas of 1 or more (which 0 and 1 bits do not hold), of 3 or
/// more, and of 15 or more. Rows are filled up to `groups`.
void vitrine_meshopt_measure(const uint8_t *plane, size_t groups, uint8_t *counts);

/// Writes a group's 16 deltas in `bits` (0, 1, 2, 4 or 8) each and returns how many bytes that took.
///
/// `target` has room for 16 bytes more than they take.
size_t vitrine_meshopt_pack(const uint8_t *group, int bits, uint8_t *target);

#endif
