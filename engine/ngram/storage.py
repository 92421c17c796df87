"""The arrays of a model as files: one .npy each, memory-mapped when read, so that a large model opens at once."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from genchat.engine.distribution import FloatArray
from genchat.engine.errors import ModelDamaged
from genchat.engine.model_card import ModelCard, verify_files
from genchat.engine.ngram.corpus import LineTable, TokenCorpus
from genchat.engine.ngram.encoding import TOKENIZERS
from genchat.engine.ngram.reply_index import ReplyIndex
from genchat.engine.ngram.tables import Level, NgramTables

_STEMS_FILE = "recall_stems.json"
_INDEX_PARTS = ("rarity", "posting_starts", "posting_replies", "posting_weights", "reply_starts", "reply_ends")
_PARTS = ("words", "log_probs", "links", "log_backoffs", "children")
_VERIFIED_WHOLE = 32 << 20  # bytes; larger models are checked by size when opened and by `verify_files` on request


def write_arrays(folder: Path, tables: NgramTables, corpus: TokenCorpus, index: ReplyIndex | None) -> None:
    """The function writes all files of a model except its card; `index` only for a model that holds conversations."""
    for number, level in enumerate(tables.levels, start=1):
        for part in _PARTS:
            array = getattr(level, part)
            if len(array):
                _write(folder, f"level{number}_{part}", array)
    stream_type = np.uint16 if tables.vocabulary_size <= 1 << 16 else np.int32
    _write(folder, "stream", corpus.stream.astype(stream_type, copy=False))
    _write(folder, "suffixes", corpus.suffixes)
    _write(folder, "line_starts", corpus.lines.starts)
    _write(folder, "line_numbers", corpus.lines.numbers)
    _write(folder, "source_lines", corpus.lines.source_lines)
    corpus.tokenizer.save(folder)
    if index is not None:
        for part in _INDEX_PARTS:
            _write(folder, f"recall_{part}", getattr(index, part))
        (folder / _STEMS_FILE).write_text(json.dumps(index.stems, ensure_ascii=False), encoding="utf-8")


def read_arrays(folder: Path, card: ModelCard) -> tuple[NgramTables, TokenCorpus, ReplyIndex | None]:
    """The counterpart of `write_arrays`. Raises ModelDamaged for files that are missing or do not fit together."""
    try:
        size = sum((folder / name).stat().st_size for name in card.files)
        if size <= _VERIFIED_WHOLE:
            verify_files(folder, card)
        order = int(card.settings["order"])
        kind = TOKENIZERS[card.settings["unit"]]
        sources = tuple(str(name) for name in card.settings["sources"])
        reader = _Reader(folder, frozenset(card.files))
        levels = [reader.level(number) for number in range(1, order + 1)]
        lines = LineTable(
            reader.integers("line_starts"), reader.integers("line_numbers"), reader.integers("source_lines"), sources
        )
        tokenizer = kind.read(folder)
        corpus = TokenCorpus(reader.integers("stream"), reader.integers("suffixes"), lines, tokenizer)
        index = reader.index() if card.chat else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelDamaged("model_damaged", name=card.name, reason=error) from None
    tables = NgramTables(levels)
    if not _fits(tables, corpus):
        raise ModelDamaged("model_damaged", name=card.name, reason="array sizes")
    return tables, corpus, index


def _fits(tables: NgramTables, corpus: TokenCorpus) -> bool:
    """Whether the sizes agree and no range leads outside its level; looks at the ends of the arrays only."""
    if tables.vocabulary_size != corpus.tokenizer.vocabulary_size or len(corpus.stream) != len(corpus.suffixes):
        return False
    for lower, higher in zip(tables.levels, tables.levels[1:], strict=False):
        nodes = len(lower.log_probs)
        if len(lower.children) != nodes + 1 or len(lower.log_backoffs) != nodes:
            return False
        if int(lower.children[-1]) != len(higher.log_probs) or len(higher.words) != len(higher.log_probs):
            return False
    return True


def _write(folder: Path, name: str, array: NDArray[np.generic]) -> None:
    np.save(folder / f"{name}.npy", array, allow_pickle=False)


@dataclass(frozen=True)
class _Reader:
    """Arrays of one model folder, as plain views of the mapped files.

    np.memmap objects cost twice the time of plain arrays on every access.
    """

    folder: Path
    files: frozenset[str]

    def integers(self, name: str) -> NDArray[np.integer]:
        """A one-dimensional array of integers; empty where the model has no such file."""
        array = self._mapped(name, np.dtype(np.int32))
        if not np.issubdtype(array.dtype, np.integer):
            raise ValueError(f"{name} holds {array.dtype}")
        return cast("NDArray[np.integer]", array)

    def floats(self, name: str) -> FloatArray:
        """A one-dimensional float32 array; empty where the model has no such file."""
        array = self._mapped(name, np.dtype(np.float32))
        if array.dtype != np.float32:
            raise ValueError(f"{name} holds {array.dtype}")
        return cast(FloatArray, array)

    def level(self, number: int) -> Level:
        """The arrays of one order."""
        return Level(
            words=self.integers(f"level{number}_words"),
            log_probs=self.floats(f"level{number}_log_probs"),
            links=self.integers(f"level{number}_links"),
            log_backoffs=self.floats(f"level{number}_log_backoffs"),
            children=self.integers(f"level{number}_children"),
        )

    def index(self) -> ReplyIndex:
        """The index of replies."""
        stems = json.loads((self.folder / _STEMS_FILE).read_text(encoding="utf-8"))
        return ReplyIndex(
            stems=tuple(str(stem) for stem in stems),
            rarity=self.floats("recall_rarity"),
            posting_starts=self.integers("recall_posting_starts"),
            posting_replies=self.integers("recall_posting_replies"),
            posting_weights=self.floats("recall_posting_weights"),
            reply_starts=self.integers("recall_reply_starts"),
            reply_ends=self.integers("recall_reply_ends"),
        )

    def _mapped(self, name: str, empty: np.dtype[np.generic]) -> NDArray[np.generic]:
        if f"{name}.npy" not in self.files:
            return np.empty(0, dtype=empty)
        mapped = np.load(self.folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        if mapped.ndim != 1:
            raise ValueError(f"{name} has {mapped.ndim} dimensions")
        return np.asarray(mapped).view(np.ndarray)
