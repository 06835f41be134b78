"""What submits plans by itself: when their triggers fire, and what is done then."""
