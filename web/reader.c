/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reader.c - see reader.h */
#include "web/reader.h"
#include "collector/base/log.h"

#include <sys/stat.h>

enum { RETRY_MS = 500 };

struct Reader {
    char *path;
    Clock *clock; /* borrowed */
    Store *store; /* NULL: not open */
    char *why;    /* the last try failed for this reason */
    MonoTime last_try;
    bool has_tried;
    dev_t device;
    ino_t inode;
    LogLimit limit;
};

Reader *
reader_new(const char *path, Clock *clock)
{
    Reader *self = g_new0(Reader, 1);

    self->path = g_strdup(path);
    self->clock = clock;
    return self;
}

void
reader_free(Reader *self)
{
    if (self == NULL)
        return;
    store_free(self->store);
    g_free(self->path);
    g_free(self->why);
    g_free(self);
}

static void
try_to_open(Reader *self, const struct stat *file)
{
    g_autoptr(GError) error = NULL;
    MonoTime now = clock_mono(self->clock);

    if (self->has_tried && now.ns - self->last_try.ns < (int64_t)RETRY_MS * 1000000)
        return;
    self->has_tried = true;
    self->last_try = now;
    self->device = file->st_dev;
    self->inode = file->st_ino;
    self->store = store_open_readonly(self->path, &error);
    if (self->store != NULL)
        return;
    g_free(self->why);
    self->why = g_strdup(error == NULL ? "the store cannot be opened" : error->message);
    log_limited(&self->limit, LOG_LEVEL_WARN, "%s", self->why);
}

Store *
reader_store(Reader *self, const char **why)
{
    struct stat file;

    *why = "there is no store of alerts yet; the sense process makes it at its first start";
    if (self->path == NULL || stat(self->path, &file) != 0) {
        g_clear_pointer(&self->store, store_free);
        self->has_tried = false;
        return NULL;
    }
    if (self->store != NULL && (file.st_dev != self->device || file.st_ino != self->inode)) {
        g_clear_pointer(&self->store, store_free);
        self->has_tried = false;
    }
    if (self->store == NULL)
        try_to_open(self, &file);
    if (self->store == NULL)
        *why = self->why;
    return self->store;
}
