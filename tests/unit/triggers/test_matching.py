"""Which files match: regular ones below the project's folder, and nothing else."""

import os

import pytest

from argosy.triggers.matching import file_as_it_is, matching_files


@pytest.fixture
def root(tmp_path):
    inbox = tmp_path / "project" / "inbox"
    (inbox / "deep").mkdir(parents=True)
    for name in ("a.csv", "b.csv", "c.txt", ".half.csv", "deep/d.csv"):
        (inbox / name).write_text(name)
    return tmp_path / "project"


def paths(root, pattern):
    return [file.path for file in matching_files(root, pattern).files]


def test_files_match_in_order_and_hidden_ones_only_where_they_are_meant(root):
    assert paths(root, "inbox/*.csv") == ["inbox/a.csv", "inbox/b.csv"]
    assert paths(root, "inbox/**/*.csv") == ["inbox/a.csv", "inbox/b.csv", "inbox/deep/d.csv"]
    assert paths(root, "inbox/.*.csv") == ["inbox/.half.csv"]
    assert paths(root, "inbox/a.csv") == ["inbox/a.csv"]
    assert paths(root, "inbox/[ab].*") == ["inbox/a.csv", "inbox/b.csv"]


def test_a_folder_that_is_not_there_has_none(root):
    assert paths(root, "nowhere/*.csv") == []
    assert paths(root, "inbox/a.csv/*.csv") == []


def test_folders_pipes_and_the_projects_own_files_are_none(root):
    (root / "inbox" / "folder.csv").mkdir()
    os.mkfifo(root / "inbox" / "pipe.csv")
    (root / ".argosy").mkdir()
    (root / ".argosy" / "x.csv").write_text("")
    assert paths(root, "inbox/*.csv") == ["inbox/a.csv", "inbox/b.csv"]
    assert paths(root, ".argosy/*.csv") == []
    assert paths(root, "**/*.csv") == ["inbox/a.csv", "inbox/b.csv", "inbox/deep/d.csv"]


def test_links_are_followed_within_the_project_and_refused_beyond_it(root):
    outside = root.parent / "outside.csv"
    outside.write_text("x")
    (root / ".argosy" / "keys").mkdir(parents=True)
    (root / ".argosy" / "keys" / "examples.key").write_text("secret")
    (root / "inbox" / "key.csv").symlink_to(root / ".argosy" / "keys" / "examples.key")
    (root / "inbox" / "in.csv").symlink_to(root / "inbox" / "a.csv")
    (root / "inbox" / "out.csv").symlink_to(outside)
    (root / "inbox" / "dangling.csv").symlink_to(root / "gone.csv")
    (root / "inbox" / "circle.csv").symlink_to(root / "inbox" / "circle.csv")
    found = matching_files(root, "inbox/*.csv")
    assert [file.path.removeprefix("inbox/") for file in found.files] == [
        "a.csv",
        "b.csv",
        "in.csv",
        "key.csv",
        "out.csv",
    ]
    assert found.refused == {
        "inbox/key.csv": "it leads into the project's own folder",
        "inbox/out.csv": "it leads out of the project's folder",
    }


def test_a_project_below_a_link_is_no_matter(root):
    (root.parent / "linked").symlink_to(root)
    found = matching_files(root.parent / "linked", "inbox/*.csv")
    assert ([file.path for file in found.files], found.refused) == (["inbox/a.csv", "inbox/b.csv"], {})


def test_more_files_than_are_checked_are_reported(root):
    found = matching_files(root, "inbox/*.csv", most=1)
    assert len(found.files) == 2
    assert "more than 1 files match" in found.refused["inbox/*.csv"]


def test_a_file_is_another_once_its_size_or_time_changes(root):
    before = file_as_it_is(root, "inbox/a.csv")
    assert before == matching_files(root, "inbox/a.csv").files[0]
    os.utime(root / "inbox" / "a.csv", ns=(1, 1))
    assert file_as_it_is(root, "inbox/a.csv") != before
    (root / "inbox" / "a.csv").unlink()
    assert file_as_it_is(root, "inbox/a.csv") is None
