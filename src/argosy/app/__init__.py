"""Where everything meets: URLs become backends, and the public Python API stands on them."""
