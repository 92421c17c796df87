"""A training run beside the screen: what is asked for, and the process that does it."""
