"""A page in a real browser: what is seen, what keys and mouse do, and what hostile text does not."""

import math
from pathlib import Path
from typing import Any

import pytest

from genchat.engine.contract import ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.distribution import TopKDistribution
from genchat.engine.history import NullHistory
from genchat.engine.history.trace import StoredTrace
from genchat.engine.language import use_language
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from genchat.engine.sharing.page import TINTS, as_page
from genchat.engine.sharing.visible_text import visible
from tests.browser import Page
from tests.engine.sharing.talks import HOSTILE, HUGE, PIECES, PieceModel, talk

CURRENT = "document.querySelector('.token.current')"
# The contrast of every text that is seen, as WCAG 2.2 counts it; colours behind it are laid over one another.
CONTRAST = """
(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = numbers(getComputedStyle(at).backgroundColor);
      if (alpha === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.getClientRects().length || element.matches("script, option, :disabled, .skip")) continue;
    const [one, other] = [light(numbers(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    found.push([ratio, element.className || element.tagName]);
  }
  return found.sort((one, other) => one[0] - other[0]).slice(0, 3);
})()
"""


@pytest.fixture
def page(browser: Page) -> Page:
    browser.appear()
    return browser


def opened(page: Page, history: NullHistory, name: str, tmp_path: Path) -> Page:
    target = tmp_path / "page.html"
    target.write_text(as_page(history, history.conversation(name)), encoding="utf-8")
    page.open(target)
    page.painted()
    return page


def shown(page: Page) -> dict[str, Any]:
    """What the panel says: the token, its place, and the rows of the table."""
    value: dict[str, Any] = page.value(
        "({ token: document.querySelector('#panel h2').textContent,"
        " place: document.querySelector('.place').textContent,"
        " rows: [...document.querySelectorAll('#panel table:first-of-type tbody tr')].map((row) =>"
        " [...row.children].map((cell) => cell.textContent)) })"
    )
    return value


def shown_trace(history: NullHistory, name: str) -> StoredTrace:
    trace = history.trace(history.shown(name)[1].id)
    assert trace is not None
    return trace


def test_the_page_opens_without_network_trouble_or_a_violated_policy(
    page: Page, history: NullHistory, tmp_path: Path
) -> None:
    opened(page, history, talk(history), tmp_path)
    assert page.requests == [(tmp_path / "page.html").as_uri()]
    assert page.troubles == []
    texts = page.value("[...document.querySelectorAll('.text')].map((text) => text.textContent)")
    assert len(texts) == 6
    name = history.conversations(1)[0].id
    assert texts == [visible(message.text) for message in history.shown(name)]


def test_the_policy_runs_nothing_but_the_one_script(page: Page, history: NullHistory, tmp_path: Path) -> None:
    opened(page, history, talk(history, 1, 3), tmp_path)
    page.value(
        "(() => { const evil = document.createElement('div');"
        ' evil.innerHTML = \'<img src="https://example.invalid/x.png" onerror="window.owned=1"><p style="color:red">\';'
        " document.body.append(evil); const script = document.createElement('script');"
        " script.textContent = 'window.owned=2'; document.body.append(script); })()"
    )
    page.painted()
    assert page.value("window.owned === undefined")
    assert page.value("getComputedStyle(document.querySelector('p[style]')).color") != "rgb(255, 0, 0)"
    assert page.blocked == ["https://example.invalid/x.png"]
    assert any("Content Security Policy" in trouble for trouble in page.troubles)


def test_a_token_shows_its_candidates_before_and_after_sampling(
    page: Page, history: NullHistory, tmp_path: Path
) -> None:
    name = talk(history)
    opened(page, history, name, tmp_path)
    page.point("article.assistant .token:nth-child(5)")
    step = shown_trace(history, name)[4]
    seen = shown(page)
    assert seen["token"] == step.text.replace(" ", "·")
    assert seen["place"] == "token 5 of 40"
    assert isinstance(step.raw, TopKDistribution)
    rows = [row for row in seen["rows"] if row[0] != "all others"]
    assert len(rows) == len(step.raw.tokens)
    assert [row[0] for row in rows if row[0].startswith("▸")] == ["▸ " + seen["token"]]
    for row, token, log_prob in zip(rows, step.raw.tokens.tolist(), step.raw.token_log_probs.tolist(), strict=True):
        percent = 100 * math.exp(log_prob)
        assert float(row[1].strip("<%")) == pytest.approx(max(percent, 0.01), rel=0.01, abs=0.006)
        assert row[2].startswith("cut by top-") == (step.cut_by(token) is not None)


def test_a_kept_draw_shows_its_random_number_and_its_stages(page: Page, history: NullHistory, tmp_path: Path) -> None:
    name = talk(history, 1)
    settings = ReplySettings(SamplingSettings(seed=1, top_k=8, temperature=0.8), 40)
    question = [Message(Role.USER, "o que é fome?")]
    live = [event for event in LocalBackend(PieceModel(PIECES)).reply(question, settings) if isinstance(event, Step)]
    kept = shown_trace(history, name)
    assert [step.token for step in live] == [step.token for step in kept]
    opened(page, history, name, tmp_path)
    page.press("ArrowRight")
    draw = live[0].draw
    assert draw is not None
    assert draw.uniform is not None
    facts = page.value("document.querySelector('#panel dl').textContent")
    assert f"random number{draw.uniform:.4f} (" in facts
    rows = page.value(
        "[...document.querySelectorAll('#panel table:last-of-type tbody tr')].map((row) => row.cells[1].textContent)"
    )
    assert rows == [str(stage.kept) for stage in draw.stages]


def test_arrows_walk_tokens_and_lines_and_escape_closes(page: Page, history: NullHistory, tmp_path: Path) -> None:
    page.appear(500, 900)
    opened(page, history, talk(history), tmp_path)
    page.press("ArrowRight")
    assert shown(page)["place"] == "token 1 of 40"
    page.press("ArrowRight", "ArrowRight", "ArrowLeft")
    assert shown(page)["place"] == "token 2 of 40"
    assert page.value(f"document.activeElement === {CURRENT}")
    place = f"(({CURRENT}).getClientRects()[0])"
    top, left, height = (
        page.value(f"{place}.{side} + ('{side}' === 'top' ? scrollY : 0)") for side in ("top", "left", "height")
    )
    page.press("ArrowDown")
    below = page.value(f"{place}.top + scrollY")
    assert top + height / 2 < below < top + 3 * height
    assert abs(page.value(f"{place}.left") - left) < 80
    page.press("ArrowUp")
    assert shown(page)["place"] == "token 2 of 40"
    page.press("ArrowLeft", "ArrowLeft")  # there is none before the first
    assert shown(page)["place"] == "token 1 of 40"
    for _ in range(30):
        page.press("ArrowDown")
    assert page.value(f"{CURRENT}.closest('article') === [...document.querySelectorAll('article')].pop()")
    page.press("Escape")
    assert page.value("document.querySelector('#panel').hidden")
    assert page.value(f"{CURRENT} === null")
    assert page.value("document.activeElement.classList.contains('text')")
    assert page.troubles == []


def test_brackets_turn_to_other_versions_and_every_message_can_be_reached(
    page: Page, history: NullHistory, tmp_path: Path
) -> None:
    name = talk(history)
    opened(page, history, name, tmp_path)
    tree = history.tree(name)
    replies = "[...document.querySelectorAll('article.assistant .text')].map((text) => text.textContent)"
    assert page.value(replies)[0] == tree[2].text
    page.press("[")
    assert page.value(replies) == [tree[1].text]
    assert page.value("document.querySelector('.versions span').textContent") == "version 1 of 2"
    page.press("[")
    assert page.value(replies) == [tree[1].text]
    page.press("ArrowRight", "]")
    assert page.value(replies)[0] == tree[2].text
    assert len(page.value(replies)) == 3
    page.point("article.assistant .versions button", click=True)
    assert page.value(replies) == [tree[1].text]


def test_hovering_looks_and_clicking_keeps(page: Page, history: NullHistory, tmp_path: Path) -> None:
    opened(page, history, talk(history), tmp_path)
    page.point("article.assistant .token:nth-child(3)")
    assert shown(page)["place"].startswith("token 3 ")
    page.point("article.assistant .token:nth-child(4)", click=True)
    page.point("article.assistant .token:nth-child(6)")
    assert shown(page)["place"].startswith("token 4 ")
    page.point("#panel button", click=True)
    assert page.value("document.querySelector('#panel').hidden")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_text_has_contrast_in_both_themes_and_nothing_sticks_out(
    page: Page, history: NullHistory, tmp_path: Path, dark: bool, width: int
) -> None:
    page.appear(width, 844, dark=dark, phone=width < 500)
    opened(page, history, talk(history, pieces=(*PIECES, HUGE[:300])), tmp_path)
    page.press("ArrowRight")
    for tint in TINTS:
        choose(page, "tint", tint)
        page.press("ArrowRight")
        faintest = page.value(CONTRAST)
        assert len(faintest) == 3
        for ratio, place in faintest:
            assert ratio >= 4.5, (tint, place)
    assert page.value("document.documentElement.scrollWidth <= innerWidth")


def choose(page: Page, name: str, value: str) -> None:
    page.value(
        f"(() => {{ const at = document.getElementById('{name}'); at.value = '{value}';"
        " at.dispatchEvent(new Event('change')); })()"
    )


def test_the_switch_of_themes_wins_over_the_device(page: Page, history: NullHistory, tmp_path: Path) -> None:
    page.appear(dark=True)
    opened(page, history, talk(history, 1, 3), tmp_path)
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.value(paper)
    choose(page, "theme", "light")
    light = page.value(paper)
    choose(page, "theme", "dark")
    assert page.value(paper) == dark != light
    page.appear(dark=False)
    choose(page, "theme", "system")
    assert page.value(paper) == light


def test_each_tint_has_a_legend_whose_levels_differ_in_more_than_colour(
    page: Page, history: NullHistory, tmp_path: Path
) -> None:
    opened(page, history, talk(history), tmp_path)
    lines = (
        "[...document.querySelectorAll('#legend .token')].map((token) => { const style = getComputedStyle(token);"
        " return style.textDecorationLine + style.textDecorationStyle + style.textDecorationThickness; })"
    )
    levels = (
        "new Set([...document.querySelectorAll('article .token')].map((token) => token.className.match(/level./)?.[0]))"
    )
    for tint in TINTS[1:]:
        choose(page, "tint", tint)
        assert len(set(page.value(lines))) == 5
        assert page.value(f"({levels}).size") > 2
        assert page.value("document.querySelector('#legend').textContent").startswith(f"Tint by {tint}")
    choose(page, "tint", "none")
    assert page.value("document.querySelector('#legend').hidden")
    assert page.value(f"[...{levels}]") == [None]


def test_a_level_is_that_of_the_legend(page: Page, history: NullHistory, tmp_path: Path) -> None:
    name = talk(history)
    opened(page, history, name, tmp_path)
    choose(page, "tint", "rank")
    seen = page.value("[...document.querySelector('article.assistant .text').children].map((token) => token.className)")
    for step, classes in zip(shown_trace(history, name), seen, strict=True):
        assert step.rank is not None
        level = sum(step.rank >= bound for bound in (2, 3, 6, 21))
        assert f"level{level}" in classes


@pytest.mark.parametrize("hostile", [*HOSTILE, HUGE])
def test_what_hostile_people_write_is_text_everywhere(
    page: Page, history: NullHistory, tmp_path: Path, hostile: str
) -> None:
    name = talk(history, 1, 12, pieces=(hostile, f"x{hostile}", "y"), title=hostile, question=hostile, name=hostile)
    opened(page, history, name, tmp_path)
    for _ in range(4):
        page.press("ArrowRight")
    choose(page, "tint", "entropy")
    assert page.troubles == []
    assert len(page.requests) == 1
    assert page.value("document.querySelectorAll('img, iframe, a:not(.skip)').length") == 0
    assert page.value("document.title") != "owned"
    texts = page.value("[...document.querySelectorAll('.text')].map((text) => text.textContent)")
    assert texts[0] == visible(history.shown(name)[0].text)
    assert "".join(texts[1:]).replace("∅", "") == visible(history.shown(name)[1].text)
    assert page.value("document.documentElement.scrollWidth <= innerWidth")


def test_tokens_become_elements_only_near_the_window_and_all_of_them_for_print(
    page: Page, history: NullHistory, tmp_path: Path
) -> None:
    name = talk(history, 60, 60)
    opened(page, history, name, tmp_path)
    count = "document.querySelectorAll('article .token').length"
    written = 60 * 60
    assert 0 < page.value(count) < written / 2
    assert page.printed().startswith(b"%PDF")
    assert page.value(count) == written


def test_a_screen_reader_is_told_what_is_what(page: Page, history: NullHistory, tmp_path: Path) -> None:
    use_language("pt-br")
    opened(page, history, talk(history, 1, 5), tmp_path)
    assert page.value("document.documentElement.lang") == "pt-BR"
    page.press("ArrowRight")
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    told = {(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes if "role" in node}
    roles = {role for role, _ in told}
    assert {"main", "complementary", "table", "columnheader", "rowheader", "button", "heading", "combobox"} <= roles
    assert ("main", "Conversa") in told
    assert ("group", "Resposta de pieces, com seus tokens") in told
    assert ("button", "Fechar") in told
    assert ("button", "Versão anterior") in told
    assert [name for role, name in told if role in ("button", "combobox", "main", "group") and not name] == []
    assert page.value("document.querySelector('#panel').getAttribute('aria-live')") == "polite"
