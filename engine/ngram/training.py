"""From sources to a model: encode, sort suffixes, count, smooth, write. Deterministic; can be stopped on the way."""

import platform
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np

from genchat.engine.conversation import ASSISTANT
from genchat.engine.errors import TextUnusable, UsageError
from genchat.engine.model_card import ModelCard, write_model
from genchat.engine.ngram.chat import make_model
from genchat.engine.ngram.corpus import TokenCorpus
from genchat.engine.ngram.encoding import EncodedCorpus, Unit, encode_sources
from genchat.engine.ngram.kneser_ney import SmoothedLevel, smooth
from genchat.engine.ngram.lmplz import last_ngrams
from genchat.engine.ngram.model import NgramModel
from genchat.engine.ngram.progress import Progress, Watch
from genchat.engine.ngram.reply_index import ReplyIndex, build_index
from genchat.engine.ngram.sources import DialogueSource, PlainSource, Source
from genchat.engine.ngram.storage import write_arrays
from genchat.engine.ngram.suffix_array import SlotArray, TokenStream, suffix_array
from genchat.engine.ngram.tables import Level, NgramTables, parameters_of
from genchat.engine.ngram.trie import RawLevel, build_levels
from genchat.engine.tokenizers.pieces import SPECIALS

MAX_ORDER = 12
DEFAULT_ORDER: dict[Unit, int] = {"word": 5, "char": 7}
DEFAULT_MIN_COUNT = 2
_OPENERS = SPECIALS.index(ASSISTANT) + 1


def train_ngram(
    sources: Sequence[Source],
    folder: Path,
    *,
    order: int | None = None,
    unit: Unit = "word",
    min_count: int = DEFAULT_MIN_COUNT,
    command: str = "",
    languages: tuple[str, ...] = (),
    licence: str = "",
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> ModelCard:
    """Train on `sources` and write the model folder `folder`, whose name becomes the model's. Returns its card.

    order: 1 to 12, by default 5 for words and 7 for characters; min_count: words seen less often are spelled in
    letters. Raises UsageError for a wrong order, TextUnusable for texts with nothing to learn, TrainingFailed
    ("training_stopped") when `should_stop` said so: then nothing is left behind.
    """
    watch = Watch(progress, should_stop)
    started = time.perf_counter()
    tables, corpus, index, encoded = _train(sources, order, unit, min_count, watch)
    watch.enter("writing")
    card = ModelCard(
        name=folder.name,
        family="ngram",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        languages=languages,
        sources=tuple(_source_entry(source, licence) for source in sources),
        settings={
            "order": tables.order,
            "unit": unit,
            "min_count": min_count,
            "vocabulary_size": tables.vocabulary_size,
            "parameters": parameters_of(tables),
            "sources": list(corpus.lines.sources),
        },
        results={
            "tokens": len(encoded.stream),
            "utf8_bytes": encoded.utf8_bytes,
            "seconds": round(time.perf_counter() - started, 3),
        },
        versions={"numpy": np.__version__, "python": platform.python_version()},
        chat=encoded.chat,
    )
    return write_model(folder, card, lambda target: write_arrays(target, tables, corpus, index))


def build_ngram(
    sources: Sequence[Source],
    name: str,
    *,
    order: int | None = None,
    unit: Unit = "word",
    min_count: int = DEFAULT_MIN_COUNT,
) -> NgramModel:
    """This is `train_ngram`, but in memory only."""
    tables, corpus, index, _ = _train(sources, order, unit, min_count, Watch())
    return make_model(name, tables, corpus, index, "")


def estimate(
    stream: TokenStream,
    vocabulary_size: int,
    order: int,
    watch: Watch | None = None,
    *,
    openers: int = 1,
    like_lmplz: bool = False,
) -> tuple[NgramTables, SlotArray]:
    """Tables and suffix array of a bare stream of ids, every text after a START (id 0).

    openers: see `build_levels`; like_lmplz: follow KenLM's program in everything (engine/ngram/lmplz.py).
    """
    watch = watch or Watch()
    watch.enter("suffixes")
    suffixes = suffix_array(stream, watch)
    watch.enter("counting")
    raw = build_levels(stream, suffixes, vocabulary_size, order, watch, openers)
    watch.enter("smoothing")
    smoothed = smooth(raw, watch, last_ngrams(stream, raw) if like_lmplz else None)
    return assemble(raw, smoothed), suffixes


def assemble(raw: list[RawLevel], smoothed: list[SmoothedLevel]) -> NgramTables:
    """Keep what queries need."""
    none = np.empty(0, dtype=np.int32)
    levels = []
    for index, (level, smooth_level) in enumerate(zip(raw, smoothed, strict=True)):
        inner = index + 1 < len(raw)
        levels.append(
            Level(
                words=level.words if index else none,
                log_probs=smooth_level.log_probs,
                links=level.links if index and inner else none,
                log_backoffs=smooth_level.log_backoffs,
                children=level.children,
            )
        )
    return NgramTables(levels)


def check_sizes(order: int, min_count: int) -> None:
    """Raises UsageError for an order or least count that cannot be."""
    if not 1 <= order <= MAX_ORDER:
        raise UsageError("order_out_of_range", value=order, largest=MAX_ORDER)
    if min_count < 1:
        raise UsageError("min_count_out_of_range", value=min_count)


def _train(
    sources: Sequence[Source], order: int | None, unit: Unit, min_count: int, watch: Watch
) -> tuple[NgramTables, TokenCorpus, ReplyIndex | None, EncodedCorpus]:
    order = DEFAULT_ORDER[unit] if order is None else order
    check_sizes(order, min_count)
    if not sources:
        raise TextUnusable("text_none")
    encoded = encode_sources(sources, unit, min_count, watch)
    size = encoded.tokenizer.vocabulary_size
    tables, suffixes = estimate(encoded.stream, size, order, watch, openers=_OPENERS if encoded.chat else 1)
    corpus = TokenCorpus(encoded.stream, suffixes, encoded.lines, encoded.tokenizer)
    index = build_index(encoded.stream, encoded.tokenizer) if encoded.chat else None
    return tables, corpus, index, encoded


def _source_entry(source: Source, licence: str) -> dict[str, str]:
    digest = sha256()
    if isinstance(source, PlainSource):
        digest.update(source.utf8)
    elif isinstance(source, DialogueSource):
        for dialogue in source.dialogues:
            for turn in dialogue:
                digest.update(f"{turn.role}\t{turn.text}\n".encode())
    entry = {"name": source.name, "sha256": digest.hexdigest()}
    return entry | ({"licence": licence} if licence else {})
