/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reader.h - the web process's view of talaya.db
 *
 * The store may not be there yet when web starts, and sense may set a damaged one aside and begin a new one:
 * the reader opens late, tries again, and notices when the file under the path is another one. Server thread
 * only.
 */
#pragma once
#include "scoring/store.h"

typedef struct Reader Reader;
/* Copies @path. */
Reader *reader_new(const char *path, Clock *clock);
void reader_free(Reader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reader, reader_free)
/* Lends until the next call; NULL, and a sentence in *why (lent), when it cannot be read now. */
Store *reader_store(Reader *self, const char **why);
