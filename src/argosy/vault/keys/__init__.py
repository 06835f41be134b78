"""Where master keys are kept, one module a place."""
