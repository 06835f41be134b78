"""Training: one definition's pipeline, adapters fitted once and shared, and the handler that a worker runs."""
