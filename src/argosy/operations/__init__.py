"""Keeping a project well: backup and restore, doctor, the rotation of master keys."""
