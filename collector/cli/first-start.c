/* SPDX-License-Identifier: GPL-3.0-or-later */
/* first-start.c - see first-start.h */
#include "collector/cli/first-start.h"
#include "collector/base/log.h"
#include "scoring/store.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
fail(GError **error, const char *verb, const char *path)
{
    int code = errno;

    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "cannot %s '%s': %s", verb, path,
                g_strerror(code));
    return false;
}

/* Not g_file_set_contents: the file must never have been readable by others, not even for a moment. */
static bool
write_secret(const char *path, const char *secret, GError **error)
{
    g_autofree char *line = g_strconcat(secret, "\n", NULL);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return fail(error, "write", path);
    bool whole =
        fchmod(fd, 0600) == 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line) && fsync(fd) == 0;
    if (!whole)
        fail(error, "write", path);
    close(fd);
    return whole;
}

bool
first_start(const char *dir, GError **error)
{
    g_autofree char *database = g_build_filename(dir, "talaya.db", NULL);
    g_autofree char *secret = g_build_filename(dir, "admin-token", NULL);
    g_autofree char *notice = NULL;

    if (g_mkdir_with_parents(dir, 0700) != 0)
        return fail(error, "make the state folder", dir);
    if (access(dir, R_OK | W_OK | X_OK) != 0)
        return fail(error, "use the state folder", dir);
    g_autoptr(Store) store = store_open(database, &notice, error);
    if (store == NULL)
        return false;
    if (notice != NULL)
        log_error("%s", notice);
    if (store_count_tokens(store) > 0)
        return true;
    g_autofree char *token = store_make_token(store, "admin", SCOPE_ADMIN, 0, error);
    if (token == NULL || !write_secret(secret, token, error))
        return false;
    log_note("first start: the admin token for console and API is in %s", secret);
    return true;
}
