"""Contract kits: what a plug-in or a backend must do, as functions that its author's tests call."""
