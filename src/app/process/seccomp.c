/* SPDX-License-Identifier: MIT */
/*
 * System calls that are refused (libseccomp); see sandbox.h. A list of what is refused instead of
 * what is allowed, because what the libraries below need differs between their versions, and a
 * daemon that fails on a new libc protects nobody. The systemd unit has the allowing kind.
 */
#include "app/process/sandbox.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/socket.h>

#include "util/macros.h"

#if defined(__SANITIZE_ADDRESS__)
#define OSM_SANITIZED true /* its leak check traces its own process */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OSM_SANITIZED true
#endif
#endif
#ifndef OSM_SANITIZED
#define OSM_SANITIZED false
#endif

/* Refused whatever their arguments. */
static const char *const calls[] = {
    /* other processes */
    "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd", "perf_event_open",
    /* what the file system looks like */
    "mount", "umount", "umount2", "pivot_root", "chroot", "fsopen", "fsmount", "fsconfig", "fspick",
    "move_mount", "open_tree", "mount_setattr", "swapon", "swapoff", "quotactl", "quotactl_fd",
    "acct", "open_by_handle_at", "name_to_handle_at", "mknod", "mknodat",
    /* the kernel */
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
    "bpf", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "add_key",
    "keyctl", "request_key", "syslog", "personality", "modify_ldt", "uselib", "lookup_dcookie",
    "nfsservctl", "vhangup", "iopl", "ioperm",
    /* the clock and the machine's name */
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime", "sethostname",
    "setdomainname",
    /* namespaces and identities */
    "unshare", "setns", "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid",
    "setgroups", "setfsuid", "setfsgid", "capset"};

/* Those, if no child is to do so either. */
static const char *const running[] = {"execve", "execveat"};

/* Families that are spoken; all others are refused. */
static const int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

struct filter {
    scmp_filter_ctx context;
    unsigned refused;
    int error;
};

static void note(struct filter *filter, int r)
{
    if (r < 0 && filter->error == 0)
        filter->error = r;
}

/* Calls this kernel or architecture never had are nothing to refuse. */
static void refuse(struct filter *filter, const char *name)
{
    int number = seccomp_syscall_resolve_name(name);

    if (number == __NR_SCMP_ERROR)
        return;
    note(filter, seccomp_rule_add(filter->context, SCMP_ACT_ERRNO(EPERM), number, 0));
    filter->refused++;
}

static void refuse_if(struct filter *filter, int error, int number, struct scmp_arg_cmp comparison)
{
    note(filter, seccomp_rule_add_array(filter->context, SCMP_ACT_ERRNO((uint32_t)error), number, 1,
                                        &comparison));
}

static bool is_spoken(int family)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(families); i++)
        if (families[i] == family)
            return true;
    return false;
}

static void refuse_families(struct filter *filter)
{
    for (int family = 0; family < AF_MAX; family++)
        if (!is_spoken(family))
            refuse_if(filter, EAFNOSUPPORT, SCMP_SYS(socket),
                      SCMP_A0(SCMP_CMP_EQ, (uint64_t)family));
    refuse_if(filter, EAFNOSUPPORT, SCMP_SYS(socket), SCMP_A0(SCMP_CMP_GE, AF_MAX));
}

/* New user namespaces would give all capabilities inside. What clone3 is asked for cannot be seen
 * from here; libc then uses clone. */
static void refuse_namespaces(struct filter *filter)
{
    refuse_if(filter, EPERM, SCMP_SYS(clone),
              SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER));
    note(filter, seccomp_rule_add(filter->context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0));
    refuse_if(filter, EPERM, SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, TIOCSTI));
}

/* Code of one's own: whatever can be run has been mapped before. Libraries that would be loaded
 * later are loaded first (code.c). */
static void refuse_own_code(struct filter *filter)
{
    refuse_if(filter, EPERM, SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    refuse_if(filter, EPERM, SCMP_SYS(shmat), SCMP_A2(SCMP_CMP_MASKED_EQ, SHM_EXEC, SHM_EXEC));
    refuse_if(filter, EPERM, SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
    refuse_if(filter, EPERM, SCMP_SYS(pkey_mprotect),
              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC));
}

static void fill(struct filter *filter, bool children)
{
    for (size_t i = 0; i < OSM_ARRAY_SIZE(calls); i++)
        refuse(filter, calls[i]);
    refuse_families(filter);
    refuse_namespaces(filter);
    if (children)
        return;
    for (size_t i = 0; i < OSM_ARRAY_SIZE(running); i++)
        refuse(filter, running[i]);
    refuse_own_code(filter);
}

int osm_seccomp_apply(bool children, struct osm_seccomp_report *report)
{
    struct filter filter = {0};

    *report = (struct osm_seccomp_report){0};
    if (OSM_SANITIZED)
        return -EOPNOTSUPP;
    filter.context = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter.context)
        return -ENOMEM;
    fill(&filter, children);
    if (filter.error == 0)
        filter.error = seccomp_load(filter.context);
    seccomp_release(filter.context);
    report->refused = filter.refused;
    return filter.error;
}
