"""An imported model can be killed with its descendants, and has as little access as the machine allows."""

import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from onnx_files import counting

from argosy.errors import ImportedModelFailed, ImportedModelTooSlow, ImportInvalid
from argosy.models.runtime import Declared
from argosy.models.runtimes import runtime_of, sandbox

pytest.importorskip("onnxruntime", reason="the extra 'import' is not installed")
FIELDS = Declared(fields={"a": "number", "b": "number"})
FOR_EVER = [[1e12, 1.0]]
SECONDS = 20


class Program:
    """A pickle that runs this code when it is opened; `model` is the resulting object, with a `predict`."""

    def __init__(self, program, predict="return ['no'] * len(rows)"):
        body = "\n  ".join(predict.splitlines())
        self.source = f"import os, time, signal\n{program}\ndef predict(self, rows):\n  {body}\n"
        self.source += "model = type('Model', (), {'predict': predict})()"

    def __reduce__(self):
        return eval, (f"(lambda names: (exec({self.source!r}, names), names['model'])[1])({{}})",)


def opened(program, predict="return ['no'] * len(rows)", seconds=10.0):
    return runtime_of("pickle", pickle.dumps(Program(program, predict)), Declared(), ["no", "yes"], seconds=seconds)


def until(condition):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(params=["bubblewrap", "limits alone"])
def isolation(request, monkeypatch):
    if request.param == "limits alone":
        monkeypatch.setattr(sandbox, "bubblewrap", lambda: ())
    elif not sandbox.bubblewrap():
        pytest.skip(sandbox.isolation())
    return request.param


@pytest.fixture
def sandboxed():
    if not sandbox.bubblewrap():
        pytest.skip(sandbox.isolation())


def running(marker):
    """The processes with this text in their command line."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended; a zombie has no command line
            if marker.encode() in (place / "cmdline").read_bytes().split(b"\0"):
                found.append(int(place.name))
    return found


def test_a_loop_without_end_is_ended_and_the_next_request_is_answered(isolation):
    runtime = runtime_of("onnx", counting().SerializeToString(), FIELDS, ["no", "yes"], seconds=1.0)
    expected = runtime.answers([[2.0, 1.0]])
    np.testing.assert_allclose(expected, np.sin(np.sin([[2.0, 1.0]])), atol=1e-6)
    with pytest.raises(ImportedModelTooSlow, match="no answer within 1 s"):
        runtime.answers(FOR_EVER)
    until(lambda: runtime.is_ready)  # without a call
    assert runtime.answers([[2.0, 1.0]]).tolist() == expected.tolist()


def test_one_that_is_busy_is_ready():
    runtime = opened("", "time.sleep(0.5)\nreturn ['no'] * len(rows)")
    asking = threading.Thread(target=runtime.answers, args=(["a"],))
    asking.start()
    until(lambda: runtime._lock.locked() or not asking.is_alive())
    assert runtime.is_ready
    asking.join()


def test_many_rows_are_sent_in_parts():
    runtime = runtime_of("onnx", counting().SerializeToString(), FIELDS, ["no", "yes"])
    rows = np.arange(4400.0).reshape(2200, 2) / 4400
    np.testing.assert_allclose(runtime.answers(rows.tolist()), rows.astype(np.float32))


def test_a_large_input_does_not_wait_forever_for_a_model_that_does_not_read(isolation):
    stopped = "os.kill(os.getpid(), signal.SIGSTOP)"
    runtime = opened("", f"{stopped} if rows == ['stop'] else None\nreturn ['no'] * len(rows)", seconds=1.0)
    with pytest.raises(ImportedModelTooSlow):
        runtime.answers(["stop"])
    long = ["x" * 1_000_000]
    assert runtime.answers(long).tolist() == [[1.0, 0.0]]


def test_what_a_model_started_ends_with_it(isolation):
    marker = f"argosy-test-{os.getpid()}-{isolation[:3]}"
    left_behind = f"""
import subprocess, sys
code = "import os, time; os.setsid() if sys.argv[2] == 'own' else None; os.fork() and os._exit(0); time.sleep(600)"
for kind in ("same", "own"):
    subprocess.Popen([sys.executable, "-c", "import sys; " + code, {marker!r}, kind])
"""
    runtime = opened(left_behind)
    until(lambda: len(running(marker)) == 2)
    del runtime
    until(lambda: not running(marker))


def test_it_ends_when_its_caller_is_killed(isolation, tmp_path):
    marker = f"argosy-test-{os.getpid()}-{isolation[:3]}"
    program = (
        f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)', {marker!r}])"
    )
    (tmp_path / "model").write_bytes(pickle.dumps(Program(program)))
    asking = f"""
import sys, time
from pathlib import Path
from argosy.models.runtime import Declared
from argosy.models.runtimes import runtime_of, sandbox
if {isolation == "limits alone"}:
    sandbox.bubblewrap = lambda: ()
content = Path({str(tmp_path / "model")!r}).read_bytes()
runtime = runtime_of("pickle", content, Declared(), ["no", "yes"])
print("opened", flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", asking], stdout=subprocess.PIPE, text=True) as asker:
        assert asker.stdout.readline() == "opened\n"
        until(lambda: running(marker))
        asker.send_signal(signal.SIGKILL)
    until(lambda: not running(marker))


def test_its_environment_and_folder_are_empty_and_no_descriptor_is_inherited(isolation, monkeypatch, tmp_path):
    monkeypatch.setenv("ARGOSY_KEY_EXAMPLES", "secret")
    with (tmp_path / "open").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        seen = "sorted(os.environ), os.listdir('.'), sorted(os.listdir('/proc/self/fd'))"
        with pytest.raises(ImportInvalid, match="ValueError") as refused:
            opened(f"raise ValueError(repr(({seen})))")
    environment, rest = str(refused.value).split("], [", 1)
    assert "ARGOSY" not in environment
    assert rest.startswith("], [")  # the folder
    assert rest.count("'") == 2 * 6  # 0, 1, 2, two pipes, and the one that lists them


def test_what_it_writes_is_refused_or_empty(isolation, tmp_path):
    place = tmp_path / "file"
    with pytest.raises(ImportInvalid, match="Error"):
        opened(f"open({str(place)!r}, 'w').write('x' * 100_000)")
    assert not place.exists() or place.stat().st_size == 0


def test_in_the_sandbox_there_is_no_file_of_the_users(sandboxed, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))  # like a project with plug-ins
    (tmp_path / "own.py").write_text("VALUE = 1")
    secret = tmp_path / ".argosy" / "keys" / "examples.key"
    secret.parent.mkdir(parents=True)
    secret.write_text("secret")
    for program in (f"open({str(secret)!r})", f"os.remove({str(secret)!r})", f"open({str(secret)!r}, 'w')"):
        with pytest.raises(ImportInvalid, match=r"FileNotFoundError|OSError"):
            opened(program)
    assert secret.read_text() == "secret"
    opened("import own\nassert own.VALUE == 1")
    with pytest.raises(ImportInvalid, match="OSError"):
        opened(f"open({str(tmp_path / 'own.py')!r}, 'w')")
    assert (tmp_path / "own.py").read_text() == "VALUE = 1"


def test_in_the_sandbox_there_is_no_network_and_no_other_process(sandboxed):
    opened("assert [name for name in os.listdir('/proc') if name.isdecimal()] == ['1', str(os.getpid())]")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = listening.getsockname()
        socket.create_connection(address, 5).close()
        with pytest.raises(ImportInvalid, match="ConnectionRefusedError"):
            opened(f"import socket\nsocket.create_connection({address!r}, 5)")


def test_where_bubblewrap_does_not_work_the_limits_remain_and_it_is_reported(tmp_path, monkeypatch):
    (tmp_path / "bwrap").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert "no sandbox (bwrap does not work here)" in sandbox.isolation()
    assert opened("").answers(["a"]).tolist() == [[1.0, 0.0]]
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    assert "no sandbox (bwrap is not installed)" in sandbox.isolation()


def test_invalid_answers_of_a_process_are_an_error_of_the_model(isolation):
    shouting = "for n in range(3, 30):\n  try: os.write(n, b'\\xff' * 64)\n  except OSError: pass\nreturn ['no']"
    runtime = opened("", shouting)
    with pytest.raises(ImportedModelFailed, match="too large an answer"):
        runtime.answers(["a"])
