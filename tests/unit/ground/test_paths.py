"""Foreign names stay in their folder; only the owner can read secret files, whatever the umask."""

import os

import pytest

from argosy.errors import PathInvalid
from argosy.paths import (
    close_to_others,
    is_open_to_others,
    make_private_file,
    make_private_folder,
    private_file,
    within,
)

OUTSIDE = [
    "",
    ".",
    "..",
    "../a",
    "a/../../b",
    "/a",
    "a//b",
    "a/",
    "./a",
    "a/./b",
    "x\n/../../../a",
    "a\0b",
    "a\x1b[31m",
    "a\rb",
    "\udcff",
    "a/" + "b" * 256,
    "é" * 128,
]


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_leads_elsewhere_or_that_no_file_has_is_refused_in_one_line(tmp_path, name):
    with pytest.raises(PathInvalid) as caught:
        within(tmp_path, name)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("name", ["a", "a/b.yaml", "...", "a b/ü", "-x", "~", "é" * 127])
def test_a_plain_name_is_a_file_below_the_folder(tmp_path, name):
    assert within(tmp_path, name) == tmp_path / name


def test_a_name_through_a_link_out_of_the_folder_is_refused(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "out").symlink_to(tmp_path)
    (folder / "round").symlink_to("round")
    (folder / "in").symlink_to(folder)
    for name in ("out", "out/a", "round", "in"):
        with pytest.raises(PathInvalid):
            within(folder, name)
    assert within(folder, "in/a") == folder / "in" / "a"


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o177])
def _umask(request):
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path):
    return path.stat().st_mode & 0o777


@pytest.mark.usefixtures("_umask")
def test_modes_do_not_depend_on_the_umask(tmp_path):
    folder = make_private_folder(tmp_path / "private")
    assert mode(folder) == 0o700
    assert mode(make_private_file(folder / "file")) == 0o600
    with private_file(folder / "whole") as file:
        file.write(b"text")
    assert mode(folder / "whole") == 0o600
    assert (folder / "whole").read_bytes() == b"text"


def test_what_is_there_is_kept_until_a_new_file_is_whole(tmp_path):
    (tmp_path / "file").write_text("old")
    with pytest.raises(TypeError), private_file(tmp_path / "file") as file:
        file.writelines([b"half", None])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert make_private_file(tmp_path / "file").read_text() == "old"
    with private_file(tmp_path / "file") as file:
        file.write(b"new")
    assert ((tmp_path / "file").read_text(), mode(tmp_path / "file")) == ("new", 0o600)
    with pytest.raises(PathInvalid, match="no such folder"), private_file(tmp_path / "absent" / "file"):
        pass


def test_an_invalid_file_is_written_to_as_it_is(tmp_path):
    (tmp_path / "link").symlink_to(os.devnull)
    with private_file(tmp_path / "link") as file:
        file.write(b"gone")
    assert (tmp_path / "link").is_symlink()


def test_others_are_shut_out_of_what_was_open(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "file").chmod(0o644)
    assert is_open_to_others(tmp_path / "file")
    close_to_others(tmp_path / "file")
    assert mode(tmp_path / "file") == 0o600
    close_to_others(tmp_path / "absent")
