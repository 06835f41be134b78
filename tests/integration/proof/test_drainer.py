"""The server replaces a killed drainer, and the new one continues where it stopped."""

import os
import signal
import threading

from proof_ground import Client
from proof_machine import until


def test_a_killed_drainer_is_replaced(ground):
    site, stop = ground(2), threading.Event()
    server = site.serve()
    until(site.is_ready, what="a server that answers")
    (first,) = until(lambda: site.drainers(server), what="a drainer")
    client = Client(site.port, 1, stop)
    client.start()
    os.kill(first, signal.SIGKILL)
    until(lambda: site.drainers(server) not in ([], [first]), what="another drainer")
    until(lambda: len(client.answered) >= 10, what="answers")
    stop.set()
    client.join()
    # read from the table: the log would drain first
    until(lambda: site.count("predictions") >= len(client.answered), what="the draining")
    site.end()
    assert site.count("predictions") == len(client.answered) or client.refused
