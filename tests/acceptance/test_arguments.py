"""Arguments and output that are not UTF-8, missing folders, and commands without an argument."""

import json
import os
import subprocess
import sys

import pytest

import argosy
from argosy.errors import ProjectNotFound

FOREIGN = os.fsdecode(b"b\xff")


@pytest.mark.parametrize(
    "command",
    [
        ["examples", "count", FOREIGN],
        ["examples", "erase", FOREIGN, "--yes"],
        ["predict", FOREIGN, "x"],
        ["predict", "shop", "a text", f"{FOREIGN} and more"],
        ["plan", "status", FOREIGN],
        ["models", "show", f"{FOREIGN}@1"],
        ["leaderboard", FOREIGN],
        ["feedback", "list", FOREIGN],
    ],
)
def test_an_argument_that_is_not_utf_8_is_a_mistake(imported, command):
    assert imported.mistake(*command).startswith("the argument 'b")


@pytest.mark.parametrize("command", [["examples", "import"], ["plan", "check"], ["train"], ["feedback", "import"]])
def test_a_file_that_is_not_there_is_named_whatever_its_bytes(imported, command):
    assert r"b\udcff.csv" in imported.mistake(*command, f"{FOREIGN}.csv")


def test_a_name_of_any_bytes_names_a_file(empty):
    path = empty.folder / f"{FOREIGN}.csv"
    path.write_text("text,label\none,a\ntwo,b\n")
    assert empty.json("examples", "import", path.name)["added"] == 2
    assert empty.json("examples", "count")["sources"] == {r"b\xff.csv": 2}
    empty("examples", "export", "--output", f"{FOREIGN}.jsonl")
    assert (empty.folder / f"{FOREIGN}.jsonl").read_text().count("\n") == 2
    made = empty.json("init", f"{FOREIGN}-shop", "--name", "shop")
    assert os.fsencode(made["project"]) == b"b\xff-shop"
    assert "default" in empty.mistake("-C", f"{FOREIGN}-shop", "examples", "count")


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-16"])
def test_what_programs_read_is_utf_8_in_every_locale(empty, encoding):
    empty.write("a.csv", "text,label\nćaša 日本,ž\nother,w\n")
    empty("examples", "import", "a.csv")

    def out(*command):
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        arguments = [sys.executable, "-m", "argosy", *command]
        return subprocess.run(arguments, cwd=empty.folder, env=environment, check=True, stdout=subprocess.PIPE).stdout

    assert json.loads(out("examples", "count", "--json").decode())["labels"] == {"ž": 1, "w": 1}
    assert "ćaša 日本" in out("examples", "export").decode()
    assert "ćaša 日本,ž," in out("examples", "export", "--format", "csv").decode()
    assert out("examples", "count")  # a table in the terminal's encoding


def test_a_folder_that_is_mistyped_is_not_the_project_around_it(imported):
    assert imported.mistake("-C", "typo", "examples", "count").startswith("there is no folder 'typo'")
    (imported.folder / "below").mkdir(exist_ok=True)
    assert imported.json("-C", "below", "examples", "count")["examples"] == 240
    with pytest.raises(ProjectNotFound, match="there is no folder"):
        argosy.open(imported.folder / "typo")


def test_init_makes_the_folder_a_project_where_you_are(anywhere):
    (anywhere.folder / "notes").mkdir()
    notes = type(anywhere)(anywhere.folder / "notes")
    assert "Next: argosy examples import" in notes("init")
    assert "name: notes" in (notes.folder / "argosy.yaml").read_text()
    assert "is a project already" in notes.mistake("init")


def test_predict_reads_standard_input(trained):
    lines = "my parcel is late\n\nrefund my money é\r\n"
    given = [line for line in lines.splitlines() if line]
    by_hand = trained.json("predict", "tickets@1", *given)
    ran = trained.run("predict", "tickets@1", "-", "--json", stdin=lines)
    first, blank, last = ran.json
    assert (ran.code, [first, last], blank["label"], blank["problem"]) == (0, by_hand, None, "a blank line")
    printed = trained("predict", "tickets@1", "-", stdin=lines).splitlines()
    assert [line.split("\t")[2] for line in printed] == [given[0], "(a blank line)", given[1]]
    too_long = "fine\n\n" + "x" * 2_000_000
    assert trained.run("predict", "tickets@1", "-", stdin=too_long).mistake.startswith("row 3: the input has 2,000,000")
    assert "no text" in trained.run("predict", "tickets@1", "-", stdin="\n").mistake
