"""A new process, on whichever machine: it starts from the dumped weights and trains nothing. `python node.py FILE`.

It reads `[{"s": 10, "j": 4}, …]` and writes the answers, with how long loading and the first answer took.
"""

import json
import sys
import time

from argosy import AdaptedModel

rows = json.load(sys.stdin)
begun = time.perf_counter()
model = AdaptedModel.load(sys.argv[1])
first = model.classify(rows[:1])
milliseconds = 1000 * (time.perf_counter() - begun)
json.dump({"answers": model.classify(rows), "milliseconds": milliseconds}, sys.stdout)
