"""User code that never returns blocks a thread of the server, but not the server's end."""

import httpx
import pytest

ADAPTER = '''
import numpy as np

from argosy.models.adapter import Adapter
from argosy.models.adapters import adapters
from argosy.models.inputs import text_of


class Stubborn(Adapter):
    """Knows whether a text is long; slow enough to be asked on a thread."""

    def fit(self, inputs, labels):
        return self

    def transform(self, inputs):
        texts = [text_of(item, "") for item in inputs]
        while any("for ever" in text for text in texts):
            pass
        spent = sum(range(200_000))
        return np.array([[len(text) > 10, spent > 0] for text in texts], float)


adapters.register("stubborn", Stubborn)
'''
PLAN = "name: lengths\ndataset: {name: all}\nadapter: stubborn\nmodel: logistic\n"


def test_a_server_ends_while_a_users_model_loops(make_project):
    shell = make_project(PLAN)
    shell.write("own.py", ADAPTER)
    shell.write("argosy.yaml", "plugins: [own]\nlimits: {seconds: 1}\n")
    rows = [(f"{n}" if n % 2 else f"number {n} of many", "short" if n % 2 else "long") for n in range(100)]
    shell.write("rows.csv", "text,label\n" + "".join(f"{text},{label}\n" for text, label in rows))
    shell("examples", "import", "rows.csv")
    shell("train", "plan.yaml", "--processes", 1)
    shell("models", "promote", "lengths@1")
    process, client = shell.serve("serve")

    def ask(text):
        return client.post("/v1/models/lengths:predict", json={"instances": [text]})

    assert ask("a text").json()["predictions"][0]["label"] == "short"
    refused = ask("for ever")
    assert refused.status_code == 503
    assert client.get("/v2/health/live").status_code == 200
    client.close()
    assert shell.end(process) == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{refused.url.scheme}://{refused.url.netloc.decode()}/v2/health/live")
