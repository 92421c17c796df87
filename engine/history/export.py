"""A conversation as text: JSON with everything, Markdown to read.

The JSON can be imported again (`importing`). What a token's candidates are stands in it twice: as rows that any program
can read, rounded, and as the stored trace itself, with the pieces of the vocabulary that it needs.

Control characters and the like are escaped in the JSON and made visible in the Markdown, so that either can be shown
on a terminal.
"""

import base64
import json
import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from genchat.engine import __version__
from genchat.engine.distribution import TopKDistribution
from genchat.engine.history.records import Conversation, StoredMessage, StoredStep
from genchat.engine.history.vocabulary import StoredVocabulary
from genchat.engine.language import say
from genchat.engine.text import safe, safe_line

if TYPE_CHECKING:
    from genchat.engine.history.protocol import History
    from genchat.engine.history.trace import StoredTrace

FORMAT = 1  # raised when a reader of the older format would misread the newer
_BEYOND_ASCII = re.compile(r"[^\n\x20-\x7e]")


def as_json(history: "History", conversation: Conversation, traces: bool) -> str:
    """The JSON holds all branches, each message with its run, passages and (with `traces`) its tokens."""
    vocabularies = _Vocabularies()
    document: dict[str, Any] = {
        "genchat": __version__,
        "format": FORMAT,
        "conversation": {
            "id": conversation.id,
            "title": conversation.title,
            "kind": conversation.kind,
            "created": conversation.created.isoformat(),
            "updated": conversation.updated.isoformat(),
            "head": conversation.head,
            **({"system": conversation.system} if conversation.system else {}),
        },
        "messages": [_message(history, message, traces, vocabularies) for message in history.tree(conversation.id)],
    }
    if vocabularies.needed:
        document["vocabularies"] = vocabularies.written()
    written = json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False)
    return _BEYOND_ASCII.sub(
        lambda match: match[0] if safe(match[0]) == match[0] else json.dumps(match[0])[1:-1], written
    )


def as_markdown(history: "History", conversation: Conversation) -> str:
    """The Markdown holds the shown branch as headings and text."""
    blocks = [f"# {safe_line(conversation.title)}"]
    if conversation.system:
        blocks += ["## " + say("history.speaker_system"), safe(conversation.system)]
    for message in history.shown(conversation.id):
        speaker = say(f"history.speaker_{message.role}")
        run = history.run(message.id)
        if run is not None:
            speaker += f" ({safe_line(run.model)})"
        if message.status not in ("done", "streaming"):
            speaker += " · " + say(f"history.status_{message.status}")
        blocks += [f"## {speaker}", safe(message.text)]
        passages = history.passages(message.id)
        if passages is not None and passages.items:
            blocks.append(
                "\n".join(
                    f"[{passage.number}] {safe_line(passage.source)} {safe_line(passage.locator)}".rstrip()
                    for passage in passages.items
                )
            )
    return "\n\n".join(blocks) + "\n"


class _Vocabularies:
    """The pieces of each stored vocabulary that the traces name, a name a vocabulary in order of use."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self.needed: dict[str, tuple[dict[int, bytes], dict[str, int]]] = {}

    def name(self, digest: str, trace: "StoredTrace") -> str:
        """The name under which everything stands that `trace` needs of the vocabulary with this digest."""
        name = self._names.setdefault(digest, f"v{len(self._names) + 1}")
        pieces, specials = self.needed.setdefault(name, ({}, {}))
        if trace.vocabulary is not None:
            named = {token: special for special, token in trace.vocabulary.special_tokens.items()}
            for token in _tokens_of(trace):
                pieces[token] = trace.vocabulary.token_bytes(token)
                if token in named:
                    specials[named[token]] = token
        return name

    def written(self) -> dict[str, Any]:
        """The vocabularies as JSON: bytes as the characters of Latin-1 with the same numbers."""
        return {
            name: {
                "pieces": {str(token): pieces[token].decode("latin-1") for token in sorted(pieces)},
                "special": dict(sorted(specials.items())),
            }
            for name, (pieces, specials) in self.needed.items()
        }


def _tokens_of(trace: "StoredTrace") -> set[int]:
    """The tokens of a trace: those of the reply, and all candidates."""
    found = {token for token in trace.tokens if token is not None}
    for step in trace:
        for distribution in (step.raw, step.drawn_from):
            if isinstance(distribution, TopKDistribution):
                found.update(distribution.tokens.tolist())
    return found


def _message(history: "History", message: StoredMessage, traces: bool, vocabularies: _Vocabularies) -> dict[str, Any]:
    written: dict[str, Any] = {
        "id": message.id,
        "parent": message.parent,
        "role": str(message.role),
        "status": message.status,
        "created": message.created.isoformat(),
        "text": message.text,
    }
    if message.data:
        written["data"] = dict(message.data)
    run = history.run(message.id)
    if run is not None:
        written["run"] = {
            "family": run.family,
            "model": run.model,
            "checksum": run.checksum,
            "version": run.version,
            "settings": dict(run.settings),
            "seed": run.seed,
            "prompt_tokens": run.prompt_tokens,
            "completion_tokens": run.completion_tokens,
            "seconds_to_first": run.seconds_to_first,
            "seconds": run.seconds,
            "finish_reason": run.finish_reason,
            "detail": run.detail,
            "error": run.error,
            "notices": [{"key": notice.key, "values": dict(notice.values)} for notice in run.notices],
            **({"system": run.system} if run.system else {}),
        }
    passages = history.passages(message.id)
    if passages is not None:
        written["retriever"] = passages.retriever
        written["missing"] = list(passages.missing)
        written["passages"] = [
            {
                "number": passage.number,
                "source": passage.source,
                "locator": passage.locator,
                "score": passage.score,
                "text": passage.text,
                "highlight": passage.highlight,
                "parts": dict(passage.parts),
                "matched": dict(passage.matched),
                "warning": passage.warning,
            }
            for passage in passages.items
        ]
    trace = history.trace(message.id) if traces else None
    if trace is not None:
        written["tokens"] = [_token(step, trace.vocabulary) for step in trace]
        packed = history.packed_trace(message.id)
        if packed is not None:
            written["trace"] = {
                "codec": packed.codec,
                "data": base64.b64encode(packed.data).decode("ascii"),
                "vocabulary": None if packed.vocabulary is None else vocabularies.name(packed.vocabulary, trace),
            }
    return written


def _token(step: StoredStep, vocabulary: StoredVocabulary | None) -> dict[str, Any]:
    written: dict[str, Any] = {
        "token": step.token,
        "text": step.text,
        "log_prob": rounded(step.log_prob),
        "rank": step.rank,
        "entropy_bits": rounded(step.raw.entropy),
        "drawn_entropy_bits": rounded(step.drawn_from.entropy),
    }
    if step.stages or step.uniform is not None:
        written["draw"] = {
            "uniform": step.uniform,
            "span": None if step.span is None else list(step.span),
            "by_hand": step.by_hand,
            "stages": [
                {
                    "name": stage.name,
                    "setting": stage.setting,
                    "kept": stage.kept,
                    "kept_mass": rounded(stage.kept_mass),
                }
                for stage in step.stages
            ],
        }
    if isinstance(step.raw, TopKDistribution):
        written["candidates"] = [
            {
                "token": token,
                "piece": None if vocabulary is None else vocabulary.label(token),
                "log_prob": log_prob,
                "drawn_from": drawn,
                "cut_by": step.cut_by(token),
            }
            for token, log_prob, drawn in candidates_of(step.raw, step)
        ]
    return written


def candidates_of(raw: TopKDistribution, step: StoredStep) -> Iterator[tuple[int, float | None, float | None]]:
    """The stored candidates of a step, likeliest first: token, the model's own log-probability, that of the draw."""
    for token, log_prob in zip(raw.tokens.tolist(), raw.token_log_probs.tolist(), strict=True):
        yield token, rounded(log_prob), rounded(step.drawn_from.log_prob(token))


def rounded(value: float | None) -> float | None:
    """JSON has no infinity: what cannot come is null, as is what is not known."""
    return None if value is None or not math.isfinite(value) else round(value, 4)
