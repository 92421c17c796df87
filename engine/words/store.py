"""Trained word vectors kept beside other things that can be made again, so that the second look is at once."""

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from genchat.engine.files import write_atomically
from genchat.engine.words.vectors import Progress, WordVectors, train_vectors

_FORMAT = "2"


def shipped_texts(language: str | None = None) -> list[str]:
    """The result is all the text that comes with genchat, in one language ("pt", "en") or in both."""
    from genchat.corpora import documents

    languages = None if language is None else [language]
    kinds = ("dialogues", "stories", "explanations", "fitness")
    return [document.text for kind in kinds for document in documents(kind, languages)]  # type: ignore[arg-type]


def open_vectors(texts: Sequence[str], name: str, cache: Path, progress: Progress | None = None) -> WordVectors:
    """The vectors of `texts`, from `cache` if they were trained before. Raises DocumentsError."""
    digest = hashlib.sha256("\0".join((_FORMAT, *texts)).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    file = cache / "words" / f"{digest}.npz"
    known = _read(file, name)
    if known is not None:
        return known
    made = train_vectors(texts, name, progress=progress)
    with suppress(OSError):  # a cache that cannot be written only costs the time of training again
        _write(file, made)
    return made


def _read(file: Path, name: str) -> WordVectors | None:
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as held:
            words = tuple(json.loads(bytes(held["words"]).decode("utf-8")))
            rows, counts = np.array(held["rows"], dtype=np.float32), held["counts"].tolist()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None
    if rows.ndim != 2 or not len(words) == len(rows) == len(counts) or not np.isfinite(rows).all():
        return None
    return WordVectors(name, words, tuple(counts), rows)


def _write(file: Path, vectors: WordVectors) -> None:
    held = io.BytesIO()
    words = np.frombuffer(json.dumps(vectors.words, ensure_ascii=False).encode("utf-8"), dtype=np.uint8)
    np.savez_compressed(held, words=words, counts=np.array(vectors.counts, dtype=np.int64), rows=vectors.rows)
    write_atomically(file, held.getvalue(), mode=0o600)
