"""Models in numbered folders become versions once, and the newest one is served."""

import pickle
import shutil

import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from argosy.operations.numbered_folders import NumberedFolder, due_folders

WORDS = ("parcel late", "card charged", "password lost")


def put(folder, rows):
    """A model of those rows, in a folder."""
    folder.mkdir(parents=True)
    theirs = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(*zip(*rows, strict=True))
    (folder / "model.pickle").write_bytes(pickle.dumps(theirs))
    return folder


@pytest.fixture
def shop(empty):
    rows = [(f"{WORDS[n % 3]} number{n}", f"queue{n % 3}") for n in range(120)]
    empty.write("rows.csv", "text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    empty("examples", "import", "rows.csv")
    return empty, rows


def test_each_complete_folder_becomes_a_version_once_and_the_newest_is_served(shop, until):
    shell, rows = shop
    base = shell.folder / "base"
    put(base / "1", rows)
    asked = ("models", "watch", base, "--as", "queues", "--allow-pickle", "--once", "--settle", 0)
    assert shell(*asked) == f"{base}/1 is queues@1\n"
    assert shell(*asked) == ""
    process, client = shell.serve("serve")
    until(lambda: client.get("/v2/models/queues/ready").status_code == 200)
    copied = put(base / "7.tmp", rows[:60])
    (base / "9").mkdir()
    (base / "9" / "model.pickle").write_bytes(b"\x80\x04half a")
    assert shell(*asked[:-3], "--once", "--settle", 3600) == ""
    refused = shell.run(*asked)
    assert refused.code == 2
    assert f"{base}/9 is not imported: " in refused.err
    (base / "9" / "model.pickle").unlink()
    copied.rename(base / "7")
    assert shell(*asked) == f"{base}/7 is queues@2\n"
    until(
        lambda: (
            client.post("/v1/models/queues:predict", json={"instances": ["card"]}).headers.get("argosy-model-version")
            == "2"
        )
    )
    client.close()
    shell.end(process)


def test_a_watch_goes_on_whatever_is_below_its_base_and_takes_objects_too(shop, bucket, until):
    shell, rows = shop
    base = shell.folder / "base"
    base.mkdir()
    options = ("--as", "queues", "--allow-pickle", "--settle", 0)
    process = shell.start("models", "watch", base, *options)

    def reported(line):
        return until(lambda: line in (shell.folder / "started.log").read_text("utf-8"))

    reported(f"{base} holds no numbered folder yet")
    put(base / "draft", rows)
    reported(f"{base}/draft is ignored: its name is not a number")
    (base / "1").mkdir()
    (base / "1" / "notes.txt").write_text("no model")
    reported(f"{base}/1 is not imported: ")
    put(base / "2", rows)
    assert process.stdout.readline() == f"{base}/2 is queues@1\n"
    base.rename(shell.folder / "away")
    reported(f"not looked at, tried again until it is: {base}: No such file or directory")
    (shell.folder / "away").rename(base)
    shutil.rmtree(base / "2")
    reported(f"{base}/2 was removed; its version stays")
    put(base / "3", rows[:60])
    assert process.stdout.readline() == f"{base}/3 is queues@2\n"
    assert shell.end(process) == 0
    text = (shell.folder / "started.log").read_text("utf-8")
    assert text.count("is ignored") == text.count("not looked at") == 1
    objects_are_taken(shell, bucket, put(shell.folder / "other", rows[:90]) / "model.pickle", options)


def objects_are_taken(shell, bucket, file, options):
    bucket.client.put_object(Bucket=bucket.name, Key="churn/4/model.pickle", Body=file.read_bytes())
    place, query = f"s3://{bucket.name}/churn", bucket.url.partition("?")[2]
    asked = ("models", "watch", f"{place}?{query}", *options, "--once")
    assert shell(*asked) == f"{place}/4 is queues@3\n"
    assert shell(*asked) == ""
    bucket.client.put_object(Bucket=bucket.name, Key="churn/5/model.pickle", Body=file.read_bytes()[:100])
    refused = shell.run(*asked)
    assert (refused.code, f"{place}/5 is not imported: " in refused.err) == (2, True)
    assert list((shell.folder / ".argosy" / "watched").iterdir()) == []
    absent = shell.run("models", "watch", f"s3://absent-{bucket.name}/churn?{query}", *options, "--once")
    assert absent.code
    assert "NoSuchBucket" in absent.err
    assert len(absent.err.splitlines()) == 1


def folders(**ages):
    """By number, how long ago they changed."""
    return [NumberedFolder(int(name[1:]), name[1:], 1000.0 - age, str(age)) for name, age in ages.items()]


@pytest.mark.parametrize(
    ("found", "known", "latest", "due"),
    [
        (folders(n1=60, n2=60, n3=60), (), 1, [3]),
        (folders(n1=60, n2=60, n3=5), (), 1, [2]),
        (folders(n1=60, n2=60, n3=60), (3,), 1, []),
        (folders(n1=60, n2=60, n10=60), (), 2, [2, 10]),
        (folders(n1=60, n2=60, n10=60), (10,), 3, [1, 2]),
        ([], (), 1, []),
    ],
)
def test_what_is_due_is_complete_new_and_among_the_newest(found, known, latest, due):
    assert [one.number for one in due_folders(found, known, 1000.0, 10.0, latest)] == due


SUMS = """\
class Model:
    def load(self, files):
        self.by = int(files["by.txt"])

    def predict(self, inputs):
        return {"y": inputs["x"].sum(axis=1) * self.by}
"""
SIGNATURE = '{inputs: {x: "INT64[-1,2]"}, outputs: {y: "INT64[-1]"}, batched: true}'


def test_folders_of_models_of_tensors_take_their_signature_from_a_file(empty):
    base = empty.folder / "base"
    for number in (3, 4):
        (base / str(number)).mkdir(parents=True)
        (base / str(number) / "model.py").write_text(SUMS)
        (base / str(number) / "by.txt").write_text(str(number))
    empty.write("signature.yaml", SIGNATURE)
    declared = ("--format", "python", "--allow-pickle", "--signature", "signature.yaml")
    said = empty("models", "watch", base, "--as", "sums", *declared, "--latest", 2, "--once", "--settle", 0)
    assert said == f"{base}/3 is sums@1\n{base}/4 is sums@2\n"
    empty.write("rows.jsonl", '{"x": [1, 2]}\n')
    assert "1 given" in empty("models", "warm-up", "sums@2", "--from", "rows.jsonl")
