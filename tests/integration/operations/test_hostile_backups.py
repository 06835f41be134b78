"""Restoring any file, even a hostile one, writes nothing outside its folder."""

import hashlib
import io
import json
import tarfile

import pytest

import argosy
from argosy.app import backends as openers
from argosy.errors import BackupInvalid
from argosy.operations.archive import MANIFEST
from argosy.operations.backup import backup
from argosy.operations.restore import restore

FOREIGN = "which no backup does"
DAMAGED = "is not as it was written"
UNREADABLE = "is no backup, or was cut short"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files of a small project's backup, except the list."""
    folder = tmp_path_factory.mktemp("origin")
    with argosy.open(folder / "notes", create=True) as project:
        project.examples.add([("a red note", "red")])
        backup(project.backends, folder / "notes.tar")
    with tarfile.open(folder / "notes.tar") as tar:
        held = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}
    del held[MANIFEST]
    return held


def entry(data):
    return {"size": len(data), "digest": hashlib.sha256(data).hexdigest()}


def write(target, files, members=(), listed=None):
    """An archive of the files, then of the members, which are (header, bytes), with a list of both."""
    files = [(_header(name, len(data)), data) for name, data in files.items()]
    members = [*files, *members]
    entries = {header.name: entry(data) for header, data in members}
    manifest = {"format": 1, "argosy": "1", "schema": 1, "made_at": 1.0, "files": {**entries, **(listed or {})}}
    data = json.dumps(manifest).encode()
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for header, content in [*members, (_header(MANIFEST, len(data)), data)]:
            tar.addfile(header, io.BytesIO(content))
    return target


def _header(name, size, **changes):
    header = tarfile.TarInfo(name)
    header.size = size
    for attribute, value in changes.items():
        setattr(header, attribute, value)
    return header


@pytest.fixture
def tmp_path(tmp_path):
    """A folder in a folder that no other test writes to: both are searched for files that a restore left."""
    inside = tmp_path / "inside"
    inside.mkdir()
    return inside


def refused(file, said):
    """The restore is refused in one line, and leaves nothing."""
    before = sorted(path for path in file.parent.parent.rglob("*"))
    with pytest.raises(BackupInvalid, match=said) as caught:
        restore(file, file.parent / "into" / "again", openers)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    left = sorted(path for path in file.parent.parent.rglob("*") if path != file.parent / "into")
    assert left == before


NAMES = [
    "project/x\n/../../../victim",
    "project/x\n/../../../../victim.py",
    "project//victim.py",
    "project/../victim.py",
    "project/a/./b.py",
    "project/.argosy/keys/examples.key",
    "project/.git/hooks/post-checkout",
    "project/.git/hooks/x.py",
    "project/.vscode/tasks.json",
    "project/Makefile",
    "project/\x1b[31mred.py",
    "project/" + "a" * 300 + ".py",
    "project/" + "a" * 50_000 + ".py",
    "project",
    "project/",
    "keys/../examples.key",
    "keys/a/examples.key",
    "spool/../../x.spool",
    "artifacts/" + "0" * 63 + "\n",
    "artifacts/../" + "0" * 64,
    "elsewhere/x.py",
    "/project/x.py",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_no_backup_has_is_refused(files, tmp_path, name):
    refused(write(tmp_path / "other.tar", files, [(_header(name, 4), b"evil")]), FOREIGN)


@pytest.mark.parametrize(
    "names",
    [
        ("project/twice.yaml",) * 2,
        ("project/one.py", "project/ONE.py"),
        ("project/\u00e9.py", "project/e\u0301.py"),
        ("project/a.py", "project/a.py/b.py"),
        ("project/a.py/b.py", "project/a.py"),
        ("project/argosy.yaml/x.py",),
    ],
)
def test_two_names_of_one_file_are_refused(files, tmp_path, names):
    refused(write(tmp_path / "other.tar", files, [(_header(name, 4), b"evil") for name in names]), FOREIGN)


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        tarfile.DIRTYPE,
        tarfile.CONTTYPE,
        tarfile.GNUTYPE_SPARSE,
        b"Z",
    ],
)
def test_an_invalid_plain_file_is_refused(files, tmp_path, kind):
    header = _header("project/link.py", 0, type=kind, linkname="/etc/passwd")
    refused(write(tmp_path / "other.tar", files, [(header, b"")]), f"{FOREIGN}|{UNREADABLE}")


def test_a_file_with_holes_is_refused_however_large_it_would_be(files, tmp_path):
    """A pax header may claim that 512 bytes are a file of a terabyte."""
    holes = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.name": "project/holes.py"}
    holes |= {"GNU.sparse.map": f"{1 << 40},0", "GNU.sparse.size": str(1 << 40), "GNU.sparse.numblocks": "1"}
    header = _header("project/holes.py", 0, pax_headers=holes)
    file = write(tmp_path / "other.tar", files, [(header, b"")], {"project/holes.py": {"size": 1 << 40, "digest": "0"}})
    refused(file, FOREIGN)


@pytest.mark.parametrize(("size", "said"), [(3, DAMAGED), (5, DAMAGED), (1 << 50, DAMAGED), (-1, "cannot be read")])
def test_a_false_size_in_the_list_is_refused(files, tmp_path, size, said):
    lie = {"project/a.py": {**entry(b"evil"), "size": size}}
    refused(write(tmp_path / "other.tar", files, [(_header("project/a.py", 4), b"evil")], lie), said)


@pytest.mark.parametrize("size", [b"77777777777\0", b"\x80" + b"\x7f" * 11, b"\xff" * 12, b"\xff" * 10 + b"\xfc\x00"])
def test_a_false_size_in_a_header_is_refused(files, tmp_path, size):
    """Negative sizes made tarfile read the same bytes again."""
    file = write(tmp_path / "other.tar", files, [(_header("project/a.py", 512), b"x" * 512)])
    data = bytearray(file.read_bytes())
    start = data.index(b"project/a.py\0")
    data[start + 124 : start + 136] = size
    data[start + 148 : start + 156] = b" " * 8
    data[start + 148 : start + 156] = f"{sum(data[start : start + 512]):06o}\0 ".encode()
    file.write_bytes(data)
    refused(file, UNREADABLE)


def test_a_header_that_is_as_long_as_it_likes_is_refused_before_it_is_read(files, tmp_path):
    refused(write(tmp_path / "other.tar", files, [(_header("project/" + "a" * (2 << 20), 0), b"")]), UNREADABLE)


def test_a_compressed_file_is_no_backup(files, tmp_path):
    import gzip

    plain = write(tmp_path / "plain.tar", files)
    (tmp_path / "other.tar").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    refused(tmp_path / "other.tar", UNREADABLE)


@pytest.mark.parametrize(
    "settings",
    ["database: sqlite:///argosy.yaml", "database: sqlite:///plan.yaml", "database: sqlite:///.argosy/keys"],
)
def test_settings_cannot_place_the_database_over_another_file(files, tmp_path, settings):
    changed = {**files, "project/argosy.yaml": f"name: notes\n{settings}\n".encode()}
    refused(write(tmp_path / "other.tar", changed), "two files of the backup")


@pytest.mark.parametrize("place", ["../outside.db", "/outside.db", ".", "link/../../outside.db"])
def test_a_database_outside_comes_inside(files, tmp_path, place):
    changed = {**files, "project/argosy.yaml": f"name: notes\ndatabase: sqlite:///{place}\n".encode()}
    done = restore(write(tmp_path / "other.tar", changed), tmp_path / "again", openers)
    assert done.changed == ["database"]
    assert (tmp_path / "again" / ".argosy" / "argosy.db").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "other.tar"]


def test_a_file_that_no_backup_may_contain_is_refused_when_it_is_written(tmp_path):
    with argosy.open(tmp_path / "notes", create=True) as project:
        (tmp_path / "notes" / "a\nb.yaml").write_text((tmp_path / "notes" / "plan.yaml").read_text())
        with pytest.raises(BackupInvalid, match=r"a\\nb.yaml' has a name that no backup can hold: rename it"):
            backup(project.backends, tmp_path / "notes.tar")
    assert not (tmp_path / "notes.tar").exists()


def test_a_place_taken_meanwhile_is_left_alone(files, tmp_path, monkeypatch):
    """Two at once, of which the other is done first."""
    from argosy.operations import restore as module

    file, other = write(tmp_path / "one.tar", files), tmp_path / "other"
    put = module._put_artifacts

    for is_there in (False, True):
        target = tmp_path / f"again-{is_there}"
        if is_there:
            target.mkdir()

        def first(*arguments, target=target):
            monkeypatch.setattr(module, "_put_artifacts", put)
            restore(file, target, openers)
            return put(*arguments)

        monkeypatch.setattr(module, "_put_artifacts", first)
        with pytest.raises(BackupInvalid, match="not an empty folder"):
            restore(file, target, openers)
        assert (target / "argosy.yaml").is_file()
    assert not other.exists()
    assert [path.name for path in tmp_path.glob(".argosy-*")] == []
