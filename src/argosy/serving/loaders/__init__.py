"""One module a kind of artifact."""
