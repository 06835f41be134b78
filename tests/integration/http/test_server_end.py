"""A server's process ends in time, even if its application leaves threads running."""

import subprocess
import sys

from argosy.testing.waiting import PATIENCE

WITH_A_BUSY_THREAD = """
import asyncio, os, signal, threading, time, urllib.request
from argosy.http import server
from argosy.http.connection_limits import ConnectionLimits

server.END_SECONDS = 1.0

async def application(scope, receive, send):
    if scope["type"] == "lifespan":
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})
        return
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()
    await asyncio.to_thread(time.sleep, 1000)

def ask(url):
    threading.Thread(target=urllib.request.urlopen, args=(url,), daemon=True).start()

server.serve_until_stopped(application, "127.0.0.1", 0, ask, ConnectionLimits(shutdown_seconds=0.1))
"""


def test_a_thread_of_the_application_that_never_ends():
    done = subprocess.run([sys.executable, "-c", WITH_A_BUSY_THREAD], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert "did not end in time" in done.stderr
