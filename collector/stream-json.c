/* SPDX-License-Identifier: GPL-3.0-or-later */
/* stream-json.c - the places of a Stream as the API shows them; see stream.h */
#include "collector/stream-private.h"

static json_t *
end_to_json(StreamEnd end, const StreamEndCount *count)
{
    char address[IP_TEXT], time[WALL_TIME_TEXT];
    json_t *out = json_object();
    const char *fix = stream_end_fix(end);

    json_object_set_new(out, "reason", json_string(stream_end_name(end)));
    json_object_set_new(out, "text", json_string(stream_end_words(end)));
    json_object_set_new(out, "fix", fix == NULL ? json_null() : json_string(fix));
    json_object_set_new(out, "count", json_integer((json_int_t)count->n));
    json_object_set_new(out, "lastFrom", json_string(ip_text(&count->last, address)));
    json_object_set_new(out, "lastTime", json_string(wall_time_text((WallTime){ count->last_ms }, time)));
    return out;
}

static json_t *
place_to_json(const StreamPlaceState *place)
{
    json_t *out = json_object(), *ends = json_array();

    for (int i = 0; i < N_STREAM_ENDS; i++)
        if (place->ends[i].n > 0)
            json_array_append_new(ends, end_to_json((StreamEnd)i, &place->ends[i]));
    json_object_set_new(out, "listen", json_string(place->place.name));
    json_object_set_new(out, "transport", json_string(transport_name(place->place.transport)));
    json_object_set_new(out, "connections", json_integer(place->connections));
    json_object_set_new(out, "accepted", json_integer((json_int_t)place->accepted));
    json_object_set_new(out, "messages", json_integer((json_int_t)place->messages));
    json_object_set_new(out, "bytes", json_integer((json_int_t)place->bytes));
    json_object_set_new(out, "ended", ends);
    return out;
}

json_t *
stream_report(const Stream *self)
{
    json_t *out = json_array();

    for (size_t i = 0; i < self->conf.n_places; i++)
        json_array_append_new(out, place_to_json(&self->places[i]));
    return out;
}
