# %% [markdown]
# # A team's own tickets, through the whole loop in Python
#
# Import → plan → train → leaderboard → what is wrong with the labels → report → serve → requests → drift →
# corrections → retrain → promoted. Run it as a script (`python loop.py`), or cell by cell in `loop.ipynb`, which
# is this file as a notebook.
#
# The tickets are synthetic, and wrong on purpose (see `tickets.py`). For your own: `python loop.py --data my.jsonl`,
# or fill in `DATA` below. It needs a text and a label on each line; the last fifth plays the live traffic, its labels
# the corrections.

# %%
import argparse
import builtins
import json
import urllib.request
from pathlib import Path
from typing import Any

import tickets

import argosy

parser = argparse.ArgumentParser()
parser.add_argument("--data", help="Your own JSONL of texts and labels.")
parser.add_argument("--folder", default="desk", help="Where the project goes.")
parser.add_argument("--tickets", type=int, default=3000, help="How many to make up, where there is no data.")
options, _ = parser.parse_known_args()
DATA = options.data
show = getattr(builtins, "display", print)  # a notebook draws tables
Row = dict[str, Any]

# %% [markdown]
# ## A project
#
# A folder with settings, a database and keys. Opening it again later goes on where this left off.

# %%
project = argosy.open(options.folder, create=True)
show(project)

# %% [markdown]
# ## Examples
#
# A row is a text, or a dictionary of fields, and its label. The import counts duplicates, and names rows that
# contradict each other.

# %%
FIELDS = ("subject", "body", "product", "priority")


def made_up() -> tuple[list[Row], list[Row]]:
    """Tickets of before, and what comes in later: more of them, and a product that is new."""
    before = [one.row for one in tickets.tickets(options.tickets)]
    later = [{**one.row, "category": one.truth} for one in tickets.tickets(200, seed=9, wrong=0)]
    rows = [
        {"text": {name: row[name] for name in FIELDS}, "label": row["category"], "subject": row["customer"]}
        for row in [*before, *later, *tickets.drones(600)]
    ]
    return rows[: len(before)], rows[len(before) :]


def own(path: str) -> tuple[list[Row], list[Row]]:
    """The file in its order: four fifths to learn from, the last fifth to be asked about."""
    rows = [json.loads(line) for line in Path(path).read_text("utf-8").splitlines() if line.strip()]
    return rows[: len(rows) * 4 // 5], rows[len(rows) * 4 // 5 :]


past, future = own(DATA) if DATA else made_up()
imported = project.examples.add(past)
print(f"{imported.added:,} examples, {imported.duplicates} duplicates, {imported.conflicts} contradictions, such as")
for rows in imported.disagreements[:3]:
    print("  ", rows)
show(project.examples.count().labels)

# %% [markdown]
# ## A plan, checked before anything trains
#
# Every combination of the values is a definition. `numeric` takes dictionaries of fields, `tfidf` takes texts.

# %%
has_fields = isinstance(past[0]["text"], dict)
texts = [name for name, value in past[0]["text"].items() if len(str(value).split()) > 3] if has_fields else []
plan = {
    "name": "desk",
    "dataset": {"name": "all", "options": {"training_ratio": 0.6}},
    "adapter": {"name": "numeric", "options": {"texts": [texts]}} if has_fields else "tfidf",
    "model": [
        {"name": "logistic", "options": {"C": [1.0, 10.0]}},
        {"name": "svm", "options": {"kernel": ["linear"], "C": [0.1]}},
    ],
}
check = project.plans.check(plan)
print(f"{check.will_train} definitions will train")

# %% [markdown]
# ## Train, and look at what came out

# %%
project.plans.train(plan, processes=2)
board = project.leaderboard("desk")
show(board[["model", "validation_accuracy", "test_accuracy", "test_accuracy_low", "test_accuracy_high"]])

# %% [markdown]
# ## What is wrong with the labels?
#
# Rows whose label models that have not seen them do not believe. Texts come decrypted here because they are asked for.

# %%
project.models.promote("desk@best", reason="best on validation")
doubts = project.doubts("desk@champion", texts=True)
print(f"{len(doubts)} labels are in doubt")
show(doubts.head())

# %% [markdown]
# ## A report for everybody else
#
# One HTML file, without texts unless you ask for them.

# %%
report = project.report("desk", project.root / "report.html", quick=True)
print(f"{report.name}: {report.stat().st_size / 1000:.0f} kB")

# %% [markdown]
# ## Serve it, and ask
#
# The server runs in a child process for as long as the block does. Every answer has an id.


# %%
def ask(url: str, rows: list[Row]) -> list[Row]:
    """The server's predictions for these rows."""
    body = json.dumps({"instances": [row["text"] for row in rows]}).encode()
    request = urllib.request.Request(f"{url}/v1/models/desk:predict", body, {"content-type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        found: list[Row] = json.load(answer)["predictions"]
    return found


with project.serve() as url:
    answers = [one for at in range(0, len(future), 100) for one in ask(url, future[at : at + 100])]
right = sum(answer["label"] == row["label"] for answer, row in zip(answers, future, strict=True))
print(f"{len(answers)} answers, {right / len(answers):.1%} of them right")
show(answers[0])

# %% [markdown]
# ## Has the world changed?
#
# No labels are needed to see it: live answers compared with the test part.

# %%
drift = project.drift("desk")
show(drift[["rows", "what", "reference", "live", "value", "low", "high", "is_shown"]])

# %% [markdown]
# ## Corrections
#
# Half of the answers are corrected, drawn without regard to what was answered: only such corrections may measure.

# %%
for answer, row in list(zip(answers, future, strict=True))[::2]:
    project.feedback.add(answer["prediction_id"], row["label"], uniform=True)

# %% [markdown]
# ## Retrain; the gate decides
#
# A challenger learns from the corrections too, and takes over only if it is better on rows that neither has learned
# from.

# %%
retrained = project.retrain("desk")
print(retrained.summary)
model = project.models["desk@champion"]
unseen = list(zip(answers, future, strict=True))[1::2]
before = sum(answer["label"] == row["label"] for answer, row in unseen) / len(unseen)
now = model.classify([row["text"] for _, row in unseen])
after = sum(answer == row["label"] for answer, (_, row) in zip(now, unseen, strict=True)) / len(unseen)
print(f"On answers that were never corrected: {before:.1%} → {after:.1%}")

# %%
project.close()
