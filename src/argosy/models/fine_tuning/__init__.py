"""A pretrained encoder taught to tell classes apart: what it begins with, its training, and what serves it."""
