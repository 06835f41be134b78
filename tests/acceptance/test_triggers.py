"""A plan with triggers from a user's view: checked, submitted, fired by workers that are killed, ended."""

import os
import signal
from contextlib import closing

import argosy
from argosy.jobs.job import JobState
from argosy.lineage.learned import learned_from_file

PLAN = """\
name: tickets
dataset: {name: all, options: {collection: news}}
adapter: tfidf
model: naive_bayes
on:
  - {files: "inbox/*.csv", import: {collection: news}}
  - {examples: news, every: 50}
  - {schedule: "0 0 1 1 *", zone: Europe/Berlin}
"""


def test_files_that_come_are_imported_and_trained_on_though_workers_are_killed(empty, write_tickets, until):
    empty.write("plan.yaml", PLAN)
    assert "would wait for its triggers: no collection is called 'news'" in empty("plan", "check", "plan.yaml")
    said = empty("plan", "submit", "plan.yaml")
    assert "on files inbox/*.csv: waits for the folder inbox, which is not on this machine" in said
    assert "next " in said
    assert "-01-01 00:00 Europe/Berlin" in said

    empty.start("worker", "--processes", 3)
    with closing(argosy.open(empty.folder)) as project:
        (empty.folder / "inbox").mkdir()
        for number in range(3):
            write_tickets(empty.folder / "inbox" / f"{number}.csv", 120, seed=number)
            kill(until(project.backends.workers.all)[-1].identity.pid)
        (empty.folder / "inbox" / "bad.csv").write_text("neither,nor\n1,2\n")

        def is_over():
            on_files = project.plans.trigger_status("tickets")[0]
            return on_files.files == {"broken": 1, "imported": 3} and not on_files.is_firing

        until(is_over)
        until(lambda: project.plans.status("tickets").counts[JobState.DONE] == 1)
        assert project.examples.count("news").examples == 360
        for number in range(3):
            file = str(empty.folder / "inbox" / f"{number}.csv")
            (one,) = learned_from_file(project.backends, file).imports
            assert (one.trigger_of, one.rows_read) == ("tickets", 120)
    said = empty("plan", "status", "tickets")
    assert "last fired" in said
    assert "/inbox/bad.csv: which column is the text?" in said
    assert "files inbox/*.csv" in empty("plan", "list")
    assert [one["plan"] for one in empty.json("plan", "list")["triggers"]] == ["tickets"] * 3
    assert "a trigger of 'tickets'" in empty("lineage", "tickets@1")

    assert "paused" in empty("plan", "pause", "tickets")
    assert "paused since" in empty("plan", "status", "tickets")
    assert "fire again" in empty("plan", "resume", "plan.yaml")
    assert "3 triggers ended" in empty("plan", "cancel", "tickets")
    assert "triggers" not in empty.json("plan", "status", "tickets")
    assert "has no triggers" in empty.mistake("plan", "pause", "tickets")


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:  # an earlier killed worker, whose row still exists
        return
