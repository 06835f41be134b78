"""What the hand-written service needs: `python handwritten_fill.py EXAMPLES PIPELINE TABLES REDIS`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import joblib
import redis
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler


def fill(examples: str, pipeline: str, tables: str, url: str) -> None:
    """Fit the pipeline, and put the rows of the tables into Redis."""
    read = [json.loads(line) for line in Path(examples).read_text().splitlines()]
    made = make_pipeline(DictVectorizer(), MaxAbsScaler(), LogisticRegression(max_iter=500))
    joblib.dump(made.fit([one["input"] for one in read], [one["label"] for one in read]), pipeline)
    client = redis.Redis.from_url(url)
    for name, key in (("users", "user"), ("products", "product")):
        for line in (Path(tables) / f"{name}.jsonl").read_text().splitlines():
            row = json.loads(line)
            found = row.pop(key)
            client.set(f"hand:{name}:{found}", json.dumps(row))
            if name == "users":
                client.set(f"hand:clicks:{found}", json.dumps({"views": 1, "spent": 20}))


if __name__ == "__main__":
    fill(*sys.argv[1:])
