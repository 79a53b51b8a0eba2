"""The filter of system calls (seccomp(2)), by libseccomp: what reading a message needs is there, all else is not.

A list of what is allowed, for a new kernel's calls are then refused unread. What is refused answers "not implemented",
which every library has an answer to, rather than ending the worker over a harmless probe.
"""

import ctypes
import errno

from gateway.sandbox.layers import LayerRefused

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000  # seccomp.h
_EQUAL = 4
_UNKNOWN = -1  # a name that this architecture does not have

_MEMORY = ("brk", "madvise", "mmap", "mprotect", "mremap", "munmap", "membarrier")
_DESCRIPTORS = (
    *("close", "dup", "dup2", "dup3", "fstat", "fstatfs", "lseek", "poll", "ppoll", "pselect6"),
    *("pread64", "pwrite64", "read", "readv", "select", "write", "writev", "ftruncate"),
)
_SOCKET = ("recvfrom", "recvmsg", "sendmsg", "sendto", "getsockopt", "getsockname", "shutdown")  # of the one it has
_FILES = (  # Landlock and the read-only file system say which
    *("access", "faccessat", "faccessat2", "getcwd", "getdents64", "lstat", "newfstatat", "open", "openat"),
    *("readlink", "readlinkat", "rename", "renameat", "renameat2", "stat", "statfs", "statx"),
    *("unlink", "unlinkat", "umask"),
)
_TIME = ("clock_getres", "clock_gettime", "clock_nanosleep", "gettimeofday", "nanosleep", "setitimer", "time", "times")
_ITSELF = (
    *("arch_prctl", "exit", "exit_group", "futex", "getegid", "geteuid", "getgid", "getpid", "getppid", "getrandom"),
    *("getrlimit", "getrusage", "gettid", "getuid", "restart_syscall", "rseq", "rt_sigaction"),
    *("rt_sigprocmask", "rt_sigreturn", "sched_getaffinity", "sched_yield", "set_robust_list", "setrlimit"),
    *("sigaltstack", "sysinfo", "uname", "get_robust_list", "set_tid_address"),
)
# Only with these as the argument of that number. Of the others, some type into the administrator's terminal (TIOCSTI),
# have the kernel send signals to another process (F_SETOWN, FIOSETOWN), or change its limits.
_TCGETS, _FIONBIO, _FIOCLEX = 0x5401, 0x5421, 0x5451  # asm-generic/ioctls.h
_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_SETFL, _F_DUPFD_CLOEXEC = 0, 1, 2, 3, 4, 1030  # linux/fcntl.h
ALLOWED_WITH = {
    "ioctl": (1, (_TCGETS, _FIONBIO, _FIOCLEX)),
    "fcntl": (1, (_F_DUPFD, _F_GETFD, _F_SETFD, _F_GETFL, _F_SETFL, _F_DUPFD_CLOEXEC)),
    "prlimit64": (0, (0,)),  # its own
}
ALLOWED = frozenset({*_MEMORY, *_DESCRIPTORS, *_SOCKET, *_FILES, *_TIME, *_ITSELF})


class _Comparison(ctypes.Structure):
    """scmp_arg_cmp: which argument, how compared, with what."""

    _fields_ = (
        ("argument", ctypes.c_uint),
        ("how", ctypes.c_int),
        ("value", ctypes.c_uint64),
        ("other", ctypes.c_uint64),
    )


def filter_system_calls() -> None:
    """From now on no process, no program, no new socket, no other process's memory. Raises LayerRefused."""
    try:
        library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    except OSError:
        raise LayerRefused("libseccomp is not installed (Debian: libseccomp2)") from None
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(_ERRNO | errno.ENOSYS)))
    try:
        for name in sorted(ALLOWED):
            number = library.seccomp_syscall_resolve_name(name.encode())
            if number != _UNKNOWN:
                _told(library.seccomp_rule_add_array(context, ctypes.c_uint32(_ALLOW), number, 0, None))
        for name, (argument, values) in ALLOWED_WITH.items():
            number = library.seccomp_syscall_resolve_name(name.encode())
            for value in values:
                only = ctypes.byref(_Comparison(argument, _EQUAL, value, 0))
                _told(library.seccomp_rule_add_array(context, ctypes.c_uint32(_ALLOW), number, 1, only))
        _told(library.seccomp_load(context))
    finally:
        library.seccomp_release(context)


def _told(result: int) -> None:
    """libseccomp answers with a negated errno."""
    if result < 0:
        raise LayerRefused(errno.errorcode.get(-result, str(result)))
