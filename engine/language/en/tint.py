"""What the tints of the transcript are called, in English."""

TEXTS = {
    "tint.surprise": "surprise, bits",
    "tint.probability": "probability below",
    "tint.entropy": "entropy, bits",
    "tint.rank": "rank from",
}
