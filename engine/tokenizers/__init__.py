"""Text to token ids and back: by characters, by words, by byte pairs."""
