"""Pure functions of statistics: arrays in, figures out; no I/O, no clock, every draw by a seed.

Distributions come from `scipy.special`, imported where they are needed: `scipy.stats` takes three times as long to
import, for the same numbers.
"""
