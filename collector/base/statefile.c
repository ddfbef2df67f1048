/* SPDX-License-Identifier: GPL-3.0-or-later */
/* statefile.c - see statefile.h */
#include "collector/base/statefile.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

typedef struct StateHeader {
    char magic[8];
    uint32_t version;
    uint32_t zero;
    uint64_t length;
    uint64_t hash;
} StateHeader;

enum { MOST_SET_ASIDE = 1000 };

static void
set_errno_error(GError **error, const char *verb, const char *path)
{
    int code = errno;

    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "cannot %s '%s': %s", verb, path,
                g_strerror(code));
}

static bool
write_all(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        ssize_t n = write(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

static void
sync_folder_of(const char *path)
{
    g_autofree char *folder = g_path_get_dirname(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

bool
state_file_write(const char *path, const char magic[8], uint32_t version, const void *bytes, size_t length,
                 GError **error)
{
    g_autofree char *beside = g_strconcat(path, ".new", NULL);
    StateHeader header = { .version = version, .length = length, .hash = XXH3_64bits(bytes, length) };
    int fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    memcpy(header.magic, magic, sizeof header.magic);
    if (fd < 0) {
        set_errno_error(error, "write", beside);
        return false;
    }
    bool whole = write_all(fd, &header, sizeof header) && write_all(fd, bytes, length) && fsync(fd) == 0;
    if (!whole)
        set_errno_error(error, "write", beside);
    close(fd);
    if (whole && rename(beside, path) != 0) {
        set_errno_error(error, "replace", path);
        whole = false;
    }
    if (!whole)
        unlink(beside);
    else
        sync_folder_of(path);
    return whole;
}

char *
state_file_set_aside(const char *path)
{
    for (int n = 1; n <= MOST_SET_ASIDE; n++) {
        g_autofree char *name = g_strdup_printf("%s.bad-%d", path, n);
        if (access(name, F_OK) == 0)
            continue;
        return rename(path, name) == 0 ? g_steal_pointer(&name) : NULL;
    }
    return NULL;
}

static GBytes *
refuse(const char *path, const char *why, GError **error)
{
    g_autofree char *aside = state_file_set_aside(path);

    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "'%s' is damaged (%s); %s%s", path, why,
                aside != NULL ? "set aside as " : "it could not be set aside", aside != NULL ? aside : "");
    return NULL;
}

GBytes *
state_file_read(const char *path, const char magic[8], uint32_t version, GError **error)
{
    g_autoptr(GError) failure = NULL;
    g_autofree char *bytes = NULL;
    gsize length = 0;
    StateHeader header;

    if (!g_file_get_contents(path, &bytes, &length, &failure)) {
        if (!g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            g_propagate_error(error, g_steal_pointer(&failure));
        return NULL;
    }
    if (length < sizeof header)
        return refuse(path, "shorter than its header", error);
    memcpy(&header, bytes, sizeof header);
    if (memcmp(header.magic, magic, sizeof header.magic) != 0)
        return refuse(path, "not a file of this kind", error);
    if (header.version > version) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                    "'%s' was written by a newer talaya (format %u, known is %u); it is left as it is", path,
                    header.version, version);
        return NULL;
    }
    if (header.version < version)
        return refuse(path, "an old format that this version cannot read", error);
    if (header.length != length - sizeof header)
        return refuse(path, "cut short or grown", error);
    if (header.hash != XXH3_64bits(bytes + sizeof header, header.length))
        return refuse(path, "its checksum is wrong", error);
    return g_bytes_new(bytes + sizeof header, header.length);
}

int
state_folder_claim(const char *folder, GError **error)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0) {
        int code = errno;
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(code),
                    "cannot open the state folder '%s': %s", folder, g_strerror(code));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK)
        return fd;
    close(fd);
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_AGAIN,
                "the state folder '%s' is in use by another talaya: stop that one first, or give --state "
                "another folder",
                folder);
    return -1;
}
