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


def test_the_private_folder_holds_ordinary_files_alone(confined):
    """A folder in it, a folder in that and so on could be made too deep to be removed."""
    assert confined(
        """
        folder = tried(lambda: os.mkdir(private / "folder"))
        link = tried(lambda: os.symlink("/etc", private / "link"))
        pipe = tried(lambda: os.mkfifo(private / "pipe"))
        note = tried(lambda: (private / "note").write_text("a"))
        cut = tried(lambda: os.truncate(private / "note", 0))
        moved = tried(lambda: os.rename(private / "note", private / "other"))
        gone = tried(lambda: os.unlink(private / "other"))
        [folder, link, pipe, note, cut, moved, gone]
        """,
        ALONE,
    ) == ["EACCES", "EACCES", "EACCES", "done", "done", "done", "done"]


def test_programs_cannot_be_started(confined):
    assert confined("tried(lambda: os.execv('/bin/true', ['true']))", ALONE) == "EACCES"


def test_other_processes_get_no_signal(confined):
    assert confined("tried(lambda: os.kill(os.getppid(), 0))", ALONE) == "EPERM"


def test_no_tcp_connection_is_made(confined):
    statements = "tried(lambda: socket.socket().connect(('127.0.0.1', 9)))"
    assert confined(statements, ALONE) == "EACCES"
