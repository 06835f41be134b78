"""A step with inputs on one machine, run by a worker on another that shares only the servers' URLs."""

import shutil
import threading

import argosy
from argosy.app.working import work
from argosy.definitions.steps import parse_steps
from argosy.steps.looking import Looking

SETTINGS = """\
name: notes
database: "%s"
artifacts: "%s"
steps:
  join:
    command: [sh, join.sh, "{inputs}"]
    inputs: "raw/*"
  count:
    command: [sh, -c, 'wc -c < "$ARGOSY_STEP_INPUTS/join" > "$ARGOSY_STEP_OUTPUT"']
    inputs: {step: join}
"""


def test_files_reach_the_worker_through_the_artifact_store(tmp_path, migrated_postgresql_url, bucket):
    for name in ("desk", "worker"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "argosy.yaml").write_text(SETTINGS % (migrated_postgresql_url, bucket.url))
    (tmp_path / "desk" / "raw").mkdir()
    for name in "ab":
        (tmp_path / "desk" / "raw" / name).write_text(name)
    (tmp_path / "desk" / "join.sh").write_text('cat "$@" > "$ARGOSY_STEP_OUTPUT"; echo joined $#')
    with argosy.open(tmp_path / "desk") as desk:
        assert desk.vault
        shutil.copytree(tmp_path / "desk" / ".argosy" / "keys", tmp_path / "worker" / ".argosy" / "keys")
        with argosy.open(tmp_path / "worker") as other:
            steps, looking = parse_steps(desk.settings.steps), Looking.of(desk.backends)
            assert Looking.of(other.backends).look(steps)["join"].why == "no file here is raw/*"
            for _ in steps:
                looking.look(steps)
                work(other.backends, threading.Event(), until=lambda: not other.queue.is_any_open())
        assert [one.state for one in desk.steps.status()] == ["done", "done"]
        assert desk.steps.log("join") == "joined 2\n"
        assert desk.steps.write_output("count", tmp_path / "size")[1].read_text().split() == ["2"]
