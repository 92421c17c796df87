"""From sources to one stream of token ids, the vocabulary learned on the way, in one pass over the text.

Pieces get provisional numbers in order of first appearance; when all are counted, words too rare for a token of
their own are spelled in letters, and the stream is renumbered part by part.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from genchat.engine.conversation import ASSISTANT, END, USER, Role
from genchat.engine.errors import TextUnusable
from genchat.engine.ngram.corpus import LineTable
from genchat.engine.ngram.progress import Watch
from genchat.engine.ngram.sources import DialogueSource, PlainSource, Source
from genchat.engine.ngram.suffix_array import TokenStream
from genchat.engine.ngram.trie import START_ID
from genchat.engine.tokenizers.characters import CharacterTokenizer
from genchat.engine.tokenizers.pieces import FIRST_LETTER, SPECIALS, PieceTokenizer
from genchat.engine.tokenizers.words import WordTokenizer, windows

Unit = Literal["word", "char"]
TOKENIZERS: dict[Unit, type[PieceTokenizer]] = {"word": WordTokenizer, "char": CharacterTokenizer}

_USER, _ASSISTANT, _END = (SPECIALS.index(name) for name in (USER, ASSISTANT, END))
_FIRST_PIECE = len(SPECIALS)  # provisional numbers of pieces begin here


@dataclass(frozen=True)
class EncodedCorpus:
    """A stream of texts, each after a START; its tokenizer and lines; `characters` and `utf8_bytes` of the text."""

    stream: TokenStream
    tokenizer: PieceTokenizer
    lines: LineTable
    utf8_bytes: int
    chat: bool


def encode_sources(sources: Sequence[Source], unit: Unit, min_count: int, watch: Watch) -> EncodedCorpus:
    """Learn the vocabulary and encode. Words seen fewer than `min_count` times are spelled.

    Raises TextUnusable when there is nothing to learn from: no token, or one token again and again.
    """
    watch.enter("tokens")
    kind = TOKENIZERS[unit]
    numbers: defaultdict[str, int] = defaultdict(count(_FIRST_PIECE).__next__)
    parts: list[list[TokenStream]] = []
    for index, source in enumerate(sources):
        parts.append([])
        for done, part in _provisional(source, kind, numbers):
            parts[-1].append(part)
            watch.report((index + done) / len(sources))
    pieces = list(numbers)
    counts = sum(
        (np.bincount(part, minlength=_FIRST_PIECE + len(pieces)) for source in parts for part in source),
        start=np.zeros(_FIRST_PIECE + len(pieces), dtype=np.int64),
    )
    if np.count_nonzero(counts[_FIRST_PIECE:]) < 2:
        name = ", ".join(source.name for source in sources)
        raise TextUnusable("text_one_token" if pieces else "text_empty", name=name)
    tokenizer, renumber = _vocabulary(kind, pieces, counts[_FIRST_PIECE:], min_count)
    encoded = [np.concatenate([renumber(part) for part in source]) for source in parts]
    parts.clear()
    lines = _line_table(sources, encoded, tokenizer)
    return EncodedCorpus(
        stream=np.concatenate(encoded),
        tokenizer=tokenizer,
        lines=lines,
        utf8_bytes=sum(_utf8_bytes(source) for source in sources),
        chat=any(isinstance(source, DialogueSource) for source in sources),
    )


def _utf8_bytes(source: Source) -> int:
    if isinstance(source, PlainSource):
        return len(source.utf8)
    return sum(len(turn.text.encode("utf-8", "replace")) for dialogue in source.dialogues for turn in dialogue)


def _provisional(
    source: Source, kind: type[PieceTokenizer], numbers: defaultdict[str, int]
) -> Iterator[tuple[float, TokenStream]]:
    """Parts of the stream in provisional numbers, each with how far it brings the source: 0 to 1."""
    number_of = numbers.__getitem__
    if isinstance(source, PlainSource):
        yield 0.0, np.array([START_ID], dtype=np.int32)
        done = 0
        for window in windows(source.utf8):
            done += len(window)
            yield done / len(source.utf8), np.fromiter(map(number_of, kind.split(window)), dtype=np.int32)
        yield 1.0, np.array([_END], dtype=np.int32)
        return
    tokens: list[int] = []
    for dialogue in source.dialogues:
        tokens.append(START_ID)
        for turn in dialogue:
            tokens.append(_USER if turn.role is Role.USER else _ASSISTANT)
            tokens.extend(map(number_of, kind.split(turn.text)))
            tokens.append(_END)
    yield 1.0, np.array(tokens, dtype=np.int32)


class _Renumbering:
    """Provisional numbers to final ids, rare words to their spelling."""

    def __init__(self, spellings: list[list[int]]) -> None:
        self._lengths = np.array([len(spelling) for spelling in spellings], dtype=np.int64)
        self._offsets = np.concatenate([[0], np.cumsum(self._lengths)[:-1]])
        self._ids = np.array([token for spelling in spellings for token in spelling], dtype=np.int32)

    def __call__(self, part: TokenStream) -> TokenStream:
        lengths = self._lengths[part]
        ends = np.cumsum(lengths)
        if not len(ends) or ends[-1] == len(part):
            shifts = self._offsets[part]
        else:
            shifts = np.repeat(self._offsets[part] - (ends - lengths), lengths)
            shifts += np.arange(ends[-1])
        renumbered: TokenStream = self._ids[shifts]
        return renumbered


def _vocabulary(
    kind: type[PieceTokenizer], pieces: list[str], counts: NDArray[np.int64], min_count: int
) -> tuple[PieceTokenizer, _Renumbering]:
    """A tokenizer of the frequent pieces. Single characters always are pieces: spelling them would gain nothing."""
    kept = [len(piece) == 1 or number >= min_count for piece, number in zip(pieces, counts.tolist(), strict=True)]
    letters = sorted({letter for piece, keep in zip(pieces, kept, strict=True) if not keep for letter in piece})
    tokenizer = kind((piece for piece, keep in zip(pieces, kept, strict=True) if keep), letters)
    spellings = [[special] for special in range(len(SPECIALS))]
    own = count(FIRST_LETTER + len(letters))
    spellings += [[next(own)] if keep else tokenizer.spell(piece) for piece, keep in zip(pieces, kept, strict=True)]
    return tokenizer, _Renumbering(spellings)


def _line_table(sources: Sequence[Source], encoded: list[TokenStream], tokenizer: PieceTokenizer) -> LineTable:
    starts: list[NDArray[np.int64]] = []
    numbers: list[NDArray[np.int64]] = []
    source_lines: list[int] = []
    position = lines = 0
    newlines = tokenizer.encode("\n")
    newline = newlines[0] if len(newlines) == 1 and newlines[0] >= FIRST_LETTER else -1
    for source, stream in zip(sources, encoded, strict=True):
        if isinstance(source, PlainSource):
            line_starts = np.concatenate([[0], np.flatnonzero(stream == newline) + 1])
            own = np.arange(1, len(line_starts) + 1)
        else:
            line_starts = np.flatnonzero((stream == _USER) | (stream == _ASSISTANT))
            own = np.array([turn.line for dialogue in source.dialogues for turn in dialogue], dtype=np.int64)
        starts.append(line_starts + position)
        numbers.append(own)
        source_lines.append(lines)
        lines += len(line_starts)
        position += len(stream)
    return LineTable(
        np.concatenate(starts).astype(np.uint32),
        np.concatenate(numbers).astype(np.uint32),
        np.array(source_lines, dtype=np.uint32),
        tuple(source.name for source in sources),
    )
