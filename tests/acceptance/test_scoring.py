"""predict --input: scoring files, stopping and resuming, and what is refused."""

import csv
import json
import signal

FRAGILE = '''\
import numpy as np

from argosy.models.adapter import Adapter
from argosy.models.adapters import adapters
from argosy.models.inputs import texts_of


class Fragile(Adapter):
    """How long a text is; some it does not bear."""

    def fit(self, inputs, labels):
        return self

    def transform(self, inputs):
        print("what a plug-in prints", flush=True)
        if any("break" in text for text in texts_of(inputs)):
            raise RuntimeError(f"it cannot bear {inputs}")
        return np.array([[float(len(text))] for text in texts_of(inputs)]).reshape(len(inputs), 1)


adapters.register("fragile", Fragile)
'''
PLAN = "name: lengths\ndataset: {name: all}\nadapter: {name: fragile}\nmodel: {name: nearest_centroid}\n"


def write_rows(path, count):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("case", "message"))
        writer.writerows((n, f"my parcel {n % 97} is late and the courier {n % 89} lost it") for n in range(count))
    return path


def batches_in(progress):
    """The number of rows that are written so far."""
    try:
        return progress.read_bytes().count(b"checksum")
    except FileNotFoundError:
        return 0


def test_files_are_scored_into_files_of_every_kind(live):
    write_rows(live.folder / "cases.csv", 30)
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        said = live("predict", "tickets", "--input", "cases.csv", "--output", name, "--keep", "case", "--processes", 2)
        assert said == f"{name}: 30 rows by tickets@1\n"
    rows = list(csv.DictReader((live.folder / "a.csv").open()))
    assert [row["case"] for row in rows] == [str(n) for n in range(30)]
    assert {row["label"] for row in rows} == {"delivery"}
    again = live("predict", "tickets", "--input", "a.jsonl", "a.parquet", "--output", "more/", "--text", "case")
    assert again == "more/a.jsonl: 30 rows by tickets@1\nmore/a.parquet: 30 rows by tickets@1\n"


def test_a_killed_command_resumes_when_it_is_run_again(live, until):
    write_rows(live.folder / "many.csv", 60_000)
    words = ("predict", "tickets", "--input", "many.csv", "--keep", "case")
    live(*words, "--output", "whole.csv")
    for number in (signal.SIGKILL, signal.SIGINT):
        process = live.start(*words, "--output", f"{number}.csv", "--processes", 2)
        progress, output = live.folder / f".{number}.csv.progress", live.folder / f"{number}.csv"
        until(lambda p=progress, o=output: o.exists() or batches_in(p) > 1)
        live.end(process, number)
        live.run(*words, "--output", f"{number}.csv")
        assert output.read_bytes() == (live.folder / "whole.csv").read_bytes()
        assert not progress.exists()


def test_logged_answers_are_predictions(live):
    (live.folder / "few.jsonl").write_text(json.dumps({"text": "my parcel is late", "who": "ana"}) + "\n{}\n")
    words = ("predict", "tickets", "--input", "few.jsonl", "--output", "few.out.jsonl", "--log", "--subject", "who")
    found = live.json(*words)["scored"]
    assert [(one["rows"], one["problems"]) for one in found] == [(2, 1)]
    first, second = map(json.loads, (live.folder / "few.out.jsonl").read_text().splitlines())
    assert second["prediction_id"] is None
    assert "there is no 'text'" in second["problem"]
    live("feedback", "add", first["prediction_id"], "--label", "refund")
    assert live.json("lineage", first["prediction_id"])["prediction"]["feedback"][0]["label"] == "refund"
    assert "1 prediction" in live("examples", "erase", "ana", "--yes")


def test_refusals_are_one_line(live):
    write_rows(live.folder / "some.csv", 3)
    words = ("predict", "tickets", "--input", "some.csv")
    assert "--input needs --output" in live.mistake(*words)
    assert "must end in" in live.mistake(*words, "--output", "x.xlsx")
    assert "no column is called 'who'" in live.mistake(*words, "--output", "x.csv", "--keep", "who")
    assert "add --log" in live.mistake(*words, "--output", "x.csv", "--subject", "case")
    assert "there is no such file" in live.mistake("predict", "tickets", "--input", "no.csv", "--output", "x.csv")
    assert "--log is for files" in live.mistake("predict", "tickets", "a text", "--log")
    assert "nothing to classify" in live.mistake("predict", "tickets")
    assert "did you mean 'tickets'?" in live.mistake("predict", "ticket", "--input", "some.csv", "--output", "x.csv")
    (live.folder / "bad.csv").write_text("a,b\n1,2\n")
    missing = live.mistake("predict", "tickets", "--input", "bad.csv", "--output", "x.csv")
    assert "which column is the text? Say it with --text COLUMN" in missing
    assert [one.name for one in live.folder.glob(".*.progress")] == []
    assert not (live.folder / "x.csv").exists()


def test_rows_on_which_a_plugin_fails_are_reported_and_if_all_fail_the_run_ends(make_project):
    shell = make_project(PLAN)
    shell.write("argosy.yaml", "name: shop\nplugins: [fragile]\n")
    shell.write("fragile.py", FRAGILE)
    rows = "".join(f"{'x' * (5 + n % 7)}{n},short\n{'y' * (60 + n % 7)}{n},long\n" for n in range(40))
    shell.write("sizes.csv", "text,label\n" + rows)
    shell("examples", "import", "sizes.csv")
    shell("train", "plan.yaml", "--processes", 1)
    shell.write("in.csv", f"text\n{'z' * 9}\nthis will break\n{'z' * 64}\n")
    said = shell("predict", "lengths", "--input", "in.csv", "--output", "out.csv")
    assert said == "out.csv: 3 rows by lengths@1; 1 row could not be answered: see the column 'problem'\n"
    found = list(csv.DictReader((shell.folder / "out.csv").open()))
    assert [row["label"] for row in found] == ["short", "", "long"]
    assert "fragile.py" in found[1]["problem"]
    assert "this will" not in found[1]["problem"]
    shell.write("last.csv", "text\n" + "zzz\n" * 1000 + "this will break\n")  # in a separate batch
    said = shell("predict", "lengths", "--input", "last.csv", "--output", "last.out.csv")
    assert "1,001 rows by lengths@1; 1 row could not be answered" in said
    shell.write("all.csv", "text\nbreak\nthis breaks\n")
    ran = shell.run("predict", "lengths", "--input", "all.csv", "--output", "all.out.csv")
    said = [line for line in ran.err.splitlines() if line != "what a plug-in prints"]
    assert (ran.code, len(said)) == (1, 1)
    assert "fragile.py" in said[0]
    assert not (shell.folder / "all.out.csv").exists()
