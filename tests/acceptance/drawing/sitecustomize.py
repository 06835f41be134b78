"""What a command draws is the same each time that its test runs; what its own children draw is really random."""

import os
import random

if seed := os.environ.pop("COMMAND_DRAWS", ""):
    really_random = os.urandom
    os.urandom = random.Random(seed).randbytes
    os.register_at_fork(after_in_child=lambda: setattr(os, "urandom", really_random))
