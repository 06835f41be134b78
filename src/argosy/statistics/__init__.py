"""Pure functions of statistics: arrays in, figures out; no I/O, no clock, every draw by a seed."""
