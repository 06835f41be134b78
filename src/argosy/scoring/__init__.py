"""Scoring files: every row of a file answered by one version, in order, by any number of processes, resumable."""
