"""A pretrained encoder trained to classify: what it begins with, its training, and what serves it."""
