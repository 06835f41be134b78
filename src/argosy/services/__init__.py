"""Client, pre-processing, models, post-processing: what answers under a service's name."""
