"""Training the statistical model, in English."""

TEXTS = {
    "ngram.built_in": "n-gram model; shows the lines it learned from",
    "ngram.phase_reading": "reading",
    "ngram.phase_tokens": "splitting into tokens",
    "ngram.phase_suffixes": "sorting suffixes",
    "ngram.phase_counting": "counting n-grams",
    "ngram.phase_smoothing": "smoothing",
    "ngram.phase_writing": "writing",
}
