"""Where a version or a prediction comes from, what became of it, and which versions learned from an example or file."""
