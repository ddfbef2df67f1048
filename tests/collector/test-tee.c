/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-tee.c - over real sockets of loopback */
#include "collector/tee-private.h"
#include "tests/support/assert-has.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_BYTES = 65536, LANE_BYTES = 1 << 18 };

/* Somebody who listens; the kernel keeps what comes until it is read. */
typedef struct Ear {
    int fd;
    struct sockaddr_storage address;
} Ear;

static Ear
ear_new(int family)
{
    Ear self = { .fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0) };
    struct sockaddr_in *v4 = (struct sockaddr_in *)&self.address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&self.address;
    socklen_t length = sizeof self.address;

    if (family == AF_INET)
        *v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    else
        *v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    g_assert_cmpint(bind(self.fd, (struct sockaddr *)&self.address, length), ==, 0);
    g_assert_cmpint(getsockname(self.fd, (struct sockaddr *)&self.address, &length), ==, 0);
    return self;
}

/* Bytes of the next datagram; SIZE_MAX: none has come. */
static size_t
hear(const Ear *self, uint8_t *bytes, size_t room)
{
    return (size_t)recv(self->fd, bytes, room, 0);
}

static TeeTarget
target_of(const Ear *ear)
{
    return (TeeTarget){ .name = (char *)"other", .to = (char *)"udp:there", .address = ear->address };
}

static Tee *
tee_over(const TeeTarget *targets, size_t n, size_t n_lanes)
{
    g_autoptr(GError) error = NULL;
    const TeeConf conf = {
        .targets = targets, .n_targets = n, .n_lanes = n_lanes, .queue_bytes = LANE_BYTES, .raw = { -1, -1 }
    };
    Tee *self = tee_new(&conf, &error);

    g_assert_no_error(error);
    return self;
}

static const IpAddress *
somebody(void)
{
    static const IpAddress ip = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1 } };

    return &ip;
}

static json_int_t
count_of(Tee *tee, size_t index, const char *key)
{
    json_t *list = tee_to_json(tee);
    json_int_t count = json_integer_value(json_object_get(json_array_get(list, index), key));

    json_decref(list);
    return count;
}

static void
test_every_destination_gets_every_datagram_as_it_came(void)
{
    enum { DATAGRAMS = 100 };
    Ear ears[TEE_MOST];
    TeeTarget targets[TEE_MOST];
    uint8_t bytes[2000], got[2000];

    for (int i = 0; i < TEE_MOST; i++) {
        ears[i] = ear_new(i % 2 == 0 ? AF_INET : AF_INET6);
        targets[i] = target_of(&ears[i]);
    }
    Tee *tee = tee_over(targets, TEE_MOST, 2);
    tee_start(tee);
    for (size_t n = 0; n < DATAGRAMS; n++) {
        memset(bytes, (uint8_t)n, sizeof bytes);
        tee_lane_push(tee_lane(tee, 0), bytes, n * 10, 0, somebody(), 1000);
        tee_lane_flush(tee_lane(tee, 0));
    }
    tee_stop(tee);
    for (int i = 0; i < TEE_MOST; i++) {
        for (size_t n = 0; n < DATAGRAMS; n++) {
            memset(bytes, (uint8_t)n, sizeof bytes);
            g_assert_cmpuint(hear(&ears[i], got, sizeof got), ==, n * 10);
            g_assert_true(memcmp(got, bytes, n * 10) == 0);
        }
        g_assert_cmpuint(hear(&ears[i], got, sizeof got), ==, SIZE_MAX);
        g_assert_cmpint(count_of(tee, (size_t)i, "sent"), ==, DATAGRAMS);
        close(ears[i].fd);
    }
    tee_free(tee);
}

/* Five datagrams of 300 bytes and one of 20, that the kernel had joined. */
static void
test_joined_datagrams_are_parted_again(void)
{
    Ear ear = ear_new(AF_INET);
    const TeeTarget target = target_of(&ear);
    uint8_t bytes[1520], got[2000];
    Tee *tee = tee_over(&target, 1, 1);

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i / 300);
    tee_lane_push(tee_lane(tee, 0), bytes, sizeof bytes, 300, somebody(), 1000);
    tee_lane_flush(tee_lane(tee, 0));
    tee_start(tee);
    tee_stop(tee);
    for (size_t at = 0; at < sizeof bytes; at += 300) {
        size_t length = MIN((size_t)300, sizeof bytes - at);
        g_assert_cmpuint(hear(&ear, got, sizeof got), ==, length);
        g_assert_true(memcmp(got, bytes + at, length) == 0);
    }
    g_assert_cmpuint(hear(&ear, got, sizeof got), ==, SIZE_MAX);
    tee_free(tee);
    close(ear.fd);
}

static void
test_a_destination_may_want_some_exporters_only(void)
{
    Ear ear = ear_new(AF_INET);
    TeeTarget target = target_of(&ear);
    IpPrefix wanted;
    uint8_t got[10];

    g_assert_true(ip_prefix_parse("192.0.2.0/24", &wanted));
    target.exporters = &wanted;
    target.n_exporters = 1;
    Tee *tee = tee_over(&target, 1, 1);
    const IpAddress stranger = ip_from_v4(0xc6336401);
    tee_lane_push(tee_lane(tee, 0), (const uint8_t *)"no", 2, 0, &stranger, 1);
    tee_lane_push(tee_lane(tee, 0), (const uint8_t *)"yes", 3, 0, somebody(), 1);
    tee_lane_flush(tee_lane(tee, 0));
    tee_start(tee);
    tee_stop(tee);
    g_assert_cmpuint(hear(&ear, got, sizeof got), ==, 3);
    g_assert_cmpuint(hear(&ear, got, sizeof got), ==, SIZE_MAX);
    tee_free(tee);
    close(ear.fd);
}

/* Nobody takes anything out: what does not fit is counted, datagram by datagram, and nothing else happens. */
static void
test_a_full_queue_drops_and_counts(void)
{
    Ear ear = ear_new(AF_INET);
    const TeeTarget target = target_of(&ear);
    g_autofree uint8_t *bytes = g_malloc0(MOST_BYTES);
    Tee *tee = tee_over(&target, 1, 1);
    uint32_t kept = 0;

    for (; count_of(tee, 0, "queueDropped") == 0; kept++) {
        g_assert_cmpuint(kept, <, 1000);
        tee_lane_push(tee_lane(tee, 0), bytes, 1400, 0, somebody(), 1);
    }
    g_assert_cmpuint(kept, >, LANE_BYTES / 1500);
    tee_lane_push(tee_lane(tee, 0), bytes, 60000, 1000, somebody(), 1);
    g_assert_cmpint(count_of(tee, 0, "queueDropped"), ==, 61);
    tee_lane_flush(tee_lane(tee, 0));
    tee_start(tee);
    tee_stop(tee);
    g_assert_cmpint(count_of(tee, 0, "sent"), ==, kept - 1);
    tee_free(tee);
    close(ear.fd);
}

/* Random lengths through a small ring, many times round it. */
static void
test_what_goes_through_the_ring_comes_out_the_same(void)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(5);
    g_autofree uint8_t *bytes = g_malloc(MOST_BYTES);
    atomic_bool sleeping = false;
    TeeLane lane;
    size_t at = 0, total = 0;
    uint32_t in = 0, out = 0;

    tee_lane_init(&lane, LANE_BYTES, &sleeping, -1);
    while (total < 20 * (size_t)LANE_BYTES) {
        size_t length = (size_t)g_rand_int_range(rand, 0, in % 10 == 0 ? 60000 : 1500);
        memset(bytes, (int)(in & 0xff), length);
        tee_lane_push(&lane, bytes, length, 0, somebody(), (uint16_t)in);
        in++;
        total += length;
        tee_lane_flush(&lane);
        for (const TeeItem *item; in % 3 == 0 && (item = tee_lane_read(&lane, &at)) != NULL; out++) {
            g_assert_cmpuint(item->port, ==, (uint16_t)out);
            for (uint32_t i = 0; i < item->length; i++)
                g_assert_cmpuint(((const uint8_t *)(item + 1))[i], ==, (uint8_t)out);
        }
        tee_lane_release(&lane, at);
    }
    g_assert_cmpuint(atomic_load(&lane.dropped), ==, 0);
    g_assert_cmpuint(in - out, <, 3);
    tee_lane_clear(&lane);
}

static void
test_a_dead_destination_is_told_and_holds_up_nobody(void)
{
    Ear dead = ear_new(AF_INET), alive = ear_new(AF_INET);
    const TeeTarget targets[] = { target_of(&dead), target_of(&alive) };
    Tee *tee = tee_over(targets, 2, 1);
    uint8_t got[10];
    size_t n = 0;

    close(dead.fd); /* datagrams to it come back as unreachable */
    tee_start(tee);
    for (int i = 0; i < 50; i++) {
        tee_lane_push(tee_lane(tee, 0), (const uint8_t *)"hello", 5, 0, somebody(), 1);
        tee_lane_flush(tee_lane(tee, 0));
        g_usleep(1000);
    }
    tee_stop(tee);
    while (hear(&alive, got, sizeof got) == 5)
        n++;
    g_assert_cmpuint(n, ==, 50);
    g_assert_cmpint(count_of(tee, 0, "errors"), >, 0);
    g_assert_cmpint(count_of(tee, 1, "errors"), ==, 0);
    json_t *list = tee_to_json(tee);
    const char *problem = json_string_value(json_object_get(json_array_get(list, 0), "problem"));
    g_assert_nonnull(problem);
    assert_has(problem, "Nobody listens there");
    g_assert_true(json_is_null(json_object_get(json_array_get(list, 1), "problem")));
    json_decref(list);
    tee_free(tee);
    close(alive.fd);
}

static void
keeps_source(int family, const char *source, uint16_t port)
{
    g_autoptr(GError) error = NULL;
    Ear ear = ear_new(family);
    TeeTarget target = target_of(&ear);
    struct sockaddr_storage from = { 0 };
    socklen_t length = sizeof from;
    char text[INET6_ADDRSTRLEN];
    uint8_t got[2000], bytes[1399];
    TeeConf conf = { .targets = &target, .n_targets = 1, .n_lanes = 1, .queue_bytes = LANE_BYTES };
    IpAddress ip;

    g_assert_true(ip_parse(source, &ip));
    g_assert_true(tee_open_raw(&conf.raw, &error));
    target.keep_source = true;
    Tee *tee = tee_new(&conf, &error);
    g_assert_no_error(error);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    tee_lane_push(tee_lane(tee, 0), bytes, sizeof bytes, 0, &ip, port);
    tee_lane_flush(tee_lane(tee, 0));
    tee_start(tee);
    tee_stop(tee);
    g_assert_cmpint(count_of(tee, 0, "sent"), ==, 1);
    g_assert_cmpint(recvfrom(ear.fd, got, sizeof got, 0, (struct sockaddr *)&from, &length), ==,
                    sizeof bytes);
    g_assert_true(memcmp(got, bytes, sizeof bytes) == 0);
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&from;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&from;
    g_assert_cmpstr(inet_ntop(family, family == AF_INET ? (const void *)&v4->sin_addr : &v6->sin6_addr, text,
                              sizeof text),
                    ==, source);
    g_assert_cmpuint(ntohs(family == AF_INET ? v4->sin_port : v6->sin6_port), ==, port);
    tee_free(tee);
    close(conf.raw.v4);
    close(conf.raw.v6);
    close(ear.fd);
}

/* The kernel checks the sums: a wrong one would not arrive. */
static void
test_the_source_is_kept(void)
{
    if (geteuid() != 0) {
        g_test_skip("a raw socket takes root");
        return;
    }
    keeps_source(AF_INET, "127.9.8.7", 4739);
    keeps_source(AF_INET6, "::1", 40001);
}

static void
test_a_source_of_the_other_family_cannot_be_kept(void)
{
    Ear ear = ear_new(AF_INET6);
    uint8_t header[TEE_HEADER_MOST], bytes[4] = { 0 };
    size_t length;

    g_assert_false(tee_header(header, &length, &ear.address, somebody(), 1, bytes, sizeof bytes));
    close(ear.fd);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/tee/every-destination-gets-every-datagram-as-it-came",
                    test_every_destination_gets_every_datagram_as_it_came);
    g_test_add_func("/collector/tee/joined-datagrams-are-parted-again",
                    test_joined_datagrams_are_parted_again);
    g_test_add_func("/collector/tee/a-destination-may-want-some-exporters-only",
                    test_a_destination_may_want_some_exporters_only);
    g_test_add_func("/collector/tee/a-full-queue-drops-and-counts", test_a_full_queue_drops_and_counts);
    g_test_add_func("/collector/tee/what-goes-through-the-ring-comes-out-the-same",
                    test_what_goes_through_the_ring_comes_out_the_same);
    g_test_add_func("/collector/tee/a-dead-destination-is-told-and-holds-up-nobody",
                    test_a_dead_destination_is_told_and_holds_up_nobody);
    g_test_add_func("/collector/tee/the-source-is-kept", test_the_source_is_kept);
    g_test_add_func("/collector/tee/a-source-of-the-other-family-cannot-be-kept",
                    test_a_source_of_the_other_family_cannot_be_kept);
    return g_test_run();
}
