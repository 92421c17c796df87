"""The mini GPT: one decoder-only Transformer for home-trained and imported checkpoints."""
