#ifndef VITRINE_CJPEG_JPEG_H
#define VITRINE_CJPEG_JPEG_H

#include <stddef.h>
#include <stdint.h>

/// The most bytes of a message, its final zero included.
#define VITRINE_JPEG_MESSAGE_MAX 200

/// What became of a file.
enum vitrine_jpeg_status {
    VITRINE_JPEG_OK = 0,
    /// The file contradicts the format, or ends too early.
    VITRINE_JPEG_INVALID = 1,
    /// The file is of a kind that the library does not read.
    VITRINE_JPEG_UNSUPPORTED = 2,
    /// There was not enough memory.
    VITRINE_JPEG_NO_MEMORY = 3,
};

/// Reads a file's header.
///
/// `message` gets the library's own words when the result is not VITRINE_JPEG_OK.
int vitrine_jpeg_measure(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height,
                         char message[VITRINE_JPEG_MESSAGE_MAX]);

/// Decodes a file of exactly `width` × `height` pixels into red, green, blue and alpha, rows from top to bottom.
///
/// `pixels` has room for 4 bytes for each pixel. What the file holds beside the picture (profiles, orientation) is
/// passed over. A damaged file is refused, not patched up.
int vitrine_jpeg_decode(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels,
                        char message[VITRINE_JPEG_MESSAGE_MAX]);

#endif
