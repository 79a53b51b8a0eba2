"""A confined worker has all layers on a kernel that gives them; each holds what it is there for."""

from pathlib import Path

from gateway.sandbox.landlock import abi


def test_every_layer_stands(confined):
    assert abi() > 0, "this kernel has no Landlock: what follows cannot be shown on it"
    assert confined("[refusal.layer.name + ': ' + refusal.reason for refusal in refused]") == []


def test_the_private_folder_alone_can_be_written(confined, common):
    assert confined(
        f"""
        own = tried(lambda: (private / "note").write_text("a"))
        other = tried(lambda: open({str(common / "note")!r}, "w"))
        upstairs = tried(lambda: (private.parent / "note").write_text("a"))
        [own, other, upstairs]
        """
    ) == ["done", "EROFS", "EACCES"]


def test_the_private_folder_is_not_of_this_machine(confined):
    folder = confined("str(private)")
    assert not Path(str(folder)).exists()


def test_a_read_only_file_system_stands_behind_landlock(confined, common):
    """The mounts alone, before the worker's own layers."""
    before = f"""
confine_parent()
try:
    told = "done", open({str(common / "note")!r}, "w")
except OSError as error:
    told = errno.errorcode[error.errno]
confine_parent = lambda: ()
"""
    assert confined("told", before) == "EROFS"


def test_secrets_cannot_be_read(confined, common):
    secret = common / "secret"
    secret.write_text("of the city")
    secret.chmod(0o644)
    assert (
        confined(
            f"""
        paths = [{str(secret)!r}, "/etc/passwd", "/etc/shadow", f"/proc/{{os.getppid()}}/environ"]
        [tried(lambda: open(path)) in ("EACCES", "ENOENT") for path in paths]
        """
        )
        == [True] * 4
    )


def test_the_system_s_libraries_can_be_read(confined):
    assert confined("tried(lambda: open('/usr/share/misc/magic.mgc', 'rb'))") == "done"
