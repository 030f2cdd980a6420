// libjpeg reports a failure by a call that must not return. Its only way out is longjmp, which may not cross a frame of
// Swift: so the whole conversation with the library happens here.

#include "jpeg.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#if !__has_include(<jpeglib.h>)
#error "libjpeg-turbo's header is missing: install it (Debian: libjpeg62-turbo-dev)"
#endif
#include <jerror.h>
#include <jpeglib.h>

/// Scans that a file may have: each costs a pass over the whole picture, and a few bytes in the file. Encoders write
/// about ten.
static const int scans_max = 100;

/// What the library is told of us, and we of it.
struct conversation {
    struct jpeg_decompress_struct decoder;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf exit;
    int status;
    char *message;
};

static struct conversation *conversation_of(j_common_ptr decoder) { return decoder->client_data; }

static void leave(j_common_ptr decoder, int status) {
    struct conversation *conversation = conversation_of(decoder);
    char text[JMSG_LENGTH_MAX];
    decoder->err->format_message(decoder, text);
    snprintf(conversation->message, VITRINE_JPEG_MESSAGE_MAX, "%s", text);
    conversation->status = status;
    longjmp(conversation->exit, 1);
}

static void on_error(j_common_ptr decoder) {
    switch (decoder->err->msg_code) {
    case JERR_OUT_OF_MEMORY:
        leave(decoder, VITRINE_JPEG_NO_MEMORY);
        break;
    case JERR_ARITH_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
        leave(decoder, VITRINE_JPEG_UNSUPPORTED);
        break;
    default:
        leave(decoder, VITRINE_JPEG_INVALID);
    }
}

/// Warnings: those that mean pixels were made up are failures, the others are passed over.
static void on_message(j_common_ptr decoder, int level) {
    if (level >= 0) return;
    switch (decoder->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_BOGUS_PROGRESSION:
        leave(decoder, VITRINE_JPEG_INVALID);
        break;
    default:
        break;
    }
}

/// The library would print to the standard error output.
static void on_output(j_common_ptr decoder) { (void)decoder; }

static void on_progress(j_common_ptr decoder) {
    if (!decoder->is_decompressor || ((j_decompress_ptr)decoder)->input_scan_number <= scans_max) return;
    struct conversation *conversation = conversation_of(decoder);
    snprintf(conversation->message, VITRINE_JPEG_MESSAGE_MAX, "more than %d scans", scans_max);
    conversation->status = VITRINE_JPEG_INVALID;
    longjmp(conversation->exit, 1);
}

static void begin(struct conversation *conversation, char *message) {
    memset(conversation, 0, sizeof *conversation);
    conversation->message = message;
    message[0] = 0;
    conversation->decoder.err = jpeg_std_error(&conversation->errors);
    conversation->errors.error_exit = on_error;
    conversation->errors.emit_message = on_message;
    conversation->errors.output_message = on_output;
    conversation->progress.progress_monitor = on_progress;
    conversation->decoder.client_data = conversation;
}

/// Reads the header into the decoder; follows `setjmp`.
static void read_header(struct conversation *conversation, const uint8_t *bytes, size_t count) {
    jpeg_create_decompress(&conversation->decoder);
    // Creating clears the structure but for the error manager and client data.
    conversation->decoder.progress = &conversation->progress;
    jpeg_mem_src(&conversation->decoder, bytes, count);
    jpeg_read_header(&conversation->decoder, TRUE);
}

int vitrine_jpeg_measure(const uint8_t *bytes, size_t count, uint32_t *width, uint32_t *height,
                         char message[VITRINE_JPEG_MESSAGE_MAX]) {
    struct conversation conversation;
    begin(&conversation, message);
    if (setjmp(conversation.exit) == 0) {
        read_header(&conversation, bytes, count);
        *width = conversation.decoder.image_width;
        *height = conversation.decoder.image_height;
    }
    jpeg_destroy_decompress(&conversation.decoder);
    return conversation.status;
}

/// Turns a row of inverted or plain CMYK into RGBA, in place.
static void convert_cmyk(uint8_t *row, uint32_t width, bool is_inverted) {
    for (uint32_t x = 0; x < width; ++x, row += 4) {
        uint32_t flip = is_inverted ? 0 : 255;
        uint32_t key = row[3] ^ flip;
        for (int channel = 0; channel < 3; ++channel) row[channel] = ((row[channel] ^ flip) * key + 127) / 255;
        row[3] = 255;
    }
}

static void decode(struct conversation *conversation, uint32_t width, uint32_t height, uint8_t *pixels) {
    j_decompress_ptr decoder = &conversation->decoder;
    bool is_cmyk = decoder->jpeg_color_space == JCS_CMYK || decoder->jpeg_color_space == JCS_YCCK;
    decoder->out_color_space = is_cmyk ? JCS_CMYK : JCS_EXT_RGBA;
    jpeg_start_decompress(decoder);
    if (decoder->output_width != width || decoder->output_height != height || decoder->output_components != 4) {
        snprintf(conversation->message, VITRINE_JPEG_MESSAGE_MAX, "another size than its header says");
        conversation->status = VITRINE_JPEG_INVALID;
        return;
    }
    while (decoder->output_scanline < height) {
        JSAMPROW row = pixels + (size_t)decoder->output_scanline * width * 4;
        // Never suspends: the whole file is in memory.
        if (jpeg_read_scanlines(decoder, &row, 1) != 1) break;
        // Adobe's files, which say so by their marker, hold what is left of the paper's white.
        if (is_cmyk) convert_cmyk(row, width, decoder->saw_Adobe_marker);
    }
    jpeg_finish_decompress(decoder);
}

int vitrine_jpeg_decode(const uint8_t *bytes, size_t count, uint32_t width, uint32_t height, uint8_t *pixels,
                        char message[VITRINE_JPEG_MESSAGE_MAX]) {
    struct conversation conversation;
    begin(&conversation, message);
    if (setjmp(conversation.exit) == 0) {
        read_header(&conversation, bytes, count);
        decode(&conversation, width, height, pixels);
    }
    jpeg_destroy_decompress(&conversation.decoder);
    return conversation.status;
}
