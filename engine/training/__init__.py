"""Training from scratch: data, optimisers, schedule by the clock, checkpoints."""
