"""The models that ship: held-out dialogues priced under each chat model, how soon each is there, what each weighs."""

import subprocess
import sys
from pathlib import Path

from genchat import corpora, engine
from genchat.engine.evaluation.measuring import EvalText, measure_each
from genchat.engine.paths import paths
from genchat.engine.registry import Registry
from genchat.engine.settings import Settings
from tests.bench import Row

_COUNTING = "ngram"
_MEGABYTES = 12.0
_PROGRAM = """
import sys, time
started = time.perf_counter()
import torch
torch_there = time.perf_counter()
from genchat.engine.paths import paths
from genchat.engine.registry import Registry
from genchat.engine.settings import Settings
model = Registry(paths(), Settings()).open(sys.argv[1]).model
loaded = time.perf_counter()
model.start(model.tokenizer.encode("oi")).log_probs()
print(loaded - torch_there, time.perf_counter() - loaded)
"""


def run() -> list[Row]:
    """All models beside genchat's statistical one."""
    registry = Registry(paths(), Settings())
    shipped = [entry for entry in registry.models() if entry.origin == "shipped"]
    rows = prices([_COUNTING, *(entry.name for entry in shipped if entry.chat)])
    for entry in shipped:
        load, first = _seconds(entry.name)
        size = (entry.size or 0) / 1e6
        rows.append(Row(f"{entry.name}, folder", size, "MB", _MEGABYTES, "the mark"))
        rows.append(Row(f"{entry.name}, load after torch", load, "s", 0.5, "the mark"))
        rows.append(Row(f"{entry.name}, first token once loaded", 1e3 * first, "ms", 100.0, "the mark"))
    return rows


def prices(models: list[str]) -> list[Row]:
    """Bits a byte of held-out replies, given what was said before them."""
    texts = []
    for language in ("en", "pt"):
        documents = corpora.documents("dialogues", [language], held_out=True)
        texts.append(EvalText(language, "\n".join(document.text for document in documents), "replies"))
    found: dict[tuple[str, str], float] = {}
    for measured in measure_each(models, texts, paths(), Settings()):
        for each in measured if isinstance(measured, list) else ():
            found[each.model, each.text] = each.price.bits_per_byte
    rows = []
    for (model, language), bits in found.items():
        reference = None if model == _COUNTING else found.get((_COUNTING, language))
        peer = "" if reference is None else "genchat's own counting"
        rows.append(Row(f"{model}, held-out replies, {language}", bits, "bits/byte", reference, peer))
    return rows


def _seconds(model: str) -> tuple[float, float]:
    """To load it in a fresh process that has torch, and then to its first distribution; the best of three."""
    here = Path(engine.__file__).parents[2]
    tries = []
    for _ in range(3):
        command = [sys.executable, "-c", _PROGRAM, model]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=here)
        load, first = map(float, done.stdout.split())
        tries.append((load, first))
    return min(load for load, _ in tries), min(first for _, first in tries)
