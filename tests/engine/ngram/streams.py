"""Token streams as KenLM numbers them."""

from collections.abc import Iterable, Sequence

import numpy as np

from genchat.engine.ngram.suffix_array import TokenStream


def sentence_stream(sentences: Iterable[Sequence[str]]) -> tuple[TokenStream, dict[str, int]]:
    """<s> sentence </s> for each, and the ids: <s> 0, </s> 1, <unk> 2, words in order of first appearance."""
    ids = {"<s>": 0, "</s>": 1, "<unk>": 2}
    stream: list[int] = []
    for sentence in sentences:
        stream.append(0)
        stream.extend(ids.setdefault(word, len(ids)) for word in sentence)
        stream.append(1)
    return np.array(stream, dtype=np.int32), ids
