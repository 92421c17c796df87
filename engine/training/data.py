"""Texts as one long row of token ids, and the batches drawn from it.

Windows do not overlap; every epoch begins at another phase and in another order, both a function of seed and epoch
alone, so that a resumed run sees exactly what an uninterrupted one would have seen.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from genchat.corpora.loader import HELD_OUT, looks_like_dialogues, parse_dialogues
from genchat.engine.contract import Tokenizer
from genchat.engine.conversation import END, Message, Role, TurnTemplate
from genchat.engine.errors import TextUnusable
from genchat.engine.text import decode_file

_SHOWN = 16  # unseen pieces told of


@dataclass(frozen=True)
class Source:
    """One text to learn from. `held_out`: only for validation."""

    name: str
    text: str
    held_out: bool = False
    licence: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode("utf-8", errors="surrogatepass")).hexdigest()


@dataclass(frozen=True)
class TokenData:
    """Token ids, as small integers: `train` and `held_out`, each [tokens]. `held_out_bytes`: the size of its text."""

    train: Tensor
    held_out: Tensor
    train_starts: Tensor  # int64, where in `train` each text begins (of dialogues: each dialogue)
    held_out_starts: Tensor
    held_out_bytes: int
    sha256: str
    sources: tuple[dict[str, str], ...]
    unseen: str = ""  # the first pieces of the held-out text that the vocabulary lacks


def read_sources(files: Iterable[Path], held_out: Iterable[Path] = (), licence: str = "") -> list[Source]:
    """Text files, those of a folder in order of their names; names that begin with `heldout_` are for validation."""
    found = [_read(path, path.name.startswith(HELD_OUT), licence) for file in files for path in _files(file)]
    return found + [_read(path, True, licence) for file in held_out for path in _files(file)]


def _files(path: Path) -> list[Path]:
    return sorted(inner for inner in path.rglob("*.txt") if inner.is_file()) if path.is_dir() else [path]


def _read(path: Path, held_out: bool, licence: str) -> Source:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TextUnusable("text_unreadable", name=path, reason=error.strerror or error) from None
    try:
        text = decode_file(content)
    except UnicodeDecodeError as error:
        if b"\0" in content:
            raise TextUnusable("text_binary", name=path) from None
        raise TextUnusable("text_not_utf8", name=path, line=content[: error.start].count(b"\n") + 1) from None
    if "\0" in text:
        raise TextUnusable("text_binary", name=path)
    if not text.strip():
        raise TextUnusable("text_empty", name=path)
    return Source(path.name, text, held_out, licence)


def is_chat(sources: Sequence[Source]) -> bool:
    """Whether any of the texts is dialogues."""
    return any(looks_like_dialogues(source.text) for source in sources)


def prepare(sources: Sequence[Source], tokenizer: Tokenizer, share: float = 0.1) -> TokenData:
    """Encode `sources`. Without held-out ones, the last `share` of each text (or of its dialogues) is held out.

    Dialogues become turns as a conversation renders them; among dialogues, plain texts end with the end token too.
    """
    whole = not any(source.held_out for source in sources)
    chat = is_chat(sources)
    train: list[Tensor] = []
    held_out: list[Tensor] = []
    for source in sources:
        units = list(_units(source, tokenizer, chat))
        if source.held_out:
            held_out.extend(units)
        elif not whole:
            train.extend(units)
        elif len(units) > 1:
            cut = min(int((1 - share) * len(units)), len(units) - 1)
            train.extend(units[:cut])
            held_out.extend(units[cut:])
        else:
            cut = int((1 - share) * len(units[0]))
            train.append(units[0][:cut])
            held_out.append(units[0][cut:])
    kind = _integers(tokenizer.vocabulary_size)
    joined = torch.cat(held_out) if held_out else torch.empty(0, dtype=torch.int32)
    return TokenData(
        train=torch.cat(train).to(kind) if train else torch.empty(0, dtype=kind),
        held_out=joined.to(kind),
        train_starts=_starts(train),
        held_out_starts=_starts(held_out),
        held_out_bytes=_bytes(joined, tokenizer),
        sha256=hashlib.sha256("".join(f"{source.sha256}{source.held_out}" for source in sources).encode()).hexdigest(),
        sources=tuple({"name": source.name, "licence": source.licence, "sha256": source.sha256} for source in sources),
        unseen=" ".join(tokenizer.unknown_in("".join(source.text for source in sources if source.held_out))[:_SHOWN]),
    )


def _units(source: Source, tokenizer: Tokenizer, chat: bool) -> Iterator[Tensor]:
    """What may not be torn apart between training and validation: each dialogue, or the whole of a plain text."""
    if not looks_like_dialogues(source.text):
        ends = [tokenizer.special_tokens[END]] if chat else []
        yield torch.tensor([*tokenizer.encode(source.text), *ends], dtype=torch.int32)
        return
    template = TurnTemplate(tokenizer)
    roles = {"person": Role.USER, "reply": Role.ASSISTANT}
    try:
        found = parse_dialogues(source.text, source.name, "")
    except ValueError as error:
        raise TextUnusable("dialogues_broken", reason=error) from None
    for dialogue in found:
        messages = [Message(roles[turn.speaker], turn.text) for turn in dialogue.turns]
        yield torch.tensor([token for message in messages for token in template.turn(message)], dtype=torch.int32)


def _starts(units: Sequence[Tensor]) -> Tensor:
    lengths = torch.tensor([len(unit) for unit in units], dtype=torch.int64)
    return lengths.cumsum(0) - lengths


def _bytes(tokens: Tensor, tokenizer: Tokenizer) -> int:
    counts = torch.bincount(tokens.long(), minlength=tokenizer.vocabulary_size).tolist()
    return sum(count * len(tokenizer.token_bytes(token)) for token, count in enumerate(counts) if count)


def _integers(vocabulary_size: int) -> torch.dtype:
    if vocabulary_size <= 256:
        return torch.uint8
    return torch.int16 if vocabulary_size <= 2**15 else torch.int32


@dataclass(frozen=True)
class Batch:
    """ids and targets, int64 [rows, window] each; `segments` alike, where a window holds more than one text."""

    ids: Tensor
    targets: Tensor
    segments: Tensor | None = None
    fresh: bool = False  # a new epoch begins


class Batches:
    """Endless training batches. `epoch` and `index` say where it stands; set them to go elsewhere.

    With `streams`, row r of a batch goes on where row r of the batch before ended, for networks that carry
    their state; otherwise rows are shuffled windows, and `starts` says where in `tokens` texts begin. `rank` of
    `world` takes its share of the rows.
    """

    def __init__(
        self,
        tokens: Tensor,
        window: int,
        batch: int,
        seed: int,
        streams: bool = False,
        rank: int = 0,
        world: int = 1,
        starts: Tensor | None = None,
    ) -> None:
        self.tokens, self.window, self.batch, self.seed, self.streams = tokens, window, batch, seed, streams
        self.starts = None if streams else starts
        self.rank, self.world = rank, world
        self.epoch, self.index = 0, 0
        self._starts: tuple[int, Tensor] | None = None  # of which epoch, [batches, rows]
        self.batches_an_epoch = len(self._epoch_starts(0))

    def _epoch_starts(self, epoch: int) -> Tensor:
        generator = torch.Generator().manual_seed((self.seed * 1_000_003 + epoch) % 2**63)
        usable = len(self.tokens) - 1
        phase = int(
            torch.randint(min(self.window, max(usable - self.window * self.batch, 0) + 1), (), generator=generator)
        )
        count = (usable - phase) // self.window // self.batch * self.batch
        if self.streams:
            starts = phase + self.window * torch.arange(count).view(self.batch, -1).T
        else:
            starts = phase + self.window * torch.randperm(count, generator=generator).view(-1, self.batch)
        return starts.contiguous()

    def next(self) -> Batch:
        """The next one."""
        if self.index >= self.batches_an_epoch:
            self.epoch, self.index = self.epoch + 1, 0
        if self._starts is None or self._starts[0] != self.epoch:
            self._starts = (self.epoch, self._epoch_starts(self.epoch))
        starts = self._starts[1]
        self.batches_an_epoch = len(starts)
        rows = starts[self.index][self.rank :: self.world]
        places = rows[:, None] + torch.arange(self.window + 1)
        windows = self.tokens[places].long()
        fresh = self.index == 0
        self.index += 1
        return Batch(windows[:, :-1], windows[:, 1:], segments_of(places[:, :-1], self.starts), fresh)


def segments_of(places: Tensor, starts: Tensor | None) -> Tensor | None:
    """Which text each place [rows, window] is in; None where no row holds more than one."""
    if starts is None or len(starts) < 2:
        return None
    found = torch.bucketize(places.contiguous(), starts, right=True)
    return found if bool((found[:, :1] != found[:, -1:]).any()) else None


def held_out_windows(tokens: Tensor, window: int, starts: Tensor | None = None) -> Iterator[Batch]:
    """All of `tokens` as non-overlapping windows, in batches of about 16,384 positions; the last may be short.

    Every token but the first is a target exactly once.
    """
    if len(tokens) < 2:
        return
    whole = (len(tokens) - 1) // window
    rows = max(1, 16_384 // window)

    def batch(first: int, last: int, length: int) -> Batch:
        places = torch.arange(first, last).view(-1, length)
        return Batch(tokens[places].long(), tokens[places + 1].long(), segments_of(places, starts))

    for row in range(0, whole, rows):
        yield batch(row * window, min(row + rows, whole) * window, window)
    rest = len(tokens) - 1 - whole * window
    if rest > 0:
        yield batch(whole * window, len(tokens) - 1, rest)
