"""kill -9 of joiners of outcomes while bookings and predictions arrive: each is joined once, or learned once."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import argosy
from argosy.datasets.example import Example
from argosy.testing.waiting import until
from stored.bookings import Bookings, service
from stored.outcome_project import NOON, OutcomeProject

SETTINGS = "name: offers\ncollection: shop\ndatabases: {bookings: 'sqlite:///shop.db'}\n"
PLAN = {"name": "offers", "dataset": "all", "adapter": "numeric", "model": "logistic"}
JOINERS = 2
WITHIN = 600.0
CUSTOMERS = 400


def outcome_storm(folder, kills, seed):
    """What was found."""
    draw = random.Random(seed)
    bookings = Bookings(f"sqlite:///{folder}/shop.db")
    (folder / "argosy.yaml").write_text(SETTINGS)
    service(folder, within="10m")
    project = OutcomeProject(folder, "sqlite:///.argosy/argosy.db", databases={"bookings": bookings.url})
    _train(folder)
    asked, booked = {}, Counter()
    with _Joiners(folder) as joiners:
        for number in range(kills):
            _happen(draw, project, bookings, asked, booked, NOON + 60.0 * number)
            wanted = project.taken() + draw.randrange(1, 25)
            until(lambda wanted=wanted: project.taken() >= min(wanted, len(booked)))
            joiners.kill(draw)
    _happen(draw, project, bookings, asked, booked, NOON + 60.0 * kills + 2 * WITHIN)
    state = project.look()
    _check(project, state, asked, booked)
    found = {"kills": kills, "outcomes": state.taken, "joined": state.joined, "otherwise": state.otherwise}
    project.close()
    return {**found, "never asked about": state.unmatched}


def _train(folder):
    """A champion, so that what nobody asked about has a collection to go to."""
    with argosy.open(folder) as project:
        rows = [
            ({"customer": f"x{n}", "product": "pot", "price": 1.0}, ("bought", "not_bought")[n % 2]) for n in range(60)
        ]
        project.backends.examples.add("shop", [Example(given, label) for given, label in rows])
        project.plans.train(PLAN)
        project.models.promote("offers@1")


class _Joiners:
    def __init__(self, folder):
        program = Path(__file__).with_name("outcome_program.py")
        self._program = subprocess.Popen(
            [sys.executable, program, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder
        )
        self._running = [self._start() for _ in range(JOINERS)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self._running:
            os.kill(one, signal.SIGKILL)
        self._program.stdin.close()
        self._program.wait()
        self._program.stdout.close()

    def _start(self):
        self._program.stdin.write("join\n")
        self._program.stdin.flush()
        return int(self._program.stdout.readline())

    def kill(self, draw):
        place = draw.randrange(JOINERS)
        os.kill(self._running[place], signal.SIGKILL)
        self._running[place] = self._start()


def _happen(draw, project, bookings, asked, booked, now):
    """Questions and then bookings of the next minute, some of them twice and some that nobody asked about."""
    for customer in draw.sample(range(CUSTOMERS), 6):
        at = now + draw.randrange(30)
        asked[project.ask(f"c{customer}", "tea", at)] = (f"c{customer}", "tea", at)
    rows = []
    for _ in range(25):
        customer, product, _ = draw.choice(list(asked.values()))
        if draw.random() < 0.3:
            customer = f"n{draw.randrange(CUSTOMERS)}"
        row = (customer, product, now + 30 + draw.randrange(30))
        rows += [row] * draw.choice((1, 1, 2))
        booked[row] = 1
    bookings.book(*rows)


def _check(project, state, asked, booked):
    """Each outcome on each of its predictions once, and nothing else."""
    newest = max(at for _, _, at in booked)
    expected = {
        one: Counter(
            f"{at}" for who, what, at in booked if (who, what) == (customer, product) and at - WITHIN <= made_at <= at
        )
        for one, (customer, product, made_at) in asked.items()
    }
    closed = {one for one, (_, _, made_at) in asked.items() if made_at < newest - WITHIN}
    for one, outcomes in expected.items():
        said = Counter(project.said(one))
        assert said["bought"] == sum(outcomes.values()), (one, said, outcomes)
        assert said["not_bought"] == (one in closed and not outcomes) or (said["bought"] and said["not_bought"] <= 1)
    assert state.taken == len(booked)
    assert state.joined == sum(sum(one.values()) for one in expected.values())
    assert state.matched + state.unmatched == state.taken
    assert (state.poison, state.problem, project.waiting()) == ({}, "", 0)
    unasked = {
        (who, what)
        for who, what, at in booked
        if not any((who, what) == one[:2] and at - WITHIN <= one[2] <= at for one in asked.values())
    }
    examples = [one for one in project.backends.examples.export("shop") if one.source.startswith("unasked:")]
    assert len(examples) == len(unasked)
    assert {(one.input["customer"], one.input["product"]) for one in examples} == unasked
