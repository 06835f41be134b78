"""The model server: versions found, loaded beside the old ones, swapped, and asked over several protocols."""
