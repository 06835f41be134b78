"""Work as rows: submitted once by label, leased, fenced, retried, and put back when a worker vanishes."""
