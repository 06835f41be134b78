"""The `argosy` command: one module a group of commands, imported when it is asked for."""
