/* SPDX-License-Identifier: GPL-3.0-or-later */
/* exporter-directory.c - see exporter-directory.h */
#include "collector/exporter-directory.h"

struct ExporterDirectory {
    uint32_t most, most_new_per_minute;
    IpAddress *addresses; /* room for @most; an entry is written once, before its number is given away */
    GMutex lock;          /* guards the rest */
    uint32_t n;
    int64_t minute;
    uint32_t new_in_minute;
};

ExporterDirectory *
exporter_directory_new(uint32_t most, uint32_t most_new_per_minute)
{
    ExporterDirectory *self = g_new0(ExporterDirectory, 1);

    self->most = most;
    self->most_new_per_minute = most_new_per_minute;
    self->addresses = g_new0(IpAddress, most);
    g_mutex_init(&self->lock);
    return self;
}

void
exporter_directory_free(ExporterDirectory *self)
{
    if (self == NULL)
        return;
    g_mutex_clear(&self->lock);
    g_free(self->addresses);
    g_free(self);
}

/* Under the lock. */
static bool
may_add(ExporterDirectory *self, int64_t now_ms, bool restored)
{
    if (self->n >= self->most)
        return false;
    if (restored)
        return true;
    if (now_ms / 60000 != self->minute) {
        self->minute = now_ms / 60000;
        self->new_in_minute = 0;
    }
    if (self->new_in_minute >= self->most_new_per_minute)
        return false;
    self->new_in_minute++;
    return true;
}

bool
exporter_directory_add(ExporterDirectory *self, const IpAddress *address, int64_t now_ms, bool restored,
                       uint32_t *number)
{
    g_mutex_lock(&self->lock);
    bool may = may_add(self, now_ms, restored);
    if (may) {
        self->addresses[self->n] = *address;
        *number = self->n++;
    }
    g_mutex_unlock(&self->lock);
    return may;
}

IpAddress
exporter_directory_address(const ExporterDirectory *self, uint32_t number)
{
    return number < self->most ? self->addresses[number] : (IpAddress){ 0 };
}
