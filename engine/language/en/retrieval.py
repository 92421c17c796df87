"""Documents, retrieval and answering from them, in English."""

TEXTS = {
    "retrieval.by_keywords": "keywords (BM25)",
    "retrieval.by_both": "keywords (BM25) + meaning ({embedder})",
    "retrieval.by_keywords_while": "keywords (BM25); {embedder} has read {done} of {total} passages",
    "retrieval.fell_back": "{embedder} could not read the question ({reason}); keywords alone were used",
    "retrieval.respelled": "not in the documents, taken for: {pairs}",
    "retrieval.line": "line {line}",
    "retrieval.warning_orders": "this passage tries to give orders to the model; it is treated as text only",
}
