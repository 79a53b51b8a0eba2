"""Landlock alone, where every other layer is refused: the worker still writes and reads nothing of the city's."""

ALONE = """
confine_parent = lambda: ()
confine_worker = lambda private: confine_files(private) or ()
"""


def test_writing_and_reading_elsewhere_is_refused(confined, common):
    (common / "letter").write_text("dear city")
    assert confined(
        f"""
        written = tried(lambda: open({str(common / "new")!r}, "w"))
        read = tried(lambda: open({str(common / "letter")!r}))
        own = tried(lambda: (private / "note").write_text("a"))
        [written, read, own]
        """,
        ALONE,
    ) == ["EACCES", "EACCES", "done"]


def test_programs_cannot_be_started(confined):
    assert confined("tried(lambda: os.execv('/bin/true', ['true']))", ALONE) == "EACCES"


def test_other_processes_get_no_signal(confined):
    assert confined("tried(lambda: os.kill(os.getppid(), 0))", ALONE) == "EPERM"


def test_no_tcp_connection_is_made(confined):
    statements = "tried(lambda: socket.socket().connect(('127.0.0.1', 9)))"
    assert confined(statements, ALONE) == "EACCES"
