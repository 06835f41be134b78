"""Operating a project: backup and restore, doctor, the rotation of master keys."""
