/* SPDX-License-Identifier: GPL-3.0-or-later */
/* test-sandbox.c - a child enters the sandbox and then tries what an intruder would try */
#include "collector/base/sandbox.h"
#include "tests/support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int (*Deed)(const char *folder); /* in the child; its value is the exit status */

/* How a child ended that entered the sandbox, with @folder writable, and did @deed. */
static int
status_of(Deed deed, char **holds_out)
{
    g_autoptr(Scratch) folder = scratch_new("sandbox");
    int pipe_fds[2], status = 0;
    char holds[200] = "";

    g_assert_cmpint(pipe(pipe_fds), ==, 0);
    pid_t child = fork();
    if (child == 0) {
        SandboxFolder folders[] = { { folder, true } };
        char *words = sandbox_enter(&(SandboxConf){ .folders = folders, .n_folders = 1 });
        ssize_t ignored = write(pipe_fds[1], words, strlen(words));
        (void)ignored;
        _exit(deed(folder));
    }
    close(pipe_fds[1]);
    ssize_t n = read(pipe_fds[0], holds, sizeof holds - 1);
    close(pipe_fds[0]);
    g_assert_cmpint(n, >, 0);
    *holds_out = g_strdup(holds);
    waitpid(child, &status, 0);
    return status;
}

static int
write_own_file(const char *folder)
{
    char path[300];

    snprintf(path, sizeof path, "%s/own", folder);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    return fd >= 0 && write(fd, "x", 1) == 1 ? 0 : 1;
}

static int
read_passwords(const char *folder)
{
    return open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES ? 0 : 1;
}

static int
open_a_socket(const char *folder)
{
    return socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM ? 0 : 1;
}

static int
start_a_shell(const char *folder)
{
    execl("/bin/sh", "sh", "-c", "exit 0", NULL);
    return 1;
}

static bool
holds(const char *words, const char *what)
{
    if (strstr(words, what) != NULL)
        return true;
    g_autofree char *why = g_strdup_printf("this kernel gives no %s (has: %s)", what, words);
    g_test_skip(why);
    return false;
}

static void
test_its_own_folder_stays_open(void)
{
    g_autofree char *words = NULL;
    int status = status_of(write_own_file, &words);

    g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
test_other_files_are_out_of_reach(void)
{
    g_autofree char *words = NULL;
    int status = status_of(read_passwords, &words);

    if (holds(words, "landlock"))
        g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
test_no_socket_can_be_made(void)
{
    g_autofree char *words = NULL;
    int status = status_of(open_a_socket, &words);

    if (holds(words, "seccomp"))
        g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void
test_exec_kills(void)
{
    g_autofree char *words = NULL;
    int status = status_of(start_a_shell, &words);

    if (holds(words, "seccomp"))
        g_assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/collector/sandbox/own-folder-stays-open", test_its_own_folder_stays_open);
    g_test_add_func("/collector/sandbox/other-files-out-of-reach", test_other_files_are_out_of_reach);
    g_test_add_func("/collector/sandbox/no-socket", test_no_socket_can_be_made);
    g_test_add_func("/collector/sandbox/exec-kills", test_exec_kills);
    return g_test_run();
}
