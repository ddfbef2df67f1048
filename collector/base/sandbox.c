/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sandbox.c - see sandbox.h */
#include "collector/base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef __has_feature
#define __has_feature(x) 0 /* clang only */
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define HAS_ADDRESS_SANITIZER 1
#else
#define HAS_ADDRESS_SANITIZER 0
#endif

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13) /* since Landlock 2, kernel 5.19 */
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* since Landlock 3, kernel 6.2 */
#endif

static const uint64_t READ_RIGHTS = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
static const uint64_t FILE_RIGHTS =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE;

/* Every right that this kernel's Landlock knows: what is not granted below is then forbidden. */
static uint64_t
known_rights(long abi)
{
    uint64_t rights = (1ULL << 13) - 1; /* the thirteen of Landlock 1 */

    if (abi >= 2)
        rights |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3)
        rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
    return rights;
}

/* Where LeakSanitizer finds the threads, and its report the names of functions. */
static const SandboxFolder sanitizer_reads[] = { { "/proc", false },
                                                 { "/proc/self/exe", false },
                                                 { "/usr/lib", false } };

static void
grant(int ruleset, const SandboxFolder *folder, uint64_t rights)
{
    struct landlock_path_beneath_attr beneath = { .allowed_access = rights };
    struct stat status;

    if (!folder->writable)
        beneath.allowed_access &= READ_RIGHTS;
    else
        beneath.allowed_access &= ~(uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                              LANDLOCK_ACCESS_FS_MAKE_BLOCK);
    beneath.parent_fd = open(folder->path, O_PATH | O_CLOEXEC);
    if (beneath.parent_fd < 0)
        return;
    if (fstat(beneath.parent_fd, &status) == 0 && !S_ISDIR(status.st_mode))
        beneath.allowed_access &= FILE_RIGHTS;
    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
    close(beneath.parent_fd);
}

static bool
enter_landlock(const SandboxConf *conf)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    if (abi < 1)
        return false;
    struct landlock_ruleset_attr attr = { .handled_access_fs = known_rights(abi) };
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);
    if (ruleset < 0)
        return false;
    for (size_t i = 0; i < conf->n_folders; i++)
        grant(ruleset, &conf->folders[i], attr.handled_access_fs);
    for (size_t i = 0; HAS_ADDRESS_SANITIZER && i < G_N_ELEMENTS(sanitizer_reads); i++)
        grant(ruleset, &sanitizer_reads[i], attr.handled_access_fs);
    bool done = syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return done;
}

static bool
enter_seccomp(const SandboxConf *conf)
{
    static const int killing[] = { SCMP_SYS(execve),
                                   SCMP_SYS(execveat),
                                   SCMP_SYS(ptrace),
                                   SCMP_SYS(mount),
                                   SCMP_SYS(umount2),
                                   SCMP_SYS(pivot_root),
                                   SCMP_SYS(chroot),
                                   SCMP_SYS(init_module),
                                   SCMP_SYS(finit_module),
                                   SCMP_SYS(delete_module),
                                   SCMP_SYS(kexec_load),
                                   SCMP_SYS(bpf),
                                   SCMP_SYS(reboot),
                                   SCMP_SYS(process_vm_readv),
                                   SCMP_SYS(process_vm_writev),
                                   SCMP_SYS(unshare),
                                   SCMP_SYS(setns),
                                   SCMP_SYS(keyctl),
                                   SCMP_SYS(add_key),
                                   SCMP_SYS(open_by_handle_at),
                                   SCMP_SYS(userfaultfd),
                                   SCMP_SYS(fork),
                                   SCMP_SYS(vfork),
                                   SCMP_SYS(swapon) };
    static const int refused[] = { SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind),
                                   SCMP_SYS(listen), SCMP_SYS(accept),  SCMP_SYS(accept4) };
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int failed = filter == NULL;

    for (size_t i = 0; !failed && i < G_N_ELEMENTS(killing); i++)
        if (!HAS_ADDRESS_SANITIZER || killing[i] != SCMP_SYS(ptrace)) /* how it looks for leaks at the end */
            failed |= seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, killing[i], 0);
    size_t n_refused = conf->may_accept ? 3 : G_N_ELEMENTS(refused);
    for (size_t i = 0; !failed && i < n_refused; i++)
        failed |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0);
    failed = failed || seccomp_load(filter) != 0;
    seccomp_release(filter);
    return !failed;
}

static bool
drop_capabilities(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[2] = { 0 };

    return syscall(SYS_capset, &header, none) == 0;
}

void
sandbox_drop_raw(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct sets[2] = { 0 };
    const uint32_t raw = UINT32_C(1) << CAP_NET_RAW;

    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_NET_RAW, 0, 0);
    prctl(PR_CAPBSET_DROP, CAP_NET_RAW, 0, 0, 0); /* root would get it back when it starts a program */
    if (syscall(SYS_capget, &header, sets) != 0)
        return;
    sets[0].effective &= ~raw;
    sets[0].permitted &= ~raw;
    sets[0].inheritable &= ~raw;
    syscall(SYS_capset, &header, sets);
}

char *
sandbox_enter(const SandboxConf *conf)
{
    g_autoptr(GPtrArray) holds = g_ptr_array_new();
    struct rlimit no_core = { 0, 0 }, memory = { conf->memory_bytes, conf->memory_bytes };

    setrlimit(RLIMIT_CORE, &no_core);
    if (conf->memory_bytes > 0 && !HAS_ADDRESS_SANITIZER && setrlimit(RLIMIT_AS, &memory) == 0)
        g_ptr_array_add(holds, "memory limit");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        g_ptr_array_add(holds, "no new privileges");
    if (drop_capabilities())
        g_ptr_array_add(holds, "no capabilities");
    if (enter_landlock(conf))
        g_ptr_array_add(holds, "landlock");
    if (enter_seccomp(conf))
        g_ptr_array_add(holds, "seccomp");
    g_ptr_array_add(holds, NULL);
    return g_strjoinv(", ", (char **)holds->pdata);
}
