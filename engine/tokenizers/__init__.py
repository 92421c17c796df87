"""Text to token ids and back: characters, words, byte-level BPE."""
