"""One program that writes text with SmolLM2, in a process of its own: `decoder_process.py PROGRAM MODEL THREADS`.

It answers one line of JSON for each it is asked: {"prompt": ids, "count": n} with the ids written greedily and the
seconds each took (the first with reading the prompt), {"read": ids} with the seconds of reading them at once, {} with
its peak memory in MB. Its first line, unasked, says that it has loaded the model and written a token. It runs under
the interpreter that has the program, so it uses nothing of tests or, for others, of genchat.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

_START = [504, 3575, 282, 4649, 314]  # "The capital of France is"


class Genchat:
    """`precision` is one of genchat's own. What is read is the whole normalised distribution."""

    def __init__(self, model: str, threads: int, precision: str) -> None:
        import torch

        from genchat.engine.gpt.loading import load_checkpoint
        from genchat.engine.model_card import read_card

        torch.set_num_threads(threads)
        self._model: Any = load_checkpoint(Path(model), read_card(Path(model)), precision).model  # type: ignore[arg-type]

    def write(self, prompt: list[int], count: int) -> tuple[list[int], list[float]]:
        self._model.latest = None
        cursor, ids, times = self._model.start(prompt), [], [time.perf_counter()]
        for _ in range(count):
            ids.append(int(cursor.log_probs().argmax()))
            cursor.advance(ids[-1])
            times.append(time.perf_counter())
        return ids, times

    def read(self, ids: list[int]) -> None:
        self._model.latest = None
        self._model.start(ids).log_probs()


class Transformers:
    """From the GGUF file, in fp32."""

    def __init__(self, model: str, threads: int) -> None:
        import torch
        from transformers import AutoModelForCausalLM

        torch.set_num_threads(threads)
        self._torch, auto = torch, AutoModelForCausalLM
        path = Path(model)
        loaded: Any = auto.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
        self._model = loaded.eval()

    def write(self, prompt: list[int], count: int) -> tuple[list[int], list[float]]:
        ids: list[int] = []
        times = [time.perf_counter()]

        class Streamer:
            """Told the prompt first, then every token."""

            def put(self, value: Any) -> None:
                if value.numel() == 1:
                    ids.append(int(value))
                    times.append(time.perf_counter())

            def end(self) -> None: ...

        self._model.generate(
            self._torch.tensor([prompt]),
            max_new_tokens=count,
            min_new_tokens=count,
            do_sample=False,
            pad_token_id=2,
            streamer=Streamer(),
        )
        return ids, times

    def read(self, ids: list[int]) -> None:
        with self._torch.inference_mode():
            self._model(self._torch.tensor([ids]), logits_to_keep=1)


class LlamaCpp:
    """From the GGUF file, by llama-cpp-python; the likeliest token is read off its logits as they are."""

    def __init__(self, model: str, threads: int) -> None:
        library: Any = importlib.import_module("llama_cpp")
        settings = {"n_ctx": 1024, "n_threads": threads, "n_threads_batch": threads, "verbose": False}
        self._model: Any = library.Llama(model, **settings)
        size = (self._model.n_vocab(),)
        self._logits: Callable[[], Any] = lambda: np.ctypeslib.as_array(
            library.llama_get_logits_ith(self._model.ctx, -1), size
        )

    def write(self, prompt: list[int], count: int) -> tuple[list[int], list[float]]:
        self._model.reset()
        ids: list[int] = []
        times, new = [time.perf_counter()], prompt
        for _ in range(count):
            self._model.eval(new)
            ids.append(int(self._logits().argmax()))
            new = ids[-1:]
            times.append(time.perf_counter())
        return ids, times

    def read(self, ids: list[int]) -> None:
        self._model.reset()
        self._model.eval(ids)


def main(program: str, model: str, threads: str) -> None:
    """Answer until nothing more is asked."""
    makers: dict[str, Callable[[], Genchat | Transformers | LlamaCpp]] = {
        "fp32": lambda: Genchat(model, int(threads), "fp32"),
        "int8": lambda: Genchat(model, int(threads), "int8"),
        "transformers": lambda: Transformers(model, int(threads)),
        "llama.cpp": lambda: LlamaCpp(model, int(threads)),
    }
    writer = makers[program]()
    writer.write(_START, 1)
    print("{}", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        told: Any = None
        if "prompt" in asked:
            ids, times = writer.write(asked["prompt"], asked["count"])
            told = [ids, np.diff(times).tolist()]
        elif "read" in asked:
            started = time.perf_counter()
            writer.read(asked["read"])
            told = time.perf_counter() - started
        else:
            peak = Path("/proc/self/status").read_text(encoding="ascii").split("VmHWM:")[1]
            told = int(peak.split()[0]) / 1024
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
