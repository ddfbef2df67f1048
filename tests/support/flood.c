/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * flood.c - datagrams from as many sources as loopback has
 *
 *   flood PORT FIRST COUNT EACH    COUNT datagrams to 127.0.0.1:PORT, from FIRST, FIRST+1, ... (FIRST: dotted
 * quad in 127.0.0.0/8), and one in EACH (0: none) from 127.2.2.2, a forgotten router
 *
 * Prints how many were sent, in a minute at most: a million take a few seconds where the machine is idle.
 * Each is the header of a NetFlow v9 packet with nothing in it. The source is chosen for each datagram with
 * IP_PKTINFO, so one socket does.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
    BATCH = 64,
    CONTROL = CMSG_SPACE(sizeof(struct in_pktinfo)),
    PAUSE_EACH = 4096,
    PAUSE_US = 1000,
    MOST_S = 60
};

typedef struct Flood {
    struct mmsghdr messages[BATCH];
    struct iovec part;
    struct sockaddr_in to;
    _Alignas(struct cmsghdr) unsigned char controls[BATCH][CONTROL];
} Flood;

/* All but the source, once: the kernel does not change it. */
static void
prepare(Flood *self, unsigned at)
{
    struct msghdr *header = &self->messages[at].msg_hdr;

    *header = (struct msghdr){ .msg_name = &self->to,
                               .msg_namelen = sizeof self->to,
                               .msg_iov = &self->part,
                               .msg_iovlen = 1,
                               .msg_control = self->controls[at],
                               .msg_controllen = CONTROL };
    struct cmsghdr *control = CMSG_FIRSTHDR(header);
    control->cmsg_level = IPPROTO_IP;
    control->cmsg_type = IP_PKTINFO;
    control->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
}

static void
set_source(Flood *self, unsigned at, uint32_t source)
{
    struct in_pktinfo info = { .ipi_spec_dst = { htonl(source) } };

    struct cmsghdr *control = CMSG_FIRSTHDR(&self->messages[at].msg_hdr);

    if (control != NULL) /* it has room for one */
        memcpy(CMSG_DATA(control), &info, sizeof info);
}

int
main(int argc, char **argv)
{
    static const unsigned char payload[20] = { 0, 9, 0, 0, 0, 0, 1, 0, 0x65, 0x53, 0xf1 };
    Flood *flood = calloc(1, sizeof *flood);
    struct in_addr first;

    if (flood == NULL || argc != 5 || inet_pton(AF_INET, argv[2], &first) != 1) {
        fprintf(stderr, "usage: flood PORT FIRST COUNT EACH\n");
        return 2;
    }
    unsigned long count = strtoul(argv[3], NULL, 10), each = strtoul(argv[4], NULL, 10), sent = 0;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    flood->part = (struct iovec){ (void *)payload, sizeof payload };
    flood->to = (struct sockaddr_in){ .sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10)),
                                      .sin_addr = { htonl(INADDR_LOOPBACK) } };
    for (unsigned i = 0; i < BATCH; i++)
        prepare(flood, i);
    time_t until = time(NULL) + MOST_S;
    while (fd >= 0 && sent < count && time(NULL) < until) {
        unsigned n = 0;

        for (; n < BATCH && sent + n < count; n++)
            set_source(flood, n,
                       each > 0 && (sent + n) % each == 0 ? 0x7f020202
                                                          : ntohl(first.s_addr) + (uint32_t)(sent + n));
        int done = sendmmsg(fd, flood->messages, n, 0);
        if (done <= 0) {
            perror("flood");
            return 1;
        }
        sent += (unsigned long)done;
        if (sent % PAUSE_EACH < BATCH) /* some room for the others on a small machine */
            nanosleep(&(struct timespec){ .tv_nsec = PAUSE_US * 1000L }, NULL);
    }
    printf("%lu\n", sent);
    free(flood);
    return fd < 0;
}
