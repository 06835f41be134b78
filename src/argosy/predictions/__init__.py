"""What was answered, and what then turned out: the prediction log, its spool, and the feedback that joins it."""
