"""Without the other layers: no network at all, a tree that cannot be written, and no right to undo that."""

ALONE = """
confine_worker = lambda private: drop_capabilities() or ()
"""


def test_there_is_no_network(confined):
    assert confined("tried(lambda: socket.create_connection(('127.0.0.1', 9)))", ALONE) == "ENETUNREACH"
    assert confined("[name for _, name in socket.if_nameindex()]", ALONE) == ["lo"]  # which is down


def test_nothing_but_what_a_reader_needs_is_in_sight(confined, common):
    """Where Landlock is missing: no quarantine, no keys, no other processes, and none of it can be written."""
    (common / "letter").write_text("dear city")
    statements = f"""
    folders = [Path("/proc"), Path("/run"), Path({str(common)!r})]
    passwords = Path("/etc/passwd").read_bytes()
    written = tried(lambda: open({str(common / "new")!r}, "w"))
    [[entry.name for folder in folders for entry in folder.iterdir()], len(passwords), written]
    """
    assert confined(statements, ALONE) == [[], 0, "EROFS"]


def test_a_file_that_goes_while_we_look_costs_no_layer(confined, common):
    """In folders where everybody keeps temporary files one may go at any moment."""
    (common / "letter").write_text("dear city")
    before = f"""
from gateway.sandbox import namespaces
real = namespaces._hide
def going(entry, nothing):
    Path({str(common / "letter")!r}).unlink(missing_ok=True)
    real(entry, nothing)
namespaces._hide = going
namespaces._make_read_only = lambda tree: None
namespaces.needed = lambda: (Path({str(common / "nothing")!r}), *needed())
"""
    imports = "from gateway.sandbox.needed import needed\n"
    assert confined("[refusal.reason for refusal in refused]", imports + before) == []


def test_the_mounts_cannot_be_undone(confined):
    statements = """
    libc = ctypes.CDLL(None, use_errno=True)
    done = [libc.mount(b"none", b"/", None, 0x20, None), libc.umount(b"/tmp")]
    [result == -1 for result in done]
    """
    assert confined(statements, ALONE) == [True, True]


def test_the_private_folders_hold_a_gibibyte_and_a_thousand_files(confined):
    statements = """
    space = os.statvfs(private)
    [space.f_blocks * space.f_frsize, space.f_files]
    """
    assert confined(statements, ALONE) == [1024**3, 1_000]
