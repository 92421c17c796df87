"""A finished model as an ARPA file, so that other programs can be asked about the same numbers."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from genchat.engine.ngram.tables import NgramTables

_LN10 = math.log(10)


def write_arpa(path: Path, tables: NgramTables, names: Sequence[str]) -> None:
    """Write all orders; `names` are the tokens by id, without white space but for "\\n", written as <nl>."""
    spelled = ["<nl>" if name == "\n" else name for name in names]
    texts = spelled
    with path.open("w", encoding="utf-8") as out:
        out.write("\\data\\\n")
        for number, level in enumerate(tables.levels, start=1):
            out.write(f"ngram {number}={len(level.log_probs)}\n")
        for number, level in enumerate(tables.levels, start=1):
            if number > 1:
                parents = np.repeat(np.arange(len(texts)), np.diff(tables.levels[number - 2].children)).tolist()
                words = level.words.tolist()
                texts = [f"{texts[parent]} {spelled[word]}" for parent, word in zip(parents, words, strict=True)]
            probabilities = np.maximum(level.log_probs / _LN10, -99).tolist()
            out.write(f"\n\\{number}-grams:\n")
            if len(level.log_backoffs):
                backoffs = (level.log_backoffs / _LN10).tolist()
                rows = zip(probabilities, texts, backoffs, strict=True)
                out.writelines(f"{p:.7g}\t{text}\t{backoff:.7g}\n" for p, text, backoff in rows)
            else:
                out.writelines(f"{p:.7g}\t{text}\n" for p, text in zip(probabilities, texts, strict=True))
        out.write("\n\\end\\\n")
