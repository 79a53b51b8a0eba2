"""What the filter of system calls leaves: reading and judging; no process, program, socket or other process."""

import platform

import pytest

from gateway.sandbox.system_calls import ALLOWED

ACTS = {
    "os.fork()": "ENOSYS",
    "os.execv('/bin/true', ['true'])": "ENOSYS",
    "socket.socket()": "ENOSYS",
    "socket.socket(socket.AF_UNIX)": "ENOSYS",
    "os.kill(os.getppid(), 0)": "ENOSYS",
    "os.chmod(private, 0o777)": "ENOSYS",
    "os.symlink('/etc', private / 'link')": "ENOSYS",
    "os.mkdir(private / 'folder')": "ENOSYS",
    "os.link('/dev/null', private / 'link')": "ENOSYS",
    "os.mkfifo(private / 'pipe')": "ENOSYS",
    "os.chroot(private)": "ENOSYS",
    "os.memfd_create('hoard')": "ENOSYS",
    "fcntl.ioctl(2, termios.TIOCSTI, b'!')": "ENOSYS",
    "fcntl.fcntl(2, fcntl.F_SETOWN, os.getppid())": "ENOSYS",
    "fcntl.fcntl(2, fcntl.F_GETFL)": "done",
    "(private / 'note').write_text('a')": "done",
    "os.listdir(private)": "done",
}


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_allowed_or_not_there(confined, act):
    assert confined(f"tried(lambda: {act})") == ACTS[act]


def test_another_process_s_limits_are_out_of_reach(confined):
    """prlimit64 is how a worker sets its own."""
    assert confined("tried(lambda: resource.prlimit(os.getppid(), resource.RLIMIT_CPU))") == "ENOSYS"


def test_its_own_time_can_be_limited(confined):
    assert confined("tried(lambda: limit_time(30))") == "done"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the foreign calls are those of x86_64")
def test_the_calls_of_another_architecture_end_the_process(confined):
    """int 0x80 reaches the 32-bit table, where the numbers mean other calls."""
    with pytest.raises(AssertionError, match="-31"):  # SIGSYS
        confined(
            """
            code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
            code.write(bytes.fromhex("b814000000cd80c3"))
            ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
            """
        )


def test_nothing_dangerous_is_allowed():
    dangerous = {"execve", "execveat", "fork", "vfork", "clone", "clone3", "ptrace", "socket", "socketpair", "connect"}
    dangerous |= {"bind", "listen", "accept4", "mount", "unshare", "setns", "bpf", "io_uring_setup", "keyctl", "kill"}
    dangerous |= {
        "process_vm_readv",
        "process_vm_writev",
        "pidfd_open",
        "pidfd_getfd",
        "userfaultfd",
        "perf_event_open",
    }
    assert ALLOWED & dangerous == set()
