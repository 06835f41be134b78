"""The storms: processes of a running project are killed, or stopped for longer than their lease, at random moments."""

import json
import os
import random
import signal
import threading
import time
from collections import Counter
from contextlib import suppress

from proof_ground import Client, free_port
from proof_machine import until

from stored.rows import rows

CLIENTS = 2


def crash_storm(ground, kills, seed, worker):
    """Train the plan while each kind of process is killed so many times; what happened.

    `kills` is {kind: number}, `worker` starts a worker. One of each kind is left in the end, to finish.
    """
    storm = _Storm(ground, seed)
    stop = threading.Event()
    clients = [Client(ground.port, number, stop) for number in range(CLIENTS)]
    kinds = {
        "worker": (worker, storm.after_progress),
        "server": (ground.serve, storm.after_answers(clients)),
        "submitter": (lambda: ground.argosy("plan", "submit", ground.folder / "plan.yaml"), storm.soon),
        "relay": (lambda: ground.fork("relay"), storm.soon),
    }
    threads = [
        threading.Thread(target=storm.torment, args=(f"{kind}-{slot}", *kinds[kind], count), daemon=True)
        for kind, number in kills.items()
        if kind in kinds
        for slot, count in enumerate(_shares(number, 2 if kind == "worker" else 1))
    ]
    threads.append(threading.Thread(target=storm.torment_drainers, args=(kills.get("drainer", 0),), daemon=True))
    for thread in [*threads, *clients]:
        thread.start()
    for thread in threads:
        thread.join()
    if storm.failure is None:
        assert storm.killed == Counter(kills), (storm.killed, storm.failure)
        until(ground.is_over, what="the end of the plan")
        until(ground.is_ready, what="a server that answers")
        answered = [len(client.answered) for client in clients]
        until(lambda: all(len(c.answered) > n for c, n in zip(clients, answered, strict=True)), what="an answer")
    stop.set()
    for client in clients:
        client.join()
    ground.end()
    if storm.failure is not None:
        raise storm.failure
    return {
        "kills": dict(storm.killed),
        "kills before the plan was done": storm.early,
        **ground.verify(clients),
        "unanswered": sum((client.refused for client in clients), Counter()).total(),
        "leases lost": sum(ground.column("jobs", "losses")),
    }


def pause_storm(ground, pauses, seed, workers=3):
    """Stop all workers in the middle of their jobs until every lease has run out; one wakes and takes the jobs of the
    others away; then those wake, and must not write.
    """
    draw = random.Random(seed)
    hands = {process.pid: process for process in (ground.fork("work") for _ in range(workers))}
    assert ground.run("plan", "submit", ground.folder / "plan.yaml").returncode == 0
    paused = taken = 0
    while (paused < pauses or not taken) and not ground.is_over():
        if not _held(ground):
            continue
        for process in hands.values():
            process.send_signal(signal.SIGSTOP)
        held = _held(ground)
        heir = draw.choice([one for one in hands if any(not owner.endswith(f"-{one}") for *_, owner, _ in held)])
        sleeping = [(label, token) for label, token, owner, _ in held if not owner.endswith(f"-{heir}")]
        until(lambda: all(is_out for *_, is_out in _held(ground)), what="the end of the leases")
        hands[heir].send_signal(signal.SIGCONT)
        taken += sum(_was_taken(ground, label, token) for label, token in sleeping)
        paused += len(sleeping)
        before = ground.trained()
        for process in hands.values():
            process.send_signal(signal.SIGCONT)
        # a job that is lost ten times fails: disturb another job first
        until(lambda before=before: ground.trained() > before or ground.is_over(), what="a result")
    until(ground.is_over, what="the end of the plan")
    until(lambda: ground.log.read_text().count("was taken from") >= taken, what="the noticing of a lost lease")
    ground.end()
    tallies = [json.loads(path.read_text()) for path in ground.folder.glob("*.tally")]
    assert len(tallies) == workers
    return {
        "workers stopped in a job": paused,
        "of these, jobs taken away": taken,
        "LeaseLost": sum(tally["lost"] for tally in tallies),
        **ground.verify(),
    }


def _held(ground):
    """(label, token, owner, whether the lease has run out) of every running job."""
    with ground.project.database.read() as transaction:
        now = transaction.now()
    running = rows(ground.project.database, "jobs", "label", "token", "owner", "lease_until", state="running")
    return [(label, token, owner, ends < now) for label, token, owner, ends in running]


def two_of_everything(ground, seconds):
    """Two of each kind of process work on one project; what happened. Traffic lasts at least `seconds`."""
    stop = threading.Event()
    ports = (ground.port, free_port())
    for kind in ("work", "relay", "reconcile"):
        for _ in range(2):
            ground.fork(kind)
    for port in ports:
        ground.serve(port)
    submitters = [ground.argosy("plan", "submit", ground.folder / "plan.yaml") for _ in range(2)]
    for port in ports:
        until(lambda port=port: ground.is_ready(port), what="a server that answers")
    clients = [Client(port, number, stop) for number, port in enumerate(ports)]
    began = time.monotonic()
    for client in clients:
        client.start()
    assert [submitter.wait(60) for submitter in submitters] == [0, 0]
    until(ground.is_over, what="the end of the plan")
    until(lambda: time.monotonic() > began + seconds and all(client.accepted for client in clients), what="traffic")
    stop.set()
    for client in clients:
        client.join()
    ground.end()
    assert sum((client.refused for client in clients), Counter()).total() == 0
    jobs = ground.project.queue.jobs()
    return {
        "queued twice": sum(job.token - 1 - job.losses for job in jobs),
        "leases lost": sum(job.losses for job in jobs),
        **ground.verify(clients),
    }


def _was_taken(ground, label, token, patience=20.0):
    """Whether the job was taken from its worker; False if it had ended, or its worker holds the database's lock."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        state, now = rows(ground.project.database, "jobs", "state", "token", label=label)[0]
        if now > token or state != "running":
            return state != "done" or now > token
        time.sleep(0.002)
    return False


class _Storm:
    def __init__(self, ground, seed):
        self.ground, self.seed = ground, seed
        self.killed, self.early, self.failure = Counter(), 0, None
        self._lock, self._server = threading.Lock(), None

    def torment(self, name, start, moment, count):
        """Start a process, kill it at a random moment, and again; leave the last alone."""
        kind, draw = name.partition("-")[0], random.Random(f"{self.seed}/{name}")
        try:
            while True:
                process = start()
                if kind == "server":
                    self._server = process
                if count <= 0:
                    return
                moment(process, draw)
                count -= self._kill(kind, process)
        except BaseException as error:  # noqa: BLE001  # a thread's failure is the proof's
            self.failure = error

    def torment_drainers(self, count):
        """Kill a server's drainer; the server must replace it."""
        draw = random.Random(f"{self.seed}/drainer")
        try:
            while count > 0:
                pids = until(lambda: self._server and self.ground.drainers(self._server), what="a drainer")
                time.sleep(draw.uniform(0, 1.0))
                with suppress(ProcessLookupError):
                    if pids[0] in self.ground.drainers(self._server):
                        os.kill(pids[0], signal.SIGKILL)
                        count -= self._count("drainer")
        except BaseException as error:  # noqa: BLE001
            self.failure = error

    def _kill(self, kind, process):
        """Whether it was running, and was killed."""
        if process.poll() is not None:
            return 0
        process.kill()
        process.wait()
        return self._count(kind)

    def _count(self, kind):
        is_over = self.ground.is_over()
        with self._lock:
            self.killed[kind] += 1
            self.early += not is_over
        return 1

    # --- moments

    def soon(self, process, draw):
        """At any time in the first one and a half seconds."""
        _sleep(process, draw.uniform(0, 1.5))

    def after_progress(self, process, draw):
        """During its start; while it has a job; after it stored an artifact and before its result; after results."""
        which = draw.random()
        if which < 0.2:
            return _sleep(process, draw.uniform(0, 1.0))
        if which < 0.5:
            self._while_idle(lambda: self.ground.jobs_of(process))
            return _sleep(process, draw.uniform(0, 0.1))
        if which < 0.7:
            return self._while_idle(self.ground.has_orphan)
        goal = self.ground.trained() + draw.randrange(1, 5)
        self._while_idle(lambda: self.ground.trained() >= goal)
        return _sleep(process, draw.uniform(0, 0.05))

    def _while_idle(self, condition, patience=10.0):
        """Wait for a condition that may not come: there may be no work left."""
        deadline = time.monotonic() + patience
        while not condition() and not self.ground.is_over() and time.monotonic() < deadline:
            time.sleep(0.001)

    def after_answers(self, clients):
        """During a server's start, or between two of its answers."""

        def moment(process, draw):
            if draw.random() < 0.3:
                return _sleep(process, draw.uniform(0, 1.0))
            before, goal = sum(len(client.answered) for client in clients), draw.randrange(5, 60)
            until(lambda: sum(len(client.answered) for client in clients) > before + goal, what="an answer")
            return _sleep(process, draw.uniform(0, 0.05))

        return moment


def _sleep(process, seconds):
    """A random moment: this is the only place where a test sleeps."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(min(0.01, max(0.0, deadline - time.monotonic())))


def _shares(number, parts):
    return [number // parts + (part < number % parts) for part in range(parts)]
