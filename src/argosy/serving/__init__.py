"""The model server: versions found, loaded next to the old ones, swapped, and asked over several protocols."""
