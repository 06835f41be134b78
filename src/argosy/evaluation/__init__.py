"""What a version is worth: evidence, the gate, comparison, labels in doubt, drift."""
