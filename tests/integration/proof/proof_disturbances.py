"""What a cluster suffers in its storm: one function a disturbance, each with how often it happened as its value.

Each takes the `ClusterStorm`, waits until there is something to disturb, and returns when what it broke is whole again.
None depends on how fast anything is.
"""

import os
import signal

from proof_machine import until

from stored.rows import rows


def kill_worker(storm):
    """kill -9 of a worker that has a job."""
    pid, _ = storm.busy()
    os.kill(pid, signal.SIGKILL)
    storm.replace(pid)
    return 1


def kill_machine(storm):
    """kill -9 of the process that keeps workers, and of all of them at the same moment."""
    keeper = storm.keeper
    for pid in [keeper.pid, *storm.kept()]:
        os.kill(pid, signal.SIGKILL)
    keeper.wait()
    storm.start_keeper()
    return 1


def stop_worker_past_its_lease(storm):
    """SIGSTOP until another worker has the job; then SIGCONT."""
    while True:
        pid, (job, token) = storm.busy(storm.hands)
        os.kill(pid, signal.SIGSTOP)
        try:
            if storm.is_taken(job, token):
                return 1
        finally:
            os.kill(pid, signal.SIGCONT)


def restart_postgresql_fast(storm):
    return _restart_postgresql(storm, signal.SIGINT)


def restart_postgresql_immediately(storm):
    return _restart_postgresql(storm, signal.SIGQUIT)


def _restart_postgresql(storm, how):
    storm.busy()
    server = storm.cluster.postgresql
    server.stop(how)
    server.start()
    server.wait()
    return 1


def restart_rabbitmq(storm):
    """Work continues while it is unavailable."""
    return _restart_rabbitmq(storm, storm.cluster.rabbitmq.stop)


def crash_rabbitmq(storm):
    return _restart_rabbitmq(storm, storm.cluster.rabbitmq.kill)


def _restart_rabbitmq(storm, end):
    end()
    storm.see_progress()
    storm.cluster.rabbitmq.start()
    storm.cluster.rabbitmq.wait()
    return 1


def cut_connections(storm):
    """Every TCP connection of every machine to PostgreSQL and RabbitMQ."""
    storm.busy()
    return sum(relay.cut() for relay in storm.cluster.relays)


def forget_connections(storm):
    """The same without notifying either side: half-open connections."""
    storm.busy()
    forgotten = sum(relay.forget() for relay in storm.cluster.relays)
    storm.see_progress()
    return forgotten


def delete_queue(storm):
    storm.tap.delete()
    storm.see_progress()
    return 1


def purge_queue(storm):
    storm.feed()
    storm.purged += storm.tap.purge()
    storm.see_progress()
    return 1


def duplicate_messages(storm):
    """Every tenth of the messages since the last call."""
    return until(lambda: storm.tap.duplicate() or storm.see_progress(), what="a message to send twice")


def refuse_objects(storm):
    """503 to a few consecutive requests: fewer than the client's retries."""
    return _fault_objects(storm, "503", 3)


def cut_objects(storm):
    """Close the connection after half of an object is read or written."""
    return _fault_objects(storm, "cut", 2)


def _fault_objects(storm, fault, times):
    proxy = storm.cluster.proxy
    proxy.faults = [fault] * times
    until(lambda: not proxy.faults or storm.fetch_one(), what="a request for an object")
    return times


def take_objects_away(storm):
    """503 to every request, until a job was postponed for it."""
    storm.cluster.proxy.is_away = True
    try:
        until(lambda: storm.feed_idle() or _is_put_off(storm), what="a job that is put off")
    finally:
        storm.cluster.proxy.is_away = False
    return 1


def fill_disk(storm):
    """No room for artifacts, until a job was put off for it."""
    storm.ground.disk.fill()
    try:
        until(lambda: storm.feed_idle() or _is_put_off(storm, "ArtifactsFull"), what="a job that is put off")
    finally:
        storm.ground.disk.empty()
    storm.see_progress()
    return 1


def _is_put_off(storm, why="ArtifactsUnavailable"):
    queued = rows(storm.ground.project.database, "jobs", "error", state="queued")
    return any(error and error.startswith(f"{why}: ") for (error,) in queued)


QUICK = (
    kill_worker,
    stop_worker_past_its_lease,
    restart_postgresql_fast,
    restart_postgresql_immediately,
    crash_rabbitmq,
    cut_connections,
    delete_queue,
    purge_queue,
    duplicate_messages,
    refuse_objects,
    cut_objects,
    take_objects_away,
)
ALL = (*QUICK, kill_machine, restart_rabbitmq, forget_connections)
OF_OBJECTS = (refuse_objects, cut_objects, take_objects_away)
ON_A_DISK = (*(one for one in ALL if one not in OF_OBJECTS), fill_disk)
"""With artifacts on a file system that all machines have, in place of objects."""


def drawn(disturbances, rounds, draw):
    """Each disturbance that many times, every round in a different order."""
    return [one for _ in range(rounds) for one in draw.sample(disturbances, len(disturbances))]
