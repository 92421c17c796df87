"""The sampling bench on the running screen: keys, what they recompute, token by token, and the way out."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from textual.pilot import Pilot

from genchat.engine.contract import ReplySettings
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import SamplingSettings
from genchat.tui.app import GenchatApp
from genchat.tui.chat.bench import Bench
from genchat.tui.chat.dialogue import Turn
from genchat.tui.screens.sampling import SamplingScreen
from genchat.tui.screens.type_token import TypeScreen
from tests.fakes import HashModel
from tests.tui.support import GREEDY, Source, chat, dialog, make_app, say, script, store, text_of, until

SAMPLING = SamplingSettings(temperature=0.8, top_p=1.0, top_k=20, seed=4)
SIZE = (120, 40)


def hashed(settings: SamplingSettings = SAMPLING, tokens: int = 12, **more: object) -> GenchatApp:
    """An app with a model whose distributions are known, and open enough for every stage to matter."""
    source = Source({"script": lambda: LocalBackend(HashModel())})
    return make_app(source, settings=ReplySettings(settings, tokens), **more)  # type: ignore[arg-type]


async def on_bench(pilot: Pilot[int], at: int = 3) -> Bench:
    """Write a reply and open the bench on token `at` of it, with the model's answer there."""
    await say(pilot, "oi")
    await pilot.press("f4", "home", *["right"] * at, "f3")
    app = pilot.app
    assert isinstance(app, GenchatApp)
    bench = chat(app).bench
    await until(pilot, lambda: bench.is_open and not bench._asking)
    await pilot.pause()
    return bench


def reply_of(bench: Bench) -> Turn:
    assert bench._turn is not None
    return bench._turn


def own_distribution(app: GenchatApp, at: int) -> np.ndarray:
    """What the model itself says there, asked without the bench. float64 [vocabulary], probabilities."""
    screen = chat(app)
    reply = screen.session.dialogue.last_reply
    assert reply is not None
    backend = LocalBackend(HashModel())
    context = backend.prompt(screen.session.dialogue.messages_before(reply)).tokens
    tokens = [record.token for record in reply.records[:at]]
    return np.exp(backend.model.start([*context, *tokens]).log_probs().astype(np.float64))  # type: ignore[list-item]


async def test_without_an_open_token_the_key_opens_the_settings() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        await say(pilot, "oi")
        await pilot.press("f3")
        await dialog(pilot, SamplingScreen)
        assert not chat(app).bench.is_open


async def test_an_open_token_is_shown_with_every_stage_and_where_its_numbers_come_from() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        await on_bench(pilot)
        shown = text_of(app)
        for words in ("token 4 of 12", "the whole distribution: 259 tokens", "as in the reply", "0├", "┤1", "▲", "XTC"):
            assert words in shown
        record = reply_of(chat(app).bench).records[3]
        assert record.uniform is not None
        assert f"{record.uniform:.4f}" in shown


async def test_a_change_is_recomputed_from_the_whole_distribution_at_once() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        own = own_distribution(app, 3)
        await pilot.press(*["right"] * 8)  # T 1.6
        assert bench.settings.temperature == 1.6
        view = bench.view()
        assert view is not None
        assert view.waterfall is not None
        warmed = own ** (1 / 1.6)
        kept = np.argsort(-warmed, kind="stable")[:20]
        shares = warmed[kept] / warmed[kept].sum()
        assert view.waterfall.order.tolist() == kept.tolist()
        assert view.waterfall.shares.tolist() == pytest.approx(shares.tolist(), rel=1e-3)
        uniform = view.waterfall.draw.uniform
        assert uniform is not None
        assert view.waterfall.draw.token == kept[np.searchsorted(shares.cumsum(), uniform, side="right")]
        assert [row.raw for row in view.candidates[:3]] == pytest.approx(sorted(own, reverse=True)[:3], rel=1e-3)
        assert "1.6*" in text_of(app)


async def test_up_and_down_choose_a_stage_and_further_settings_appear_once_it_is_on() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        await pilot.press(*["up"] * 9)
        assert bench._chosen == "repetition_penalty"
        assert "repetition window" not in text_of(app)
        await pilot.press("right", "right", "down")
        assert bench._chosen == "repetition_window"
        assert "repetition window" in text_of(app)
        assert "scaled" in text_of(app)
        await pilot.press(*["down"] * 40)
        assert bench._chosen == "mirostat_tau"


async def test_keep_uses_the_settings_from_now_on_and_the_header_shows_them() -> None:
    app = hashed(replace(SAMPLING, seed=None))
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        await pilot.press("right", "right", "k")
        session = chat(app).session
        assert session.settings.sampling == replace(bench.settings, seed=None)
        assert "T 1  " in text_of(app) or "top-k 20" in text_of(app).split("\n")[0]
        assert "T 0.8" not in text_of(app).split("\n")[0]


async def test_reset_goes_back_to_the_settings_of_the_reply() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        await pilot.press("left", "left", "down", "down", "down", "left", "r")
        assert bench.settings == SAMPLING
        assert chat(app).session.settings.sampling == SAMPLING


async def test_escape_goes_back_to_the_token() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        await pilot.press("escape")
        assert not bench.is_open
        assert chat(app).transcript.has_focus
        await until(pilot, lambda: chat(app).panel.region and not bench.panel.display)
        await pilot.press("left")
        assert "token 3 of 12" in text_of(app)


async def test_a_token_picked_at_this_place_is_followed_by_these_settings() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        first, tried = reply_of(bench), 0.0
        await pilot.press("right", "e")
        await dialog(pilot, TypeScreen)
        tried = bench.settings.temperature
        await pilot.press("Z")
        await pilot.press("enter")
        await until(pilot, lambda: chat(app).session.live is None and len(first.siblings) == 2)
        second = first.siblings[1]
        assert [record.token for record in second.records[:3]] == [record.token for record in first.records[:3]]
        assert second.records[3].label == "Z"
        assert second.settings is not None
        assert second.settings.sampling.temperature == tried != SAMPLING.temperature


async def test_the_key_for_settings_shows_all_of_them_for_the_bench() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        await pilot.press("f3")
        await dialog(pilot, SamplingScreen)
        app.screen.query_one("#min_p").value = "0.2"  # type: ignore[attr-defined]
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is chat(app))
        assert bench.settings.min_p == 0.2
        assert chat(app).session.settings.sampling.min_p == 0


# -- token by token -------------------------------------------------------------------------------------------------


async def stepped(pilot: Pilot[int], bench: Bench, count: int) -> None:
    """Draw that many tokens, one by one."""
    for _ in range(count):
        turn = reply_of(bench)
        wanted = len(turn.records) + 1
        await until(pilot, lambda: not bench._asking and bench._source is not None)
        await pilot.press("space")
        await until(pilot, partial(_has_come, bench, wanted))


def _has_come(bench: Bench, count: int) -> bool:
    return len(reply_of(bench).records) == bench._index == count


async def test_space_writes_a_new_version_token_by_token_and_the_same_text_with_the_same_settings() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        first = reply_of(bench)
        await pilot.press("space")
        await until(pilot, lambda: bench._turn is not first)
        await until(pilot, lambda: not bench._asking)
        second = reply_of(bench)
        assert second.siblings == [first, second]
        await until(pilot, lambda: len(second.records) == 3 and not bench._asking)
        await pilot.pause(0.2)
        assert len(second.records) == 3
        assert "token 4, not written yet" in text_of(app)
        await stepped(pilot, bench, 3)
        await pilot.pause(0.2)
        assert [record.token for record in second.records] == [record.token for record in first.records[:6]]
        await pilot.press("escape")
        await until(pilot, lambda: chat(app).session.live is None)
        assert second.text == first.text


async def test_a_setting_changed_between_two_tokens_holds_from_the_next_one_on() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        first = reply_of(bench)
        await pilot.press("space")
        await until(pilot, lambda: bench._turn is not first and len(reply_of(bench).records) == 3)
        await stepped(pilot, bench, 2)
        await pilot.press(*["right"] * 20)
        view = bench.view()
        assert view is not None
        assert view.waterfall is not None
        foretold = view.waterfall.draw
        await stepped(pilot, bench, 1)
        record = reply_of(bench).records[5]
        assert (record.token, record.uniform) == (foretold.token, foretold.uniform)
        assert record.stages[0].setting == bench.settings.temperature
        await until(pilot, lambda: any("token 6" in note for note in reply_of(bench).notes))
        await pilot.press("escape")
        await until(pilot, lambda: chat(app).session.live is None)


async def test_space_halts_a_reply_that_is_being_written() -> None:
    app = make_app(Source({"script": script("abc " * 5000)}), settings=ReplySettings(GREEDY.sampling, 20_000))
    async with app.run_test(size=SIZE) as pilot:
        chat(app).session.pace = 100.0
        chat(app).prompt.write("oi")
        await pilot.press("enter")
        session = chat(app).session
        await until(pilot, lambda: session.live is not None and len(session.live.turn.records) > 3)
        await pilot.press("f4", "left", "f3", "space")
        bench = chat(app).bench
        live = session.live
        assert live is not None
        await until(pilot, lambda: live.stream.gate.holding)
        await pilot.pause(0.3)
        held = len(live.turn.records)
        await pilot.pause(0.3)
        assert len(live.turn.records) == held
        await stepped(pilot, bench, 2)
        assert len(live.turn.records) == held + 2
        await pilot.press("escape")
        await until(pilot, lambda: len(live.turn.records) > held + 10)
        await pilot.press("escape")
        await until(pilot, lambda: session.live is None)


# -- what is not all there ------------------------------------------------------------------------------------------


async def test_a_reply_whose_model_is_not_open_is_computed_from_what_was_kept(tmp_path: Path) -> None:
    with store(tmp_path) as history:
        app = hashed(history=history)
        async with app.run_test(size=SIZE) as pilot:
            await say(pilot, "oi")
            stored = chat(app).session.stored_id
        again = make_app(Source({"other": script("x", "other")}), history=history, model="other", conversation=stored)
        async with again.run_test(size=SIZE) as pilot:
            await until(pilot, lambda: chat(again).session.dialogue.path)
            await pilot.press("f4", "home", "right", "right", "f3")
            await until(pilot, lambda: chat(again).bench.is_open)
            assert "kept with the reply" in text_of(again)
            record = reply_of(chat(again).bench).records[2]
            view = chat(again).bench.view()
            assert view is not None
            assert view.waterfall is not None
            assert view.waterfall.draw.uniform == pytest.approx(_uniform(2))
            before = view.waterfall.draw.distribution().entropy
            await pilot.press(*["right"] * 5)
            warmer = chat(again).bench.view()
            assert warmer is not None
            assert warmer.waterfall is not None
            assert warmer.waterfall.draw.distribution().entropy > before
            assert record.row_count > 0


def with_regex(settings: SamplingSettings, regex: str) -> SamplingSettings:
    values: dict[str, Any] = {"regex": regex}
    return replace(settings, **values)


def _uniform(position: int) -> float:
    from genchat.engine.sampling.random_numbers import random_number

    return random_number(4, position, "draw")


async def test_an_impossible_grammar_is_named_and_the_other_keys_go_on() -> None:
    pytest.importorskip("llguidance")
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        bench._try(with_regex(bench.settings, "(a"))
        await pilot.pause()
        assert "regular expression cannot be used" in text_of(app)
        bench._try(with_regex(bench.settings, "[0-9]"))
        await pilot.pause()
        view = bench.view()
        assert view is not None
        assert view.waterfall is not None
        step = view.waterfall.step("grammar")
        assert step is not None
        assert set(view.waterfall.order.tolist()) == set(range(ord("0"), ord("9") + 1))
        assert step.cut == view.waterfall.count - 10
        row = next(line for line in text_of(app).split("\n") if "  grammar  " in line)
        assert row.split()[-5:-2] == ["grammar", "on*", f"−{step.cut}"]
        await pilot.press("r")
        assert bench.settings == SAMPLING


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_on_a_narrow_screen_it_is_two_lines(size: tuple[int, int]) -> None:
    app = hashed()
    async with app.run_test(size=size) as pilot:
        bench = await on_bench(pilot)
        assert bench.strip.has_focus
        lines = [line for line in text_of(app).split("\n") if "0├" in line or line.startswith(" › T")]
        assert len(lines) == 2
        assert "▲" in lines[1]
        await pilot.press("right", "down")
        assert bench.settings.temperature == 0.9
        assert "oi" in text_of(app)


async def test_growing_and_shrinking_keeps_the_keys_on_the_bench() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: bench.strip.has_focus)
        await pilot.resize_terminal(140, 40)
        await until(pilot, lambda: bench.panel.has_focus)


async def test_another_conversation_closes_it() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: not bench.is_open)
        assert chat(app).prompt.has_focus


@pytest.mark.parametrize("stage", [{"mirostat_tau": 2.0}, {"regex": "([0-9][A-Z])+"}])
async def test_a_stage_that_remembers_is_foretold_also_where_it_was_switched_on_in_between(
    stage: dict[str, Any],
) -> None:
    pytest.importorskip("llguidance")
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot, 0)
        await pilot.press("space")
        await until(pilot, lambda: reply_of(bench).records == [])
        await stepped(pilot, bench, 2)
        bench._try(replace(bench.settings, **stage))
        for number in range(2, 7):
            await until(pilot, lambda: not bench._asking and bench._source is not None)
            view = bench.view()
            assert view is not None
            assert view.waterfall is not None
            await stepped(pilot, bench, 1)
            record = reply_of(bench).records[number]
            assert record.token == view.waterfall.draw.token
            assert record.stages == view.waterfall.draw.stages
        await pilot.press("escape")
        await until(pilot, lambda: chat(app).session.live is None)


async def test_the_key_after_the_last_token_does_not_begin_a_new_version_unasked() -> None:
    app = make_app(Source({"script": script("ab")}))
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot, 1)
        first = reply_of(bench)
        await pilot.press("space")
        await until(pilot, lambda: bench._turn is not first and len(reply_of(bench).records) == 1)
        await stepped(pilot, bench, 1)
        await until(pilot, lambda: not bench._asking and bench._source is not None)
        await pilot.press("space")  # the end marker
        await until(pilot, lambda: chat(app).session.live is None)
        second = reply_of(bench)
        assert second.text == "ab"
        await pilot.press("space")
        await pilot.pause(0.1)
        assert reply_of(bench) is second
        await pilot.press("space")
        await until(pilot, lambda: bench._turn is not second)
        assert len(second.siblings) == 3
        await pilot.press("escape")
        await until(pilot, lambda: chat(app).session.live is None)


async def test_a_message_sent_while_it_is_open_closes_it_and_leaves_the_prompt_its_keys() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        chat(app).prompt.focus()
        await say(pilot, "again")
        assert not bench.is_open
        assert chat(app).prompt.has_focus


async def test_tab_and_the_key_come_back_to_it() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        await pilot.press("shift+tab")
        assert chat(app).transcript.has_focus
        await pilot.press("tab")
        assert bench.panel.has_focus
        await pilot.press("shift+tab", "f3")
        assert bench.panel.has_focus
        assert app.screen is chat(app)


async def test_a_click_on_another_token_moves_it_there() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        bench = await on_bench(pilot)
        chat(app).transcript.select(reply_of(bench), 7)
        await until(pilot, lambda: bench._index == 7 and not bench._asking)
        assert "token 8 of 12" in text_of(app)


async def test_help_explains_the_bench_and_lists_its_keys_first() -> None:
    app = hashed()
    async with app.run_test(size=SIZE) as pilot:
        await on_bench(pilot)
        await pilot.press("f1")
        await until(pilot, lambda: "On the bench" in text_of(app))
        shown = text_of(app)
        assert "The bench (F3 with a token open)" in shown
        assert shown.index("On the bench") < shown.index("Everywhere")
