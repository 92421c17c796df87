"""The view of a model's inside at the size of a published checkpoint: the pass over the text, and painting from it.

The network has 30 layers of 9 heads and a vocabulary of 49,152, with random weights, over 300 tokens.
"""

import time
from collections.abc import Callable

import numpy as np
import torch

from genchat.engine.gpt.config import GptConfig
from genchat.engine.gpt.inside import look_inside
from genchat.engine.gpt.kv_cache import KvCache
from genchat.engine.gpt.transformer import Gpt
from genchat.engine.inside import InsideGpt
from genchat.engine.token_labels import Labels
from genchat.tui.colours import theme_styles
from genchat.tui.widgets.inside import Canvas, Page, Subject
from genchat.tui.widgets.inside.heads import HeadsPage, LensPage
from tests.bench import Row
from tests.fakes import ByteTokenizer

SHAPE = GptConfig(
    vocabulary_size=49_152,
    context_length=2048,
    layers=30,
    heads=9,
    kv_heads=3,
    width=576,
    hidden=1536,
    norm_weight=True,
    activation="swiglu",
    qk_norm="none",
    tied_head=True,
)
TOKENS, KEYS = 300, 30
MARK = 150.0  # milliseconds
SIZE = (198, 44)


def run() -> list[Row]:
    """All rows; about half a minute on two cores."""
    network = Gpt(SHAPE)
    network.initialise(torch.Generator().manual_seed(1))
    network.eval()
    window = np.random.default_rng(0).integers(0, 256, TOKENS).tolist()
    started = time.perf_counter()
    with torch.inference_mode():
        network(torch.tensor([window]), last_only=True)
    bare = time.perf_counter() - started
    data = look_inside(network, window, _cache(), None)
    whole = look_inside(network, window, _cache(), window[0])
    rows = [
        Row("pass over 300 tokens with all heads and lens", data.seconds, "s", bare, "the same without looking"),
        Row("the same with gradient x input", whole.seconds, "s", bare, "the same without looking"),
    ]
    for name, make, opened in (("grid of heads", HeadsPage, False), ("a head opened", HeadsPage, True)):
        rows.append(Row(f"{name}, key to painted lines", _slowest(make, whole, opened), "ms", MARK, "mark"))
    rows.append(Row("logit lens, key to painted lines", _slowest(LensPage, whole, False), "ms", MARK, "mark"))
    return rows


def _cache() -> KvCache:
    return KvCache(SHAPE.layers, SHAPE.kv_heads, SHAPE.head_width, SHAPE.context_length)


def _slowest(make: Callable[[Subject, InsideGpt], Page], data: InsideGpt, opened: bool) -> float:
    """Milliseconds, the slowest of the first paint and of those after a key."""
    found = []
    started = time.perf_counter()
    page = make(Subject(Labels(ByteTokenizer()), "gpt"), data)
    if opened:
        page.open()
    for _ in range(KEYS):
        page.move(-1, 0)
        page.paint(Canvas(*SIZE, theme_styles(True), "gpt"))
        page.tint()
        page.note()
        found.append(1e3 * (time.perf_counter() - started))
        started = time.perf_counter()
    return max(found)
