/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-steering.c - the kernel's choice of a socket against ours, over real sockets
 *
 * Loopback has 16 million IPv4 addresses to send from. For IPv6 it has one, so that part runs in a network
 * namespace of its own where it can be had.
 */
#include "collector/listener.h"
#include "collector/steering.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_LANES = 7, SENDERS = 1500, ROUNDS = 3, V6_FREEBIND = 78 };

typedef struct Group {
    uint32_t n;
    int fds[MOST_LANES];
    uint16_t port;
    int family;
} Group;

static void
group_open(Group *self, const char *address, uint32_t n)
{
    ListenerBufferInfo info;
    struct sockaddr_in6 where = { .sin6_port = 0 };
    socklen_t length = sizeof where;

    *self = (Group){ .n = n };
    g_assert_true(listener_bind(address, 0, 1 << 20, &self->fds[0], &info, NULL));
    g_assert_true(steering_attach(self->fds[0], 1, NULL));
    for (uint32_t i = 1; i < n; i++)
        g_assert_true(listener_bind_beside(self->fds[0], 1 << 20, &self->fds[i], &info, NULL));
    g_assert_true(steering_attach(self->fds[0], n, NULL));
    g_assert_cmpint(getsockname(self->fds[0], (struct sockaddr *)&where, &length), ==, 0);
    self->family = where.sin6_family;
    self->port = ntohs(where.sin6_port);
}

static void
group_close(Group *self)
{
    for (uint32_t i = 0; i < self->n; i++)
        close(self->fds[i]);
}

/* From @source, which may be any address that the loopback takes, to the group. */
static void
send_from(const Group *self, const IpAddress *source)
{
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 }, to_v6 = { .sin6_family = AF_INET6,
                                                                    .sin6_port = htons(self->port),
                                                                    .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct sockaddr_in v4 = { .sin_family = AF_INET }, to_v4 = { .sin_family = AF_INET,
                                                                 .sin_port = htons(self->port),
                                                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    bool is_v4 = ip_is_v4(source);
    int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

    memcpy(&v4.sin_addr, source->bytes + 12, 4);
    memcpy(&v6.sin6_addr, source->bytes, 16);
    if (!is_v4)
        setsockopt(fd, IPPROTO_IPV6, V6_FREEBIND, &on, sizeof on);
    const void *from = is_v4 ? (const void *)&v4 : &v6, *to = is_v4 ? (const void *)&to_v4 : &to_v6;
    socklen_t length = is_v4 ? sizeof v4 : sizeof v6;
    g_assert_cmpint(bind(fd, from, length), ==, 0);
    g_assert_cmpint(sendto(fd, "hello", 5, 0, to, length), ==, 5);
    close(fd);
}

/* The lane at which the datagram came; the others have none. */
static uint32_t
heard_at(const Group *self)
{
    struct pollfd fds[MOST_LANES];
    uint32_t lane = MOST_LANES;
    char bytes[16];

    for (uint32_t i = 0; i < self->n; i++)
        fds[i] = (struct pollfd){ .fd = self->fds[i], .events = POLLIN };
    g_assert_cmpint(poll(fds, self->n, 5000), ==, 1);
    for (uint32_t i = 0; i < self->n; i++)
        if (fds[i].revents != 0)
            lane = i;
    g_assert_cmpint(recv(self->fds[lane], bytes, sizeof bytes, 0), ==, 5);
    return lane;
}

static IpAddress
some_v4(uint32_t i)
{
    return ip_from_v4(0x7f000002 + i % 3 + (i * 2654435761u >> 8)); /* neighbours, and far apart */
}

static IpAddress
some_v6(uint32_t i)
{
    IpAddress ip = { .bytes = { 0x20, 0x01, 0x0d, 0xb8 } };

    for (int k = 4; k < 16; k++)
        ip.bytes[k] = (uint8_t)(i * 2654435761u >> (k * 7 % 25));
    return ip;
}

/* All senders some times over: each is heard at the lane that we work out, each time. */
static void
check_all(const char *address, uint32_t lanes, uint32_t senders, IpAddress (*some)(uint32_t i))
{
    uint32_t heard[MOST_LANES] = { 0 };
    Group group;

    group_open(&group, address, lanes);
    for (int round = 0; round < ROUNDS; round++)
        for (uint32_t i = 0; i < senders; i++) {
            IpAddress source = some(i);
            send_from(&group, &source);
            uint32_t lane = heard_at(&group);
            g_assert_cmpuint(lane, ==, steering_lane(&source, lanes));
            heard[lane]++;
        }
    for (uint32_t i = 0; senders > 1 && i < lanes; i++) { /* each has its share, within a third */
        g_assert_cmpuint(heard[i], >, senders * ROUNDS / lanes * 2 / 3);
        g_assert_cmpuint(heard[i], <, senders * ROUNDS / lanes * 4 / 3);
    }
    group_close(&group);
}

static void
test_a_sender_is_heard_at_its_lane(void)
{
    static const uint32_t lanes[] = { 1, 2, 3, 7 };

    for (size_t i = 0; i < G_N_ELEMENTS(lanes); i++)
        check_all("127.0.0.1", lanes[i], SENDERS, some_v4);
}

static void
test_so_it_is_at_a_socket_of_both_families(void)
{
    check_all("::", 3, SENDERS, some_v4);
}

static IpAddress
loopback_v6(uint32_t i)
{
    return (IpAddress){ .bytes = { [15] = 1 } };
}

static void
test_so_is_a_sender_over_ipv6(void)
{
    for (uint32_t lanes = 2; lanes <= MOST_LANES; lanes++)
        check_all("::1", lanes, 1, loopback_v6);
}

/* Runs this test anew in a namespace whose loopback sends from any address of 2001:db8::/32. */
static void
test_so_are_many_senders_over_ipv6(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    const char *script = "ip link set lo up && ip -6 route add local 2001:db8::/32 dev lo || exit 77; exec "
                         "\"$0\" in-namespace";
    const char *argv[] = { "unshare", "--map-root-user", "--net", "sh", "-c", script, self, NULL };
    g_autofree char *errors = NULL;
    int status = 0;

    if (!g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL,
                      NULL, &errors, &status, NULL) ||
        (WIFEXITED(status) && (WEXITSTATUS(status) == 77 || strstr(errors, "unshare") != NULL))) {
        g_test_skip("no network namespace of its own is to be had");
        return;
    }
    g_test_message("%s", errors);
    g_assert_cmpint(status, ==, 0);
}

/* What waits at the sockets that were there before goes nowhere else, and none comes to new ones too early.
 */
static void
test_more_sockets_change_nothing_until_told(void)
{
    ListenerBufferInfo info;
    Group group;

    group_open(&group, "127.0.0.1", 2);
    for (; group.n < 5; group.n++)
        g_assert_true(listener_bind_beside(group.fds[0], 1 << 20, &group.fds[group.n], &info, NULL));
    for (uint32_t i = 0; i < SENDERS / 10; i++) {
        IpAddress source = some_v4(i);
        send_from(&group, &source);
        g_assert_cmpuint(heard_at(&group), ==, steering_lane(&source, 2));
    }
    g_assert_true(steering_attach(group.fds[0], 5, NULL));
    for (uint32_t i = 0; i < SENDERS / 10; i++) {
        IpAddress source = some_v4(i);
        send_from(&group, &source);
        g_assert_cmpuint(heard_at(&group), ==, steering_lane(&source, 5));
    }
    group_close(&group);
}

/* A second daemon of the same user would take away from the first. */
static void
test_a_shared_port_is_not_bound_by_another(void)
{
    ListenerBufferInfo info;
    g_autoptr(GError) error = NULL;
    Group group;
    int fd;

    group_open(&group, "127.0.0.1", 2);
    g_assert_false(listener_bind("127.0.0.1", group.port, 1 << 20, &fd, &info, &error));
    g_assert_nonnull(error);
    group_close(&group);
}

int
main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "in-namespace") == 0) {
        for (uint32_t lanes = 2; lanes <= MOST_LANES; lanes++)
            check_all("::", lanes, SENDERS, some_v6);
        return 0;
    }
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/steering/a-sender-is-heard-at-its-lane", test_a_sender_is_heard_at_its_lane);
    g_test_add_func("/collector/steering/so-it-is-at-a-socket-of-both-families",
                    test_so_it_is_at_a_socket_of_both_families);
    g_test_add_func("/collector/steering/so-is-a-sender-over-ipv6", test_so_is_a_sender_over_ipv6);
    g_test_add_func("/collector/steering/so-are-many-senders-over-ipv6", test_so_are_many_senders_over_ipv6);
    g_test_add_func("/collector/steering/more-sockets-change-nothing-until-told",
                    test_more_sockets_change_nothing_until_told);
    g_test_add_func("/collector/steering/a-shared-port-is-not-bound-by-another",
                    test_a_shared_port_is_not_bound_by_another);
    return g_test_run();
}
