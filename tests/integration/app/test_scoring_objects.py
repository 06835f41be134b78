"""Objects of a store as inputs and outputs of scoring: the same bytes as from files, and nothing left over."""

import fcntl
import os
import time
from contextlib import contextmanager

import pytest

import argosy
from argosy.app.project import open_backends
from argosy.app.scaffold import create_project
from argosy.errors import ArtifactsUnavailable, DefinitionInvalid, PathInvalid, UserMistake
from argosy.scoring import objects
from argosy.scoring.files import ScoringRequest, score_files
from argosy.scoring.objects import KEPT_SECONDS

PLAN = {"name": "notes", "dataset": {"name": "all"}, "adapter": {"name": "tfidf"}, "model": {"name": "naive_bayes"}}
ROWS = "id,text\n" + "".join(f"{n},{('red', 'green')[n % 2]} note {n % 7}\n" for n in range(1500))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("objects") / "notes"
    create_project(root)
    with argosy.open(root) as opened:
        opened.examples.add([(f"{label} note {n}", label) for n in range(40) for label in ("red", "green")])
        opened.plans.train(PLAN)
        yield opened


@pytest.fixture
def rows(bucket):
    """A bucket with three files of rows and two other files."""
    texts = {"a.csv": ROWS, "b.csv": ROWS, "c.jsonl": '{"text":"red"}\n', ".hidden.csv": ROWS, "notes.txt": "none"}
    for name, text in texts.items():
        bucket.client.put_object(Bucket=bucket.name, Key=f"in/{name}", Body=text.encode())
    return bucket


def url(bucket, key):
    return f"s3://{bucket.name}/{key}?{bucket.url.partition('?')[2]}"


def score(project, inputs, output, **more):
    return score_files(project.backends, open_backends, ScoringRequest("notes@1", [inputs], str(output), **more))


def content(bucket, key):
    return bucket.client.get_object(Bucket=bucket.name, Key=key)["Body"].read()


def copies(project):
    folder = project.root / ".argosy" / "scoring"
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


@pytest.fixture
def unreachable(monkeypatch):
    """A context in which no output can be sent."""

    def away(self, path, key):
        raise ArtifactsUnavailable(f"{self.show(key)}: away")

    @contextmanager
    def made():
        with monkeypatch.context() as patched:
            patched.setattr(objects.ObjectPlace, "send", away)
            yield

    return made


def test_objects_and_files_give_the_same_bytes(project, rows, tmp_path):
    before = copies(project)
    (tmp_path / "a.csv").write_text(ROWS)
    score(project, str(tmp_path / "a.csv"), tmp_path / "out.csv")
    scored, there = score(project, url(rows, "in/a.csv"), url(rows, "out/one.csv"))
    assert [(one.source, one.output, one.rows) for one in scored] == [
        (f"s3://{rows.name}/in/a.csv", f"s3://{rows.name}/out/one.csv", 1500)
    ]
    assert there == []
    assert content(rows, "out/one.csv") == (tmp_path / "out.csv").read_bytes()
    score(project, url(rows, "in/a.csv"), tmp_path / "here.csv")
    score(project, str(tmp_path / "a.csv"), url(rows, "out/there.csv"))
    assert (tmp_path / "here.csv").read_bytes() == content(rows, "out/there.csv") == content(rows, "out/one.csv")
    assert copies(project) == before


def test_a_folder_and_a_pattern_are_scored_into_a_folder(project, rows):
    scored, _ = score(project, url(rows, "in/"), url(rows, "all/"))
    assert [one.output.rpartition("/")[2] for one in scored] == ["a.csv", "b.csv", "c.jsonl"]
    scored, there = score(project, url(rows, "in/*.csv"), url(rows, "some/"))
    assert [one.output for one in scored] == [f"s3://{rows.name}/some/{name}" for name in ("a.csv", "b.csv")]
    with pytest.raises(UserMistake, match="exists: "):
        score(project, url(rows, "in/*.csv"), url(rows, "some/"))
    rows.client.delete_object(Bucket=rows.name, Key="some/b.csv")
    scored, there = score(project, url(rows, "in/*.csv"), url(rows, "some/"))
    assert ([one.rows for one in scored], there) == ([1500], [f"s3://{rows.name}/some/a.csv"])
    assert len(score(project, url(rows, "in/*.csv"), url(rows, "some/"), replace=True)[0]) == 2


def test_an_output_that_could_not_be_sent_is_sent_by_the_next_run(project, rows, unreachable):
    before = copies(project)
    with unreachable(), pytest.raises(ArtifactsUnavailable):
        score(project, url(rows, "in/a.csv"), url(rows, "late.csv"))
    assert copies(project) != before
    (one,) = score(project, url(rows, "in/a.csv"), url(rows, "late.csv"))[0]
    assert (one.rows, one.went_on_from) == (1500, 1500)
    assert content(rows, "late.csv").count(b"\n") == 1501
    assert copies(project) == before


def test_a_replaced_object_is_scored_again(project, rows, unreachable):
    with unreachable(), pytest.raises(ArtifactsUnavailable):
        score(project, url(rows, "in/b.csv"), url(rows, "new.csv"))
    rows.client.put_object(Bucket=rows.name, Key="in/b.csv", Body=b"text\nred note\n")
    (one,) = score(project, url(rows, "in/b.csv"), url(rows, "new.csv"))[0]
    assert (one.rows, one.went_on_from) == (1, 0)
    assert copies(project) == []


def test_copies_that_a_process_reads_are_left(project, rows, unreachable):
    with unreachable(), pytest.raises(ArtifactsUnavailable):
        score(project, url(rows, "in/b.csv"), url(rows, "read.csv"))
    (copy,) = (project.root / ".argosy" / "scoring").rglob("b.csv")
    rows.client.put_object(Bucket=rows.name, Key="in/b.csv", Body=b"text\nred note\n")
    with copy.open("rb") as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        score(project, url(rows, "in/b.csv"), url(rows, "read.csv"))
        assert [path for path in copies(project) if path.endswith("csv")] == ["b.csv"]
    score(project, url(rows, "in/b.csv"), url(rows, "read.csv"), replace=True)
    assert copies(project) == []


def test_copies_of_a_command_that_is_never_given_again_go(project, rows, unreachable):
    with unreachable(), pytest.raises(ArtifactsUnavailable):
        score(project, url(rows, "in/a.csv"), url(rows, "never.csv"))
    kept = copies(project)
    score(project, url(rows, "in/b.csv"), url(rows, "other.csv"))
    assert copies(project) == kept != []
    folder, long_ago = project.root / ".argosy" / "scoring", time.time() - KEPT_SECONDS - 60
    for one in folder.rglob("*"):
        os.utime(one, (long_ago, long_ago))
    score(project, url(rows, "in/b.csv"), url(rows, "another.csv"))
    assert copies(project) == []


@pytest.mark.parametrize(
    ("source", "target", "error", "message"),
    [
        ("in/nothing.csv", "x.csv", PathInvalid, "there is no such object"),
        ("none/", "x/", UserMistake, "there is no file to score"),
        ("i*/a.csv", "x/", UserMistake, "a pattern may be in the last part alone"),
        ("in/", "x.csv", UserMistake, "is one file, but there are 3 to score"),
        ("in/a.csv", "in/a.csv", UserMistake, "would be scored into itself"),
        ("in/a.csv", "x.doc", UserMistake, "must end in"),
    ],
)
def test_what_cannot_be_scored_is_refused_in_a_line(project, rows, source, target, error, message):
    with pytest.raises(error, match=message) as raised:
        score(project, url(rows, source), url(rows, target))
    assert "\n" not in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_other_places_and_options_are_refused(project, rows, tmp_path):
    with pytest.raises(UserMistake, match="s3://, gs://, az://"):
        score(project, "https://example.org/a.csv", tmp_path / "x.csv")
    with pytest.raises(DefinitionInvalid, match="'zone' is no option of it"):
        score(project, f"s3://{rows.name}/in/a.csv?zone=1", tmp_path / "x.csv")
    with pytest.raises(ArtifactsUnavailable, match="NoSuchBucket"):
        score(project, url(rows, "in/").replace(rows.name, "nobody-has-this"), tmp_path / "x/")
