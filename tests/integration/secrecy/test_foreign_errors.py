"""A plug-in that fails with the text in its message: neither the log, nor the database, nor an answer repeats it."""

CANARY = "quetzalcoatlus"
MODULE = '''\
import numpy as np

from argosy.models.adapter import Adapter
from argosy.models.adapters import adapters


class Fragile(Adapter):
    """Cannot read canaries; `at` says when it notices."""

    def __init__(self, at: str = "fit") -> None:
        self.at = at

    def fit(self, inputs, labels):
        self.read_ = 1.0
        if self.at == "fit":
            self._look(inputs)
        return self

    def transform(self, inputs):
        if self.at == "transform":
            self._look(inputs)
        return np.array([[len(text)] for text in inputs], dtype=np.float64).reshape(len(inputs), 1)

    def _look(self, inputs):
        for text in inputs:
            if "quetzal" + "coatlus" in text:
                try:
                    raise ValueError(f"what is {text}?")
                except ValueError:
                    raise RuntimeError(f"cannot read '{text}'")


adapters.register("fragile", Fragile)
'''
PLAN = (
    "name: notes\ndataset: {name: all}\nadapter: {name: fragile, options: {at: %s}}\nmodel: {name: nearest_centroid}\n"
)


def prepare(site, tmp_path, canary):
    (site.root / "fragile.py").write_text(MODULE)
    (site.root / "argosy.yaml").write_text("plugins: [fragile]\n")
    rows = [f"note {'x' * (n % 3 * 9)} {n},{n % 3}" for n in range(90)] + [f"a {canary} {n},1" for n in range(9)]
    (tmp_path / "notes.csv").write_text("text,label\n" + "\n".join(rows))
    site("examples", "import", tmp_path / "notes.csv")


def test_a_failed_job_keeps_the_place_and_not_the_message(site, tmp_path):
    prepare(site, tmp_path, CANARY)
    (site.root / "plan.yaml").write_text(PLAN % "fit")
    site("plan", "submit", site.root / "plan.yaml")
    site("worker", "--until-idle")
    [failed] = site.json("plan", "status", "notes")["failed"]
    assert failed["error"].startswith("RuntimeError at ")
    assert "fragile.py:" in failed["error"]
    assert site.having(CANARY) == []


def test_a_failed_request_is_logged_without_its_text(site, tmp_path):
    prepare(site, tmp_path, "harmless")
    (site.root / "plan.yaml").write_text(PLAN % "transform")
    site("train", site.root / "plan.yaml", "--processes", 1)
    server, client = site.serve()
    answer = client.post("/v1/models/notes:predict", json={"instances": [f"a {CANARY}"]})
    client.close()
    assert answer.status_code == 500
    assert CANARY not in answer.text
    assert site.end(server) == 0
    assert site.having(CANARY) == []
    assert any("RuntimeError at" in log.read_text() for log in site.logs.iterdir())
