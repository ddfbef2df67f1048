/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fuzz.h - what the fuzz targets share
 *
 * A target is one file with LLVMFuzzerTestOneInput. With clang it is linked to libFuzzer; with any compiler
 * it is linked to driver.c and runs as a plain test over the seeds. A finding is a crash, a sanitizer's
 * report, or one of the checks below.
 */
#pragma once
#include "collector/decoder.h"
#include "scoring/scorer.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* What must hold for any input; ends the process when it does not. */
#define FUZZ_CHECK(condition) ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))
G_GNUC_NORETURN void fuzz_fail(const char *condition, const char *file, int line);

/*
 * A decoder that counts its flows; the same at each call. What is dear is done for some inputs only, for a
 * run shall be quick: printing every record (into nothing), checking all that is written and saved, and a
 * twin, which hears the same with another version of the shuffles and other bytes behind each datagram and
 * must read the same. The input's bytes choose, so that a finding comes back.
 *
 * Each input is heard by a decoder that knows nothing, so that a finding comes back from it alone; after
 * fuzz_keep by one that has heard others before.
 */
typedef struct FuzzDecoder FuzzDecoder;
enum { FUZZ_TWIN = 1, FUZZ_KEEP = 2 }; /* what the target allows */
FuzzDecoder *fuzz_decoder_new(const uint8_t *bytes, size_t length, unsigned may);
void fuzz_decoder_free(FuzzDecoder *self);
Decoder *fuzz_decoder_get(FuzzDecoder *self);
/* The time when the input begins: that when the last one ended, if one decoder hears several. */
int64_t fuzz_decoder_begin_ms(const FuzzDecoder *self);
/* Copies @bytes to a room of just their length and the slack. */
void fuzz_decoder_feed(FuzzDecoder *self, const uint8_t *bytes, size_t length, uint32_t exporter,
                       int64_t time_ms);
/* At the end of an input, the last one of those that the decoder hears: the books balance, every exporter can
 * be told as JSON, what is saved can be restored and saved again, every record is a line of JSON, and all
 * versions of the shuffles have read the same. */
void fuzz_decoder_check(FuzzDecoder *self, int64_t time_ms);

/* One input in so many (16, 16 and 1024 where nothing is said) is given to a twin too, is printed, is checked
 * thoroughly: those cost as much as one, as two, as a hundred runs more. */
typedef struct FuzzCare {
    unsigned twin_in, print_in, thorough_in;
} FuzzCare;
void fuzz_take_care(const FuzzCare *care);
/* The next @inputs inputs are heard by one decoder, if the target allows. What is done with them, their first
 * one chooses; what must hold then is checked behind the last one. */
void fuzz_keep(unsigned inputs);

/* @bytes as datagrams: one byte that picks the exporter and the time passed, two of length, the datagram;
 * what is too short for the last one is the last one. With @version the first two (sFlow: four) bytes are
 * replaced. */
void fuzz_decoder_session(FuzzDecoder *self, const uint8_t *bytes, size_t length);

/* One datagram or several of one protocol (told apart as above). */
typedef enum FuzzProtocol { FUZZ_NETFLOW5, FUZZ_NETFLOW9, FUZZ_IPFIX, FUZZ_SFLOW } FuzzProtocol;
void fuzz_protocol(FuzzProtocol protocol, const uint8_t *bytes, size_t length);

/* A small scorer; 198.18.0.0/15 is ours. The tables of assets and places are made once a process. */
Scorer *fuzz_scorer_new(const ScorerSink *sink);

/* A file in memory with these bytes, for what reads files; the path lives until fuzz_file_close. */
typedef struct FuzzFile {
    int fd;
    char path[64];
} FuzzFile;
FuzzFile fuzz_file_open(const uint8_t *bytes, size_t length);
void fuzz_file_close(FuzzFile *self);
