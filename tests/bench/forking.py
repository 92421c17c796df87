"""Fork to first new token against one decoding step, for the shipped families: the mark is 1.2 steps.

The clock runs from the call of the fork to the first token that is drawn after the taken one: the prompt rendered, the
kept tokens told, the past forked, the taken token priced and read. A step is the median between two tokens of the
reply. Also: the same with the past read again, and the memory that the places of a reply take.
"""

import itertools
import statistics
import time

import torch

from genchat.engine.contract import Backend, ModelInfo, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.forking import Beginning, Pasts
from genchat.engine.gpt.config import GptConfig
from genchat.engine.gpt.model import GptModel
from genchat.engine.gpt.transformer import Gpt
from genchat.engine.local_backend import LocalBackend, local_backend_of
from genchat.engine.paths import paths
from genchat.engine.registry import Registry
from genchat.engine.sampling import SamplingSettings
from genchat.engine.settings import load_settings
from genchat.engine.tokenizers.characters import CharacterTokenizer
from tests.bench import Row

MODELS = ("ngram", "lstm-chat", "gpt-chat", "shakespeare")
MARK = 1.2  # decoding steps
ASKED = [Message(Role.USER, "O que você sugere para o café da manhã?")]
LONGEST, SEEDS, FORKS = 120, 4, 15


def run() -> list[Row]:
    """A few seconds for each model that is there."""
    registry = Registry(paths(), load_settings(paths().settings))
    rows: list[Row] = []
    for name in MODELS:
        if name not in registry.names():
            continue
        rows += rows_of(name, registry.open(name))
    return [*rows, *rows_of("gpt, 135M untrained", LocalBackend(_large()))]


def _large() -> GptModel:
    """A GPT of the shape of SmolLM2-135M with fresh weights: what it believes is noise, what it costs is not."""
    tokenizer = CharacterTokenizer([chr(0x4E00 + number) for number in range(20_000)] + list(" abcdefgh\n"))
    config = GptConfig(
        vocabulary_size=tokenizer.vocabulary_size, context_length=1024, layers=30, heads=9, kv_heads=3, width=576,
        head_width=64, hidden=1536, norm="rms", norm_weight=True, activation="swiglu", qk_norm="none", tied_head=True,
        bigram_buckets=0, start_token=0,
    )  # fmt: skip
    network = Gpt(config)
    network.initialise(torch.Generator().manual_seed(1))
    info = ModelInfo("large", "gpt", config.vocabulary_size, config.context_length, network.parameter_count(), "0" * 64)
    return GptModel(network.eval(), tokenizer, info)


def rows_of(name: str, backend: Backend) -> list[Row]:
    """The rows of one model, on the longest reply that a few seeds give."""
    local = local_backend_of(backend)
    if local is None:
        return []
    tokens, gaps, settings = max(
        (written(local, seeded) for seeded in (_seeded(seed) for seed in range(SEEDS))), key=lambda found: len(found[0])
    )
    local.pasts = Pasts()
    written(local, settings)
    step = statistics.median(gaps)
    held = local.pasts.size / max(len(tokens), 1)
    places = [1 + index * (len(tokens) - 2) // FORKS for index in range(FORKS)]
    at_hand = statistics.median(first_new(local, tokens, place, settings) for place in places)
    read_again = []
    for place in places[-3:]:
        local.pasts = Pasts()
        read_again.append(first_new(local, tokens, place, settings))
    note = f"{len(tokens)} tokens, a step {1000 * step:.2f} ms"
    return [
        Row(f"{name}: fork to first new token", at_hand / step, "steps", MARK, "mark", note=note),
        Row(f"{name}: the past read again", statistics.median(read_again) / step, "steps", note=f"place {places[-1]}"),
        Row(f"{name}: memory of a place", held / 1024, "KiB"),
    ]


def _seeded(seed: int) -> ReplySettings:
    return ReplySettings(SamplingSettings(temperature=1.2, top_p=1.0, seed=seed), LONGEST)


def written(local: LocalBackend, settings: ReplySettings) -> tuple[list[int], list[float], ReplySettings]:
    """The tokens of a reply, the seconds between them, and its settings."""
    tokens: list[int] = []
    times: list[float] = []
    for event in local.reply(ASKED, settings):
        if isinstance(event, Step):
            times.append(time.perf_counter())
            tokens.append(event.token or 0)
    return tokens, [after - before for before, after in itertools.pairwise(times)], settings


def first_new(local: LocalBackend, tokens: list[int], place: int, settings: ReplySettings) -> float:
    """Seconds until the first drawn token of a fork that takes another token at `place`."""
    other = tokens[place - 1] if place else tokens[0]
    beginning = Beginning(tuple(tokens[:place]), (other,))
    started = time.perf_counter()
    for event in local.fork(ASKED, beginning, settings):
        if isinstance(event, Step) and event.position > place:
            return time.perf_counter() - started
    return time.perf_counter() - started
