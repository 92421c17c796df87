"""What a home of genchat holds, as plain values, read through the engine's public doors.

`tests/fixtures/first_storey` is such a home, left by the program as it was before its code was rearranged; its
`expected.json` is what that program read from it with the functions below.
"""

import lzma
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from genchat.engine.decoding import score
from genchat.engine.distribution import LN2, NoDistribution
from genchat.engine.history import History, HistoryStore, StoredMessage, StoredStep
from genchat.engine.history.vocabulary import StoredVocabulary
from genchat.engine.paths import Paths
from genchat.engine.registry import Registry, language_model
from genchat.engine.settings import Settings, known_settings, read_layers

ENTRY = ("-m", "genchat")  # how Python is told to run genchat: the one place that knows
ROOT = Path(__file__).parents[1]
SCORED = "De noite a luz dava voltas sobre o mar."  # every letter of it is in the texts that the models learned
PACKED = ".xz"
SAMPLED = 5  # tokens of each trace that are looked at closely


def run_genchat(
    home: Path, *arguments: str, folder: Path | None = None, stdin: str = "", env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the program in a process of its own, on `home` and nothing else of this machine's settings."""
    return subprocess.run(
        [sys.executable, "-P", *ENTRY, *arguments],
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        env=environment(home, env),
        cwd=folder,
        timeout=120,
    )


def environment(home: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's variables without those that genchat reads, on `home`, and `more`."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GENCHAT_", "GEMINI_", "GOOGLE_"))
    }
    return {**kept, "PYTHONPATH": str(ROOT), "GENCHAT_HOME": str(home), "GENCHAT_PLUGINS": "none", **(more or {})}


def copy_home(kept: Path, home: Path) -> None:
    """A kept home as it was; its large files lie compressed."""
    shutil.copytree(kept, home)
    for packed in list(home.rglob("*" + PACKED)):
        packed.with_name(packed.name.removesuffix(PACKED)).write_bytes(lzma.decompress(packed.read_bytes()))
        packed.unlink()


def places(home: Path) -> Paths:
    """Where GENCHAT_HOME puts things."""
    return Paths(home / "data", home / "config", home / "cache")


# -- the history ------------------------------------------------------------------------------------------------------


def read_history(home: Path) -> list[dict[str, Any]]:
    """Every conversation, most recently used first, with all its branches, runs, passages and samples of its traces."""
    with HistoryStore.open(places(home).history) as history:
        return [
            {
                "id": each.id,
                "title": each.title,
                "kind": each.kind,
                "created": each.created.isoformat(),
                "updated": each.updated.isoformat(),
                "shown": [message.id for message in history.shown(each.id)],
                "messages": [_message(history, message) for message in history.tree(each.id)],
            }
            for each in history.conversations(100)
        ]


def _message(history: History, message: StoredMessage) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": message.id,
        "parent": message.parent,
        "role": str(message.role),
        "text": message.text,
        "status": message.status,
        "place": [message.sibling_number, message.sibling_count],
    }
    run = history.run(message.id)
    if run is not None:
        settings = run.reply_settings()
        sampling = settings.sampling
        found["run"] = {
            "family": run.family,
            "model": run.model,
            "checksum": run.checksum,
            "seed": run.seed,
            "temperature": sampling.temperature,
            "top_k": sampling.top_k,
            "top_p": sampling.top_p,
            "min_p": sampling.min_p,
            "repetition_penalty": sampling.repetition_penalty,
            "max_tokens": settings.max_tokens,
            "finish_reason": run.finish_reason,
            "error": run.error,
            "prompt_tokens": run.prompt_tokens,
            "completion_tokens": run.completion_tokens,
            "notices": [notice.key for notice in run.notices],
        }
    passages = history.passages(message.id)
    if passages is not None:
        found["missing"] = list(passages.missing)
        found["passages"] = [
            {
                "number": passage.number,
                "source": passage.source,
                "locator": passage.locator,
                "text": passage.text,
                "score": passage.score,
                "highlight": None if passage.highlight is None else list(passage.highlight),
                "matched": dict(passage.matched),
            }
            for passage in passages.items
        ]
    trace = history.trace(message.id)
    if trace is not None:
        size = len(trace)
        chosen = sorted({round(place * (size - 1) / max(SAMPLED - 1, 1)) for place in range(SAMPLED)})
        found["tokens"] = list(trace.tokens)
        found["steps"] = [_step(trace[index], trace.vocabulary) for index in chosen]
        found["cutters"] = sorted({name for step in trace for name in step.cut.values()})
    return found


def _step(step: StoredStep, vocabulary: StoredVocabulary | None) -> dict[str, Any]:
    def label(token: int | None) -> str | None:
        return None if token is None or vocabulary is None else vocabulary.label(token)

    if isinstance(step.raw, NoDistribution):
        return {"position": step.position, "text": step.text, "start": step.start, "reason": step.raw.reason}
    return {
        "position": step.position,
        "token": step.token,
        "label": label(step.token),
        "text": step.text,
        "start": step.start,
        "special": step.special,
        "probability": _probability(step.log_prob),
        "rank": step.rank,
        "entropy": step.raw.entropy,
        "kept": step.kept,
        "candidates": [
            {
                "token": candidate.token,
                "label": label(candidate.token),
                "rank": candidate.rank,
                "probability": candidate.probability,
                "drawn": _probability(step.drawn_from.log_prob(candidate.token)),
                "cut_by": step.cut_by(candidate.token),
            }
            for candidate in step.raw.top(10)
        ],
    }


def _probability(log_prob: float | None) -> float | None:
    return None if log_prob is None else math.exp(log_prob)


# -- models -----------------------------------------------------------------------------------------------------------


def read_models(home: Path) -> dict[str, dict[str, Any]]:
    """The models of the home's own by name: what their cards say and how many bits the fixed text costs them."""
    where = places(home)
    settings = replace(Settings(), precision="fp32")
    found = {}
    for entry in Registry(where, settings).models():
        card = entry.card
        if entry.origin not in ("trained", "imported") or card is None:
            continue
        found[entry.name] = {
            "family": entry.family,
            "origin": entry.origin,
            "chat": entry.chat,
            "problem": entry.problem,
            "command": card.command,
            "created": card.created,
            "languages": list(card.languages),
            "sources": [dict(source) for source in card.sources],
            "checksum": card.checksum,
            "bits": bits(where, entry.name, settings),
        }
        if entry.origin == "imported":
            found[entry.name]["bits_int8"] = bits(where, entry.name, replace(settings, precision="int8"))
    return found


def bits(where: Paths, name: str, settings: Settings) -> float:
    """What SCORED costs the model of that name."""
    model = language_model(Registry(where, settings).open(name))
    return -float(score(model, model.tokenizer.encode(SCORED)).sum(dtype="float64")) / LN2


# -- settings ---------------------------------------------------------------------------------------------------------


def read_settings(home: Path) -> dict[str, Any]:
    """Every setting that the settings file decides, by dotted name."""
    given = read_layers(places(home).settings, environment={})
    return {name: each.value for name, each in given.items() if each.layer == "file"}


def read_variables(path: Path) -> dict[str, str]:
    """A file of NAME=value lines; lines that begin with # are remarks."""
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def settings_by_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    """Every setting that those variables decide, by dotted name."""
    given = read_layers(Path(os.devnull), environment=dict(variables))
    return {name: each.value for name, each in given.items() if each.layer == "environment"}


def all_names() -> list[str]:
    """The dotted names of all settings."""
    return list(known_settings())
