"""A project with a service restored from a backup, or moved to another database: nothing is lost, or done twice."""

import json
import time

import pytest

SERVICE = """\
service: triage
accepts: {ticket: category, text: text}
features:
  who: {table: tickets, key: ticket, columns: [tier], default: {tier: none}}
prepare: rules.prepare
model: tickets@champion
outcomes:
  solved: {posted: true, label: what, entity: [ticket], within: 7d, every: 1s}
publish: {decisions: triage.decisions, outcomes: triage.outcomes}
"""
RULES = """\
import other_rules

def prepare(rows):
    return [{**row, "text": other_rules.with_tier(row)} for row in rows]
"""
OTHER_RULES = """\
def with_tier(row):
    return f"{row['tier']}: {row['text']}"
"""
TEXTS = {"t1": "my parcel is late", "t2": "charged twice on my card", "t3": "reset my password"}


def ask(client, *tickets):
    """The ids of what is answered."""
    rows = [{"ticket": one, "text": TEXTS[one]} for one in tickets]
    answer = client.post("/services/triage", json={"inputs": rows})
    assert answer.status_code == 200, answer.text
    return [one["prediction_id"] for one in answer.json()["results"]]


def post(client, at):
    rows = [
        {
            "service": "triage",
            "outcome": "solved",
            "inputs": {"ticket": ticket, "text": "my money"},
            "label": "refund",
            "at": at,
        }
        for ticket in ("t1", "t2", "somebody else")
    ]
    answer = client.post("/outcomes", json=rows)
    assert answer.status_code in (200, 201), answer.text


def published(shell, topic):
    """The predictions of a topic's events."""
    files = (shell.folder / ".argosy" / "events" / topic).glob("*.jsonl")
    return [json.loads(line)["prediction_id"] for file in files for line in file.read_text().splitlines()]


@pytest.fixture(scope="module")
def shop(live, module_copy_of):
    """What was done, and what is known of it."""
    shell = module_copy_of(live.folder)
    (shell.folder / "services").mkdir()
    shell.write("services/triage.yaml", SERVICE)
    shell.write("rules.py", RULES)
    shell.write("other_rules.py", OTHER_RULES)
    shell.write("tickets.jsonl", '{"ticket": "t1", "tier": "gold"}\n')
    shell("features", "put", "tickets", "tickets.jsonl", "--key", "ticket")
    return shell


@pytest.fixture(scope="module")
def done(shop):
    from argosy.testing.waiting import until

    process, client = shop.serve("up", "--workers", "1")
    ids, at = ask(client, *TEXTS), time.time()
    post(client, at)
    until(lambda: len(published(shop, "triage.outcomes")) == 2 and len(published(shop, "triage.decisions")) == 3)
    until(lambda: shop.json("outcomes", "status")[0]["waiting"] == 0)
    shop.end(process)
    return ids, at, known(shop, ids)


def known(shell, ids):
    """The accounts of predictions, their feedback, and what became of outcomes."""
    [status] = shell.json("outcomes", "status")
    counts = {name: status[name] for name in ("taken", "matched", "unmatched", "joined", "poison")}
    feedback = [
        (one["prediction_id"], one["label"], one["source"]) for one in shell.json("feedback", "list", "tickets")
    ]
    return [shell.json("service", "explain", one) for one in ids], sorted(feedback), counts


def goes_on(shell, done, until):
    """It knows the same, takes nothing again, answers, and publishes what is new alone."""
    ids, at, before = done
    assert known(shell, ids) == before
    assert [one["inputs"] for one in before[0]] == [
        f"{'gold' if ticket == 't1' else 'none'}: {text}" for ticket, text in TEXTS.items()
    ]
    already = [*published(shell, "triage.decisions")]
    process, client = shell.serve("up", "--workers", "1")
    post(client, at)
    new = ask(client, "t3")
    until(lambda: set(new) <= set(published(shell, "triage.decisions")))
    shell.end(process)
    assert published(shell, "triage.decisions") == already + new
    assert known(shell, ids) == before


def test_a_restored_project_goes_on(shop, done, until, shell_in, tmp_path):
    shop("backup", tmp_path / "shop.tar", "--with-keys")
    shop("restore", tmp_path / "shop.tar", "--into", tmp_path / "again")
    goes_on(shell_in(tmp_path / "again"), done, until)


def test_a_project_moved_to_another_engine_goes_on(shop, done, until, shell_in, postgresql_url):
    shop("migrate", "--to", postgresql_url)
    goes_on(shell_in(shop.folder, ARGOSY_DATABASE=postgresql_url), done, until)
