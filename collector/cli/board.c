/* SPDX-License-Identifier: GPL-3.0-or-later */
/* board.c - see board.h */
#include "collector/cli/board.h"

#include <sys/mman.h>
#include <unistd.h>

const char *
child_name(ChildId id)
{
    static const char *const names[] = {
        [CHILD_SENSE] = "sense", [CHILD_SERIES] = "series", [CHILD_WEB] = "web"
    };

    return names[id];
}

Board *
board_new(int *fd)
{
    *fd = memfd_create("talaya-board", MFD_CLOEXEC);
    if (*fd < 0 || ftruncate(*fd, sizeof(Board)) != 0)
        return NULL;
    void *at = mmap(NULL, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

const Board *
board_map(int fd)
{
    void *at = mmap(NULL, sizeof(Board), PROT_READ, MAP_SHARED, fd, 0);

    return at == MAP_FAILED ? NULL : at;
}
