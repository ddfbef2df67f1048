/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire-sets.c - from set to set through a message of NetFlow v9 or IPFIX. See wire.h */
#include "collector/wire.h"

enum { SET_HEADER = 4, SET_FIRST_DATA = 256 };

static void
one_set(Wire *self, uint16_t id, const Cursor *set, const SetRules *rules)
{
    if (id == rules->templates || id == rules->options_templates)
        rules->read_templates(self, *set, id == rules->options_templates);
    else if (id >= SET_FIRST_DATA)
        wire_data_set(self, id, set);
    else
        wire_malformed(self, REFUSED_SET_ID);
}

/* The rest of the message cannot be read. */
static Cursor
give_up(Wire *self)
{
    self->is_whole = false;
    wire_malformed(self, REFUSED_SET_LENGTH);
    return (Cursor){ 0 };
}

Cursor
wire_sets(Wire *self, Cursor cur, const SetRules *rules)
{
    while (cursor_left(&cur) >= SET_HEADER && !(rules->zeros_end && cursor_is_zero(&cur))) {
        uint16_t id = cursor_u16(&cur);
        size_t length = cursor_u16(&cur);

        if (!wire_may(self, WORK_SET))
            return (Cursor){ 0 };
        if (length < SET_HEADER)
            return give_up(self);
        if (length - SET_HEADER > cursor_left(&cur)) {
            Cursor nothing = give_up(self);
            if (id < SET_FIRST_DATA) /* what is whole of a template set that was cut is still good */
                one_set(self, id, &cur, rules);
            return nothing;
        }
        Cursor set = cursor_sub(&cur, length - SET_HEADER);
        one_set(self, id, &set, rules);
    }
    return cursor_is_zero(&cur) ? cur : give_up(self); /* what is left is a piece of a set's header */
}
