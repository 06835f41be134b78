"""A project small enough for tests: a store with versions of one model, a vault, a spool; and its server's program.

Run as a program it serves the project in the folder it is given, and prints its URLs.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

from argosy import telemetry
from argosy.app.backends import database
from argosy.app.mounting import http_server
from argosy.definitions.project import LimitSettings, Settings, load_settings
from argosy.models.adapted_model import AdaptedModel
from argosy.predictions.feedback_log import FeedbackLog
from argosy.predictions.log import PredictionLog
from argosy.serving.aspired_versions import served_versions
from argosy.serving.reloading import Reloading
from argosy.store.artifacts.local import LocalArtifacts
from argosy.store.store import Store
from argosy.store.trained import Trained
from argosy.vault.keys.environment import EnvironmentKeys
from argosy.vault.tokens import Tokens
from argosy.vault.vault import Vault

KEY_VARIABLES = {"ARGOSY_KEY_PREDICTIONS": base64.b64encode(bytes(range(32))).decode()}
KEYS = EnvironmentKeys(KEY_VARIABLES)
DEFINITION = {"adapter": {"name": "tfidf", "options": {}}}
SPORT = [
    "the match was won in extra time",
    "a goal from the striker",
    "the team lost the cup final",
    "fans of the club",
]
MONEY = ["shares fell on the market", "the bank raised its rates", "profits and losses of the firm", "the price of oil"]


class Project:
    def __init__(self, folder: Path, spool: str = "spool") -> None:
        self.folder = folder
        self.database = database("sqlite:///argosy.db", folder)
        self.store = Store(self.database, LocalArtifacts(f"file:{folder / 'artifacts'}"))
        self.vault = Vault(self.database, KEYS)
        self.tokens = Tokens(self.database, self.vault)
        self.spool = folder / spool
        self.predictions = PredictionLog(self.database, self.vault, self.spool)
        self.feedback = FeedbackLog(self.database, self.vault, lambda: 1000.0)

    def train(self, name: str = "topics", suffix: str = "", model: str = "logistic", words: int = 0) -> int:
        """A new version, which answers `sport` or `money`, followed by the suffix; with that many known words."""
        filler = [" ".join(f"word{n}" for n in range(start, start + 500)) for start in range(0, words, 500)]
        texts = [*SPORT, *MONEY, *filler]
        labels = ["sport" + suffix] * 4 + ["money" + suffix] * (4 + len(filler))
        fitted = AdaptedModel.from_names("tfidf", {"min_count": 1}, model, {}).fit(texts, labels)
        return self.keep(fitted, name, f"tfidf-{model}")

    def train_fields(self, name: str = "fields") -> int:
        """A model of the fields `ratio`, a number, and `plan`, a category; it answers `low`, `middle` or `high`."""
        inputs = [{"ratio": n / 100 - 0.5, "plan": "ab"[n % 2]} for n in range(100)]
        labels = ["low" if n < 33 else "high" if n > 66 else "middle" for n in range(100)]
        fitted = AdaptedModel.from_names("numeric", {}, "logistic", {"C": 100.0}).fit(inputs, labels)
        return self.keep(fitted, name, "numeric-logistic")

    def keep(self, fitted: AdaptedModel, name: str = "topics", prefix: str = "model") -> int:
        """A model as a new version."""
        path = fitted.save(self.folder / "fitted")
        label = f"{prefix}-{len(self.store.all_versions()):012}"
        artifact = self.store.artifacts.put(path)
        trained = Trained(label, DEFINITION, "d" * 64, artifact, path.stat().st_size, {}, {}, 0.1, 1.0, {}, {})
        with self.database.write() as transaction:
            self.store.record(transaction, trained)
            return self.store.add_version(transaction, name, label)

    def settings(self) -> Settings:
        """What its `argosy.yaml` says, where it has one."""
        file = self.folder / "argosy.yaml"
        return load_settings(self.folder, {}) if file.exists() else Settings(name=self.folder.name)

    def promote(self, number: int, name: str = "topics", alias: str = "champion") -> None:
        with self.database.write() as transaction:
            self.store.promote(transaction, name, number, alias, by="test", reason="test")


def main(folder: str, port: str = "0", other_limits: str = "{}", hosts: str = "[]", grpc_port: str = "null") -> None:
    telemetry.configure()
    project = Project(Path(folder))
    limits = LimitSettings(**{"text_bytes": 100_000, "body_bytes": 1_000_000, "rows": 100, **json.loads(other_limits)})
    settings = project.settings()
    server = http_server(
        project.store,
        project.vault,
        project.spool,
        models=served_versions(settings.server.models),
        limits=limits,
        default_model=settings.server.default_model,
        hosts=json.loads(hosts),
        grpc_port=json.loads(grpc_port),
        reloading=Reloading(settings, project.settings),
    )
    server.run("127.0.0.1", int(port), lambda url: print(url, flush=True))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
