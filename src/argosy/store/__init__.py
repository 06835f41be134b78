"""What was trained: results, numbered versions, aliases and their history, lineage, artifacts."""
