"""What a command draws is the same each time that its test runs; what its own children draw is really random."""

import os
import random

if seed := os.environb.pop(b"COMMAND_DRAWS", b""):
    really_random = os.urandom
    os.urandom = random.Random(seed).randbytes
    os.register_at_fork(after_in_child=lambda: setattr(os, "urandom", really_random))
