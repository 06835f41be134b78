"""Pages for people: the report on a model, in one HTML file that needs nothing else."""
