"""The page of a conversation: self-contained, harmless whatever was said, and working in a real browser."""

import base64
import hashlib
import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from genchat.engine.history import HistoryStore
from genchat.engine.history.web_page import _embedded
from genchat.engine.text import safe
from tests.engine.history.makers import answer, ask, events, run

HOSTILE = (
    "</script><script>document.title='PWNED'</script><img src=x onerror=alert(1)> \x1b]0;owned\x07 \u202egpj "
    "[@click=app.quit]x[/] $script ${data} \u2028 &amp; ]]> <!--"
)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page(HTMLParser):
    """The elements of a page, and what stands in its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] in self.inside and data.strip():
            self.inside[self.tags[-1][0]].append(data)

    @property
    def data(self) -> Any:
        """The block of data."""
        return json.loads(self.inside["script"][0])

    @property
    def policy(self) -> str:
        """What the page allows."""
        named = next(each for tag, each in self.tags if each.get("http-equiv") == "Content-Security-Policy")
        return named["content"] or ""


def page_of(store: HistoryStore, conversation: str) -> Page:
    return Page(store.export(conversation, "html"))


def test_the_page_holds_every_branch_and_every_token(store: HistoryStore) -> None:
    question = ask(store)
    recorder = store.begin_reply(question, run())
    for event in events(6):
        recorder.add(event)
    reply = recorder.finish()
    other = answer(store, question, "outra")
    messages = page_of(store, question.conversation).data["messages"]
    assert [(each["id"], each["parent"]) for each in messages] == [
        (question.id, None),
        (reply.id, question.id),
        (other.id, question.id),
    ]
    trace = store.trace(reply.id)
    assert trace is not None
    for token, step in zip(messages[1]["tokens"], trace, strict=True):
        assert token["logProb"] == pytest.approx(step.log_prob, abs=1e-4)
        chosen = [candidate for candidate in token["candidates"] if candidate[4]]
        assert len(chosen) == 1
        assert len(token["candidates"]) == len(step.raw.tokens)  # type: ignore[attr-defined]


def test_only_the_script_and_the_style_named_by_their_hashes_may_run(store: HistoryStore) -> None:
    page = page_of(store, ask(store).conversation)
    _, script = page.inside["script"]
    (style,) = page.inside["style"]
    for kind, source in (("script-src", script), ("style-src", style)):
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in page.policy
    assert "default-src 'none'" in page.policy
    assert "unsafe" not in page.policy


def test_nothing_is_loaded_and_nothing_handled_inline(store: HistoryStore) -> None:
    page = page_of(store, ask(store, HOSTILE).conversation)
    names = {name for _, attributes in page.tags for name in attributes}
    assert not names & {"src", "href", "style", "action"}
    assert not [name for name in names if name.startswith("on")]
    assert [tag for tag, _ in page.tags].count("script") == 2


def test_hostile_words_stand_in_the_data_and_nowhere_else(store: HistoryStore) -> None:
    question = ask(store, HOSTILE)
    store.rename(question.conversation, HOSTILE)
    written = store.export(question.conversation, "html")
    page = Page(written)
    assert page.data["messages"][0]["text"] == safe(HOSTILE)
    assert [tag for tag, _ in page.tags].count("img") == 0
    assert "\x1b" not in written
    assert "\u202e" not in written


@given(some.text())
def test_any_text_comes_back_from_the_block_of_data(text: str) -> None:
    clean = text.encode("utf-8", "replace").decode()
    written = _embedded({"text": clean})
    assert not re.search("[<>&\u2028\u2029]", written)
    assert json.loads(written) == {"text": clean}


browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")


def shown(page: Path, fragment: str = "") -> str:
    """The document as Chromium leaves it when the script has run."""
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000"]
    command += [f"--user-data-dir={page.parent / 'profile'}", "--dump-dom", page.as_uri() + fragment]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


@browser
@pytest.mark.slow
def test_a_browser_shows_the_candidates_of_a_token(store: HistoryStore, tmp_path: Path) -> None:
    question = ask(store)
    recorder = store.begin_reply(question, run())
    for event in events(6):
        recorder.add(event)
    reply = recorder.finish()
    answer(store, question, "outra")
    page = tmp_path / "page.html"
    page.write_text(store.export(question.conversation, "html"), encoding="utf-8")
    assert "outra" in shown(page)
    opened = shown(page, f"#m{reply.id}t2")
    panel = re.search(r"<aside.*?</aside>", opened, re.DOTALL)
    assert panel is not None
    trace = store.trace(reply.id)
    assert trace is not None
    assert panel[0].count("<tr") == 1 + len(trace[2].raw.tokens)  # type: ignore[attr-defined]
    assert 'class="chosen' in panel[0]
    assert opened.count('class="token open"') + opened.count('class="token end open"') == 1


@browser
@pytest.mark.slow
def test_a_browser_runs_nothing_that_was_said(store: HistoryStore, tmp_path: Path) -> None:
    question = ask(store, HOSTILE)
    page = tmp_path / "page.html"
    page.write_text(store.export(question.conversation, "html"), encoding="utf-8")
    opened = shown(page)
    assert "<title>PWNED" not in opened
    assert "<img" not in opened
    article = re.search(r'<div class="text"[^>]*>(.*?)</div>', opened, re.DOTALL)
    assert article is not None
    assert html.unescape(article[1]).split() == safe(HOSTILE).split()
