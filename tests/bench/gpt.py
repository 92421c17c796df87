"""The mini GPT against the plain small-CPU recipe, its own past, and published figures.

Losses are nats a character on the whole held-out tenth of tiny Shakespeare. `GENCHAT_BENCH_MINUTES` ("5" or "5,20")
adds runs of that length with everything left to the one dial, scored on non-overlapping windows of 256.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from genchat.engine.gpt import recipe as gpt
from genchat.engine.training.data import read_sources
from genchat.engine.training.recipes import Recipe
from genchat.engine.training.run import Run, plan
from tests.bench import Row, bench_data, seconds, version

TEXT = "data/tinyshakespeare.txt"
SEEDS = (1, 2, 3)
QUICK = Recipe(layers=3, width=128, window=64, batch=32, steps=100, evaluations=1)
A100 = 1.4697  # nanoGPT's README, its GPU recipe, best of a run of about 3 minutes on one A100
GENERATED = 200


def run() -> list[Row]:
    """All rows; about three minutes on two cores, and the minutes asked for."""
    torch.set_num_threads(os.cpu_count() or 1)
    rows = [*time_to_the_plain_recipes_loss(), *generation()]
    for minutes in filter(None, os.environ.get("GENCHAT_BENCH_MINUTES", "").split(",")):
        rows.extend(by_the_clock(float(minutes)))
    return rows


def time_to_the_plain_recipes_loss() -> list[Row]:
    """Seconds of training until the held-out loss the plain recipe ends at; both scored on windows of 64."""
    text, script = bench_data(TEXT), bench_data("bench/baseline_gpt.py")
    told = subprocess.run(
        [sys.executable, str(script), str(text), "--eval-every", "2000"], capture_output=True, text=True, check=True
    )
    found = re.search(r"baseline val=([\d.]+) seconds=([\d.]+)", told.stdout)
    if found is None:
        raise ValueError(told.stdout)
    loss, plain = float(found[1]), float(found[2])
    rows = []
    for seed in SEEDS:
        made = _plan(text, QUICK.with_values({"seed": seed}))
        for _ in made.events():
            pass
        reached = made.trainer.held_out_loss(window=64)
        note = f"{made.trainer.model.parameter_count()} parameters, {made.trainer.place.tokens} tokens, seed {seed}"
        rows.append(Row("training, loss reached (windows of 64)", reached, "nats", loss, "plain recipe", note=note))
        if reached <= loss:
            peer = f"plain recipe, {version('torch')}"
            rows.append(Row("training, time to that loss", made.trainer.place.seconds, "s", plain, peer))
    return rows


def by_the_clock(minutes: float) -> list[Row]:
    """What `--minutes` alone reaches on this machine."""
    made = _plan(bench_data(TEXT), Recipe(minutes=minutes))
    started = time.perf_counter()
    for _ in made.events():
        pass
    spent = time.perf_counter() - started
    trainer = made.trainer
    note = f"{trainer.model.parameter_count()} parameters, {trainer.place.tokens} tokens, {spent:.0f} s in all"
    loss = trainer.held_out_loss(window=256)
    return [Row(f"training, {minutes:g} minutes (windows of 256)", loss, "nats", A100, "A100, 3 minutes", note=note)]


def generation() -> list[Row]:
    """One token after another with the key/value cache against reading the whole text each time."""
    made = _plan(bench_data(TEXT), Recipe(layers=4, width=256, steps=1, precision="fp32"))
    model = gpt.as_language_model(made.trainer.model, made.tokenizer, "bench")
    prompt = made.tokenizer.encode("ROMEO:\nBut soft")
    cursor = model.start(prompt)
    cursor.log_probs()
    tokens = [300] * GENERATED

    def cached() -> None:
        here = model.start(prompt)
        for token in tokens:
            here.log_probs()
            here.advance(token)

    @torch.inference_mode()
    def afresh() -> None:
        for count in range(GENERATED):
            model.network(model.ids([*prompt, *tokens[:count]]))[0, -1].log_softmax(-1)

    fast, slow = GENERATED / seconds(cached, 2), GENERATED / seconds(afresh, 1)
    return [
        Row("generation with the cache", fast, "tokens/s", slow, "reading the text afresh", "higher"),
        Row("cache, memory a token", cursor.cache.bytes_per_token, "bytes", note="4 layers, 256 wide, fp32"),
    ]


def _plan(text: Path, recipe: Recipe) -> Run:
    with TemporaryDirectory() as folder:
        return plan(read_sources([text]), recipe, Path(folder) / "bench", None, "bench", samples=False)
