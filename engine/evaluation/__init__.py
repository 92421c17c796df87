"""Bits per byte, perplexity and side-by-side tables: how models compare."""
