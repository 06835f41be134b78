"""Models in numbered folders become versions once, and the newest one is served."""

import pickle

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


def folders(**ages):
    """By number, how long ago they changed."""
    return [NumberedFolder(int(name[1:]), None, 1000.0 - age) for name, age in ages.items()]


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
