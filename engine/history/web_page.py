"""A conversation as one web page that needs nothing else: every branch, every token with its candidates.

The page asks for nothing over a network and its policy forbids it to; the one script and the one style are named in it
by their hashes. What the conversation says stands in a block of data, never in markup, and is made visible first.
"""

import base64
import hashlib
import html
import json
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from genchat.engine import __version__
from genchat.engine.distribution import TopKDistribution
from genchat.engine.history.export import candidates_of, rounded
from genchat.engine.history.records import Conversation, StoredMessage, StoredStep
from genchat.engine.history.vocabulary import StoredVocabulary
from genchat.engine.language import language_in_use, say
from genchat.engine.sampling.table import stage_label
from genchat.engine.text import safe, safe_line

if TYPE_CHECKING:
    from genchat.engine.history.protocol import History

_TINTS = ("none", "probability", "surprisal", "entropy", "rank")
_WORDS = ("hint", "token", "rank", "bits", "entropy", "model", "drawn", "unknown", "previous", "next")


def as_page(history: "History", conversation: Conversation, traces: bool) -> str:
    """The page holds all branches and, with `traces`, the tokens of every reply."""
    folder = files("genchat.engine.history") / "page"
    style, script, page = (
        (folder / f"page.{kind}").read_text(encoding="utf-8").strip() for kind in ("css", "js", "html")
    )
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; base-uri 'none'; "
        "form-action 'none'"
    )
    title = safe_line(conversation.title) or say("tui.untitled")
    texts = {
        name: say(f"page.{name}")
        for name in ("tint", "legend_low", "legend_high", "theme", "keys", "panel", "noscript")
    }
    about = say("page.about", version=__version__, date=conversation.updated.date().isoformat())
    tints = "".join(f'<option value="{kind}">{html.escape(say(f"page.tint_{kind}"))}</option>' for kind in _TINTS)
    return Template(page).substitute(
        {name: html.escape(text) for name, text in texts.items()},
        language=language_in_use(),
        policy=html.escape(policy),
        title=html.escape(title),
        about=html.escape(about),
        tints=tints,
        style=style,
        script=script,
        data=_embedded(_document(history, conversation, traces)),
    )


def _hash(source: str) -> str:
    """The source as a content security policy names it (W3C Content Security Policy Level 3)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def _embedded(document: dict[str, Any]) -> str:
    """JSON that can end neither the element it stands in nor a line of it."""
    written = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        written = written.replace(character, f"\\u{ord(character):04x}")
    return written


def _document(history: "History", conversation: Conversation, traces: bool) -> dict[str, Any]:
    return {
        "language": language_in_use(),
        "head": conversation.head,
        "words": {name: say(f"page.{name}") for name in _WORDS},
        "messages": [_message(history, message, traces) for message in history.tree(conversation.id)],
    }


def _message(history: "History", message: StoredMessage, traces: bool) -> dict[str, Any]:
    run = history.run(message.id)
    speaker = say(f"history.speaker_{message.role}")
    state = "" if message.status in ("done", "streaming") else say(f"history.status_{message.status}")
    written: dict[str, Any] = {
        "id": message.id,
        "parent": message.parent,
        "role": str(message.role),
        "speaker": speaker if run is None else safe_line(run.model),
        "state": state,
        "text": safe(message.text),
    }
    trace = history.trace(message.id) if traces else None
    if trace is not None:
        written["tokens"] = [_token(step, trace.vocabulary) for step in trace]
    return written


def _token(step: StoredStep, vocabulary: StoredVocabulary | None) -> dict[str, Any]:
    label = step.text if step.token is None or vocabulary is None else vocabulary.label(step.token)
    written: dict[str, Any] = {
        "text": safe(step.text),
        "label": safe_line(label),
        "special": step.special,
        "logProb": rounded(step.log_prob),
        "rank": step.rank,
        "entropy": rounded(step.raw.entropy),
    }
    if isinstance(step.raw, TopKDistribution):
        written["candidates"] = [
            [
                safe_line(str(token) if vocabulary is None else vocabulary.label(token)),
                log_prob,
                drawn,
                _stage(step, token),
                token == step.token,
            ]
            for token, log_prob, drawn in candidates_of(step.raw, step)
        ]
    return written


def _stage(step: StoredStep, token: int) -> str:
    cutter = step.cut_by(token)
    return "" if cutter is None else safe_line(stage_label(cutter))
