/* SPDX-License-Identifier: GPL-3.0-or-later */
/* print.c - see print.h */
#include "collector/print.h"
#include "collector/list.h"
#include "collector/stamp.h"

#include <arpa/inet.h>
#include <math.h>
#include <string.h>

#define NTP_TO_UNIX_S INT64_C(2208988800) /* 1900 to 1970 */

static uint64_t
number(const FieldView *field)
{
    uint64_t value = 0;

    /* Nearly all have one of these lengths. */
    switch (field->length) {
    case 1:
        return field->at[0];
    case 2:
        return (uint64_t)field->at[0] << 8 | field->at[1];
    case 4:
        memcpy(&value, field->at, 4);
        return GUINT32_FROM_BE((uint32_t)GUINT64_FROM_LE(value));
    case 8:
        memcpy(&value, field->at, 8);
        return GUINT64_FROM_BE(value);
    default:
        for (uint16_t i = 0; i < field->length; i++)
            value = value << 8 | field->at[i];
        return value;
    }
}

static int64_t
signed_number(const FieldView *field)
{
    unsigned shift = 64u - 8u * field->length;

    return (int64_t)(number(field) << shift) >> shift;
}

static bool
print_float(TextBuf *to, const FieldView *field)
{
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    uint64_t wide = number(field);
    uint32_t narrow = (uint32_t)wide;
    double value;
    float value32;

    if (field->length == 4) {
        memcpy(&value32, &narrow, sizeof value32);
        value = (double)value32;
    } else if (field->length == 8) {
        memcpy(&value, &wide, sizeof value);
    } else {
        return false;
    }
    if (isfinite(value))
        textbuf_text(to, g_ascii_dtostr(text, sizeof text, value));
    else
        textbuf_text(to, "null");
    return true;
}

static bool
print_time(TextBuf *to, const FieldView *field)
{
    uint64_t value = number(field);
    bool is_seconds = field->element->type == ELEMENT_SECONDS;

    if (field->length != (is_seconds ? 4 : 8) && !(is_seconds && field->length == 8))
        return false;
    textbuf_char(to, '"');
    if (is_seconds) {
        textbuf_time(to, (int64_t)MIN(value, (uint64_t)INT64_MAX), 0, 3);
    } else if (field->element->type == ELEMENT_MILLISECONDS) {
        textbuf_time(to, (int64_t)(value / 1000), (uint32_t)(value % 1000), 3);
    } else { /* NTP: seconds since 1900, and a binary fraction, rounded as RFC 7011 section 6.1.9 allows */
        /* Without the highest bit it is the era after 2036: RFC 4330 section 3. */
        int64_t era = value >> 63 == 0 && value != 0 ? INT64_C(1) << 32 : 0;
        int64_t seconds = (int64_t)(value >> 32) + era - NTP_TO_UNIX_S;
        uint64_t fraction = value & UINT32_MAX;

        if (field->element->type == ELEMENT_MICROSECONDS)
            textbuf_time(to, seconds, (uint32_t)(fraction * 1000000 >> 32), 6);
        else
            textbuf_time(to, seconds, (uint32_t)(fraction * 1000000000 >> 32), 9);
    }
    textbuf_char(to, '"');
    return true;
}

static bool
print_address(TextBuf *to, const FieldView *field)
{
    char text[IP_TEXT];

    /* As it was sent: an IPv6 field that holds ::ffff:192.0.2.1 shows just that. */
    if (field->element->type == ELEMENT_IPV4 && field->length == 4) {
        textbuf_char(to, '"');
        textbuf_ipv4(to, field->at);
        textbuf_char(to, '"');
        return true;
    }
    if (field->element->type != ELEMENT_IPV6 || field->length != 16)
        return false;
    inet_ntop(AF_INET6, field->at, text, sizeof text);
    textbuf_char(to, '"');
    textbuf_text(to, text);
    textbuf_char(to, '"');
    return true;
}

static bool
print_boolean(TextBuf *to, const FieldView *field)
{
    if (field->length != 1 || field->at[0] < 1 || field->at[0] > 2) /* RFC 7011 section 6.1.5 */
        return false;
    textbuf_text(to, field->at[0] == 1 ? "true" : "false");
    return true;
}

static void
print_string(TextBuf *to, const FieldView *field)
{
    size_t length = field->length;

    while (length > 0 && field->at[length - 1] == 0)
        length--;
    textbuf_json_string(to, (const char *)field->at, length);
}

/* False when the value does not have the shape that its type asks for. */
static bool
print_typed(TextBuf *to, const FieldView *field)
{
    switch (field->element->type) {
    case ELEMENT_UNSIGNED:
        if (field->length > 8 || field->length == 0)
            return false;
        textbuf_unsigned(to, number(field));
        return true;
    case ELEMENT_SIGNED:
        if (field->length > 8 || field->length == 0)
            return false;
        textbuf_signed(to, signed_number(field));
        return true;
    case ELEMENT_FLOAT:
        return print_float(to, field);
    case ELEMENT_BOOLEAN:
        return print_boolean(to, field);
    case ELEMENT_MAC:
        if (field->length != 6)
            return false;
        textbuf_char(to, '"');
        textbuf_mac(to, field->at);
        textbuf_char(to, '"');
        return true;
    case ELEMENT_STRING:
        print_string(to, field);
        return true;
    case ELEMENT_IPV4:
    case ELEMENT_IPV6:
        return print_address(to, field);
    case ELEMENT_SECONDS:
    case ELEMENT_MILLISECONDS:
    case ELEMENT_MICROSECONDS:
    case ELEMENT_NANOSECONDS:
        return print_time(to, field);
    case ELEMENT_OCTETS:
    case ELEMENT_BASIC_LIST:
    case ELEMENT_RECORD_LIST:
    case ELEMENT_MULTI_LIST:
        break;
    }
    return false;
}

void
print_value_json(TextBuf *to, const FieldView *field)
{
    if (print_typed(to, field))
        return;
    textbuf_char(to, '"');
    textbuf_hex(to, field->at, field->length);
    textbuf_char(to, '"');
}

static void
print_key(TextBuf *to, const char *name)
{
    textbuf_text(to, ",\"");
    textbuf_text(to, name);
    textbuf_text(to, "\":");
}

/* As print_key, but the first key of an object has no comma before it. */
static void
print_next_key(TextBuf *to, bool *is_first, const char *name)
{
    if (!*is_first)
        textbuf_char(to, ',');
    *is_first = false;
    textbuf_char(to, '"');
    textbuf_text(to, name);
    textbuf_text(to, "\":");
}

static bool
is_same(const Element *a, const Element *b)
{
    return a->id == b->id && a->pen == b->pen;
}

/* A row of fields, wherever it comes from. */
typedef struct Row {
    const ListScope *lists; /* NULL: lists are printed in hex */
    unsigned depth;         /* of lists */
    uint32_t n;
    const FieldView *views; /* NULL: a record of a list, which has the following */
    const FieldSpec *fields;
    const uint8_t *const *at;
    const uint16_t *lengths;
} Row;

static inline const Element *
element_of(const Row *row, uint32_t i)
{
    const TypeInfo *told = row->lists == NULL ? NULL : row->lists->told;

    g_assert(row->views != NULL || row->fields != NULL);
    return type_info_name(told, row->views != NULL ? row->views[i].element : row->fields[i].element);
}

static void print_list(TextBuf *to, const Row *row, const FieldView *field);

static void
print_row_value(TextBuf *to, const Row *row, uint32_t i)
{
    FieldView field = { 0 };

    if (row->views != NULL)
        field = row->views[i];
    else
        field = (FieldView){ .at = row->at[i], .length = row->lengths[i] };
    field.element = element_of(row, i);
    if (element_type_is_list(field.element->type) && row->lists != NULL)
        print_list(to, row, &field);
    else
        print_value_json(to, &field);
}

/* Prints field @i with all that repeat it; nothing when it repeats an earlier one. */
static void
print_field(TextBuf *to, const Row *row, uint32_t i, bool *is_first)
{
    const Element *element = element_of(row, i);
    uint32_t again = 0;

    for (uint32_t j = 0; j < i; j++)
        if (is_same(element, element_of(row, j)))
            return;
    for (uint32_t j = i + 1; j < row->n && again == 0; j++)
        if (is_same(element, element_of(row, j)))
            again = j;
    print_next_key(to, is_first, element->name);
    if (again != 0)
        textbuf_char(to, '[');
    print_row_value(to, row, i);
    for (uint32_t j = again; j < row->n && again != 0; j++)
        if (is_same(element, element_of(row, j))) {
            textbuf_char(to, ',');
            print_row_value(to, row, j);
        }
    if (again != 0)
        textbuf_char(to, ']');
}

static void
print_list_record(TextBuf *to, const Row *row, const ListRecord *record)
{
    const Row inner = { .lists = row->lists,
                        .depth = row->depth + 1,
                        .n = record->n_fields,
                        .fields = record->fields,
                        .at = record->at,
                        .lengths = record->lengths };
    bool is_first = true;

    textbuf_char(to, '{');
    if (record->template_id != 0) {
        print_next_key(to, &is_first, "templateId");
        textbuf_unsigned(to, record->template_id);
    }
    if (record->fields == NULL) {
        print_next_key(to, &is_first, "unknown");
        textbuf_char(to, '"');
        textbuf_hex(to, record->at[0], record->lengths[0]);
        textbuf_char(to, '"');
    }
    list_enter(row->lists->room, record);
    for (uint32_t i = 0; record->fields != NULL && i < record->n_fields; i++)
        if (record->lengths[i] > 0)
            print_field(to, &inner, i, &is_first);
    list_leave(row->lists->room, record);
    textbuf_char(to, '}');
}

/* RFC 6313; what contradicts itself is printed as it came. */
static void
print_list(TextBuf *to, const Row *row, const FieldView *field)
{
    const char *separator = "";
    ListRecord record;
    List list;

    if (row->depth >= LIST_DEPTH_MOST ||
        list_open(&list, row->lists, field->element, field->at, field->length) != LIST_RECORD) {
        print_value_json(to, field);
        return;
    }
    textbuf_text(to, "{\"semantic\":\"");
    textbuf_text(to, list_semantic_name(list.semantic));
    textbuf_text(to, "\",\"records\":[");
    while (list_next(&list, &record) != LIST_END) {
        textbuf_text(to, separator);
        separator = ",";
        print_list_record(to, row, &record);
    }
    textbuf_text(to, "]}");
}

static const FieldView *
find(const RecordView *record, uint32_t pen, uint16_t id)
{
    for (uint32_t i = 0; i < record->n_fields; i++)
        if (record->fields[i].element->id == id && record->fields[i].element->pen == pen)
            return &record->fields[i];
    return NULL;
}

static void
print_ms(TextBuf *to, int64_t ms)
{
    int64_t seconds = ms / 1000, rest = ms % 1000;

    if (rest < 0) {
        rest += 1000;
        seconds--;
    }
    textbuf_char(to, '"');
    textbuf_time(to, seconds, (uint32_t)rest, 3);
    textbuf_char(to, '"');
}

static void
print_derived(TextBuf *to, const DerivedTimes *derived)
{
    if (derived->start_ms != 0) {
        print_key(to, "flowStartMilliseconds");
        print_ms(to, derived->start_ms);
    }
    if (derived->end_ms != 0) {
        print_key(to, "flowEndMilliseconds");
        print_ms(to, derived->end_ms);
    }
}

/* The header's domain and the id of the template; options data may hold them as elements too, and a key must
 * not come twice: both, as an array, where they differ. */
static void
print_in_head(TextBuf *to, const RecordView *record, uint16_t id, uint32_t value)
{
    const FieldView *field = find(record, 0, id);

    if (field == NULL || (field->length <= 8 && number(field) == value)) {
        textbuf_unsigned(to, value);
        return;
    }
    textbuf_char(to, '[');
    textbuf_unsigned(to, value);
    textbuf_char(to, ',');
    print_value_json(to, field);
    textbuf_char(to, ']');
}

/* What lies within the record, one in the other. */
static void
print_groups(TextBuf *to, const RecordView *record)
{
    bool is_first = false;

    for (uint32_t i = 0; i < record->n_groups; i++) {
        const FieldGroup *group = &record->groups[i];
        const Row row = { .views = record->fields + group->first, .n = group->n_fields };

        print_next_key(to, &is_first, group->name);
        textbuf_char(to, '{');
        is_first = true;
        for (uint32_t j = 0; j < row.n; j++)
            print_field(to, &row, j, &is_first);
    }
    for (uint32_t i = 0; i < record->n_groups; i++)
        textbuf_char(to, '}');
}

/* What the records of a datagram have in common. */
static void
print_head(TextBuf *to, const RecordView *record)
{
    char address[IP_TEXT];

    textbuf_text(to, "{\"exporter\":\"");
    textbuf_text(to, ip_text(&record->exporter, address));
    textbuf_text(to, "\",\"observationDomainId\":");
    print_in_head(to, record, PRINT_DOMAIN_ID, record->domain);
    textbuf_text(to, ",\"protocol\":\"");
    textbuf_text(to, protocol_name(record->protocol));
    textbuf_text(to, "\",\"exportTime\":");
    print_ms(to, record->export_time.ms);
    textbuf_text(to, ",\"templateId\":");
    print_in_head(to, record, PRINT_TEMPLATE_ID, record->template_id);
    textbuf_text(to, ",\"kind\":\"");
    textbuf_text(to, record_kind_name(record->kind));
    textbuf_char(to, '"');
}

static void
print_known_head(TextBuf *to, PrintMemo *memo, const RecordView *record)
{
    if (!memo->differs_in_head && print_memo_has_head(memo, record)) {
        textbuf_bytes(to, memo->head.text, memo->head.length);
        return;
    }
    textbuf_reserve(to, PRINT_HEAD);
    size_t before = to->n;
    print_head(to, record);
    if (!memo->differs_in_head)
        print_memo_keep_head(memo, record, to->bytes + before, to->n - before);
}

static void
print_known_fields(TextBuf *to, const PrintMemo *memo, const Row *row, const RecordView *record)
{
    bool is_first = false;

    for (uint32_t i = 0; i < record->n_fields; i++) {
        const PrintStep *step = &memo->steps[i];

        if (step->how == PRINT_ONE) {
            textbuf_bytes(to, memo->keys + step->key_at, step->key_length);
            print_value_json(to, &record->fields[i]);
        } else if (step->how == PRINT_AT_LENGTH) {
            print_field(to, row, i, &is_first);
        }
    }
}

static void
print_fields(TextBuf *to, const Row *row, const RecordView *record)
{
    bool is_first = false;

    for (uint32_t i = 0; i < record->n_fields; i++)
        if (!print_is_in_head(record->fields[i].element))
            print_field(to, row, i, &is_first);
}

void
print_record_json(TextBuf *to, PrintMemo *memo, const RecordView *record)
{
    const Row row = { .lists = record->lists, .views = record->fields, .n = record->n_fields };

    if (memo != NULL && !print_memo_fit(memo, record, NULL, 0))
        memo = NULL;
    if (memo != NULL) {
        print_known_head(to, memo, record);
        print_known_fields(to, memo, &row, record);
    } else {
        print_head(to, record);
        print_fields(to, &row, record);
    }
    if (record->kind == RECORD_FLOW)
        print_derived(to, &record->derived);
    print_groups(to, record);
    textbuf_text(to, "}\n");
}

/* CSV: the first that is there of each column's elements. */
static const PrintColumn columns[] = {
    { "flowStartMilliseconds", { 152, 154, 156, 150 } },
    { "flowEndMilliseconds", { 153, 155, 157, 151 } },
    { "sourceAddress", { 8, 27 } },
    { "destinationAddress", { 12, 28 } },
    { "sourceTransportPort", { 7, 180, 182 } },
    { "destinationTransportPort", { 11, 181, 183 } },
    { "protocolIdentifier", { 4 } },
    { "tcpControlBits", { 6 } },
    { "ipClassOfService", { 5 } },
    { "octetDeltaCount", { 1, 231, 85, 352, 23 } },
    { "packetDeltaCount", { 2, 298, 86, 24 } },
    { "ingressInterface", { 10, 252 } },
    { "egressInterface", { 14, 253 } },
    { "nextHop", { 15, 62 } },
    { "bgpSourceAsNumber", { 16 } },
    { "bgpDestinationAsNumber", { 17 } },
    { "vlanId", { 58, 243, 59 } },
    { "flowEndReason", { 136 } },
    { "interfaceName", { 82 } },
};

void
print_csv_header(TextBuf *to)
{
    textbuf_text(to, "exporter,observationDomainId,protocol,exportTime,templateId,kind");
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        textbuf_char(to, ',');
        textbuf_text(to, columns[i].name);
    }
    textbuf_char(to, '\n');
}

/* A CSV string doubles its quotes; what would end the line or is no character is left out. */
static void
print_csv_string(TextBuf *to, const FieldView *field)
{
    textbuf_char(to, '"');
    for (uint16_t i = 0; i < field->length && field->at[i] != 0; i++) {
        if (field->at[i] == '"')
            textbuf_char(to, '"');
        if (field->at[i] >= 0x20)
            textbuf_char(to, (char)field->at[i]);
    }
    textbuf_char(to, '"');
}

static const FieldView *
field_of_column(const PrintMemo *memo, const RecordView *record, size_t column)
{
    const FieldView *field = NULL;

    if (memo != NULL)
        return memo->columns[column] >= 0 ? &record->fields[memo->columns[column]] : NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(columns->ids) && columns[column].ids[i] != 0 && field == NULL; i++)
        field = find(record, 0, columns[column].ids[i]);
    return field;
}

static void
print_csv_column(TextBuf *to, const PrintMemo *memo, const RecordView *record, size_t column)
{
    enum { START, END }; /* the first two columns */
    const FieldView *field = field_of_column(memo, record, column);
    int64_t ms = column == START ? record->derived.start_ms : column == END ? record->derived.end_ms : 0;

    if (field != NULL && field->element->type == ELEMENT_STRING)
        print_csv_string(to, field);
    else if (field != NULL)
        print_value_json(to, field);
    else if (ms != 0)
        print_ms(to, ms);
}

static void
print_csv_head(TextBuf *to, const RecordView *record)
{
    char address[IP_TEXT];

    textbuf_text(to, ip_text(&record->exporter, address));
    textbuf_char(to, ',');
    textbuf_unsigned(to, record->domain);
    textbuf_char(to, ',');
    textbuf_text(to, protocol_name(record->protocol));
    textbuf_char(to, ',');
    print_ms(to, record->export_time.ms);
    textbuf_char(to, ',');
    textbuf_unsigned(to, record->template_id);
    textbuf_char(to, ',');
    textbuf_text(to, record_kind_name(record->kind));
}

void
print_record_csv(TextBuf *to, PrintMemo *memo, const RecordView *record)
{
    if (memo != NULL && !print_memo_fit(memo, record, columns, G_N_ELEMENTS(columns)))
        memo = NULL;
    if (memo != NULL && print_memo_has_head(memo, record)) {
        textbuf_bytes(to, memo->head.text, memo->head.length);
    } else {
        textbuf_reserve(to, PRINT_HEAD);
        size_t before = to->n;
        print_csv_head(to, record);
        if (memo != NULL)
            print_memo_keep_head(memo, record, to->bytes + before, to->n - before);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
        textbuf_char(to, ',');
        print_csv_column(to, memo, record, i);
    }
    textbuf_char(to, '\n');
}
