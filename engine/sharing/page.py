"""One self-contained page of a conversation: every branch, and each token with its candidates.

The page fetches nothing, and its policy (W3C, Content Security Policy Level 3) lets nothing be fetched: one script and
one style, each named by its hash, so that no markup of a conversation could run even if it got into the page as markup.
It cannot: titles are escaped, and all the rest is data that the script puts on the page as text.
"""

import base64
import hashlib
from functools import cache
from html import escape
from importlib.resources import files
from string import Template

from genchat.engine import __version__
from genchat.engine.history.protocol import History
from genchat.engine.history.records import Conversation
from genchat.engine.language import language_in_use, say
from genchat.engine.sharing.page_data import page_data
from genchat.engine.sharing.visible_text import script_json, visible
from genchat.engine.text import safe_line

TINTS = ("none", "probability", "surprise", "entropy", "rank")
THEMES = ("system", "light", "dark")
_SCRIPT = ("start.js", "numbers.js", "tint.js", "conversation.js", "panel.js", "keys.js")
_LANGUAGE_TAGS = {"pt-br": "pt-BR"}
# Words that the script needs, each the text sharing.page.NAME.
_WORDS = (
    "after", "before", "bits", "candidate", "close", "cut", "cut_by", "drawn_entropy", "empty", "entropy", "kept",
    "legend", "less", "mass", "more", "next_version", "not_kept", "position",
    "previous_version", "probability", "random", "rank", "reply_tokens", "rest", "stage", "stages", "surprise", "table",
    "to", "token", "unknown", "version",
)  # fmt: skip


def as_page(history: History, conversation: Conversation, traces: bool = True) -> str:
    """The page as HTML, in the language in use; with `traces` each token of a reply can be opened.

    Raises HistoryError for a trace that cannot be read.
    """
    style, script = _part("page.css"), _script()
    title = safe_line(visible(conversation.title)) or say("sharing.untitled")
    language = language_in_use()
    values, tokens = page_data(history, conversation, traces)
    data = values | {
        "words": {name: say(f"sharing.page.{name}") for name in _WORDS},
        "tints": [[name, say(f"sharing.tint.{name}")] for name in TINTS],
        "themes": [[name, say(f"sharing.theme.{name}")] for name in THEMES],
    }
    texts = {
        "language": _LANGUAGE_TAGS.get(language, language),
        "policy": f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}';"
        " base-uri 'none'; form-action 'none'",
        "version": __version__,
        "title": title,
        "skip": say("sharing.page.skip"),
        "about": say(
            "sharing.about",
            messages=len(data["messages"]),
            date=conversation.created.date().isoformat(),
            version=__version__,
        ),
        "tint_label": say("sharing.tint"),
        "theme_label": say("sharing.theme"),
        "keys": say("sharing.page.keys"),
        "no_script": say("sharing.page.no_script"),
        "conversation_label": say("sharing.page.conversation"),
        "panel_label": say("sharing.page.panel"),
    }
    blocks = (_block(f"tokens-{place}", columns) for place, columns in tokens.items())
    escaped = {name: escape(text, quote=True) for name, text in texts.items()}
    return Template(_part("page.html")).substitute(
        escaped, style=style, script=script, data=_block("data", data), tokens="\n".join(blocks)
    )


def _block(name: str, value: object) -> str:
    """A data block: the browser keeps its text, and neither runs nor shows it."""
    return f'<script type="application/json" id="{name}">{script_json(value)}</script>'


@cache
def _script() -> str:
    """The parts of the script in one function, so that nothing of them can be reached from outside."""
    return "\n".join(['"use strict";', "(() => {", *map(_part, _SCRIPT), "})();", ""])


@cache
def _part(name: str) -> str:
    """One of the files in web/, its line ends as the browser sees them, for a hash is over every character."""
    text = files(__package__).joinpath("web", name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
