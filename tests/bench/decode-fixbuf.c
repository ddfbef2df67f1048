/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * decode-fixbuf.c - libfixbuf reads what bench-decode has in memory
 *
 * Its sessions, one for each exporter, exist only behind its own UDP listener. So the listener gets a real
 * socket, and the two calls that it makes for each datagram are answered here: select says that there is
 * something, recvfrom copies the next datagram with its sender's address. What the kernel would take is not
 * in the figure.
 */
#include "tests/bench/decode-input.h"
#include "tests/bench/fixbuf-record.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 50000 };

static uint64_t
read_records(fBuf_t *buffer)
{
    FixbufRecord record;
    size_t length = sizeof record - sizeof record.padding;
    g_autoptr(GError) error = NULL; /* the end of what there is */
    uint64_t n = 0;

    while (fBufNext(buffer, (uint8_t *)&record, &length, &error))
        n++;
    return n;
}

Run
fixbuf_run_buffer(const Input *input)
{
    fbInfoModel_t *model = fbInfoModelAlloc();
    fBuf_t *buffer = fBufAllocForCollection(fixbuf_session_new(model), NULL);
    Run run = { 0 };
    double begin = 0;

    fBufSetAutomaticMode(buffer, FALSE);
    for (uint32_t i = 0; i < input->n; i++) {
        if (i == input->n_warm) {
            run.timed = run.records;
            begin = bench_now_ns();
        }
        fBufSetBuffer(buffer, input->arena + input->at[i], input->at[i + 1] - input->at[i]);
        if (i == 0)
            fixbuf_use_template(buffer);
        run.records += read_records(buffer);
    }
    run.ns = bench_now_ns() - begin;
    run.timed = run.records - run.timed;
    fBufFree(buffer);
    fbInfoModelFree(model);
    return run;
}

/* What the socket has, until @end. The two functions below get no argument of ours: they find it under this
 * name. */
typedef struct Feed {
    const Input *input;
    uint32_t next, end;
} Feed;
static const char feed_name[] = "feed";

/* libfixbuf waits for its socket and for a pipe that wakes it up, which was made later. */
int
select(int n_fds, fd_set *readable, fd_set *writable, fd_set *broken, struct timeval *timeout)
{
    bool has_one = false;

    for (int fd = 0; fd < n_fds; fd++) {
        if (has_one)
            FD_CLR(fd, readable);
        has_one |= FD_ISSET(fd, readable);
    }
    return 1;
}

ssize_t
recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *from, socklen_t *from_length)
{
    Feed *feed = g_dataset_get_data(feed_name, feed_name);
    struct sockaddr_in *address = (struct sockaddr_in *)from;

    if (feed->next == feed->end) {
        errno = EWOULDBLOCK;
        return -1;
    }
    const Input *input = feed->input;
    size_t at = input->at[feed->next], length = input->at[feed->next + 1] - at;
    IpAddress source = input_source(input, feed->next++);

    *address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(PORT) };
    memcpy(&address->sin_addr, source.bytes + 12, 4);
    *from_length = sizeof *address;
    memcpy(buffer, input->arena + at, length);
    return (ssize_t)length;
}

/*
 * The buffer of a listener on a port that was free a moment ago. It gives it away when its socket is
 * readable: for that it gets one real datagram.
 */
static fBuf_t *
listen_on(fbSession_t *session, bool is_v9, fbListener_t **listener)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char port[8];
    fbConnSpec_t where = { .transport = FB_UDP, .host = (char *)"127.0.0.1", .svc = port };
    fbCollector_t *collector = NULL;
    fBuf_t *buffer = NULL;
    g_autoptr(GError) error = NULL;

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0)
        g_error("no port for libfixbuf: %s", g_strerror(errno));
    close(fd);
    g_snprintf(port, sizeof port, "%u", ntohs(address.sin_port));
    *listener = fbListenerAlloc(&where, session, NULL, NULL, &error);
    fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (*listener == NULL || sendto(fd, "", 1, 0, (struct sockaddr *)&address, length) != 1 ||
        (is_v9 && (!fbListenerGetCollector(*listener, &collector, &error) ||
                   !fbCollectorSetNetflowV9Translator(collector, &error))) ||
        (buffer = fbListenerWait(*listener, &error)) == NULL)
        g_error("libfixbuf: %s", error != NULL ? error->message : g_strerror(errno));
    close(fd);
    return buffer;
}

Run
fixbuf_run_listener(const Input *input)
{
    fbInfoModel_t *model = fbInfoModelAlloc();
    fbListener_t *listener;
    fBuf_t *buffer = listen_on(fixbuf_session_new(model), input->arena[1] == 9, &listener);
    Feed feed = { .input = input, .end = input->n_warm };
    Run run = { 0 };

    g_dataset_set_data(feed_name, feed_name, &feed);
    fBufSetAutomaticMode(buffer, TRUE);
    fixbuf_use_template(buffer);
    run.records = read_records(buffer);
    feed.end = input->n;
    double begin = bench_now_ns();
    run.timed = read_records(buffer);
    run.ns = bench_now_ns() - begin;
    run.records += run.timed;
    fbListenerFree(listener);
    fbInfoModelFree(model);
    g_dataset_destroy(feed_name);
    return run;
}
