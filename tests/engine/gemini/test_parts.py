"""The small parts: errors from bodies, tokens along a text, the iterator in a thread, what is told once."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.errors import ExitCode
from genchat.engine.gemini.attempts import RETRY_SECONDS, attempt, twice
from genchat.engine.gemini.background_iterator import Stopped, in_background
from genchat.engine.gemini.client import DecodingStep, TokenChoice
from genchat.engine.gemini.errors import ErrorReader, GeminiError
from genchat.engine.gemini.first_use import tell_once
from genchat.engine.gemini.seen_tokens import SeenTokens, aligned, as_step
from genchat.engine.redaction import MARK

READER = ErrorReader("secret-key-0123456789", "GEMINI_API_KEY", "example.com")


class TestErrors:
    @pytest.mark.parametrize(
        "words",
        [
            "Logprobs is not enabled for models/gemini-2.5-flash",
            "Logprobs is not supported for this model",
            "Logprobs is not supported for the current model",
        ],
    )
    def test_all_sentences_about_logprobs_are_understood(self, words: str) -> None:
        assert READER.refused(400, words, [], "m").kind == "no_logprobs"

    def test_exit_codes_tell_scripts_what_to_do(self) -> None:
        codes = {
            kind: GeminiError(kind).exit_code
            for kind in ("no_key", "bad_key", "quota", "server", "timeout", "offline", "request")
        }
        assert codes == {
            "no_key": ExitCode.USAGE,
            "bad_key": ExitCode.USAGE,
            "quota": ExitCode.UNREACHABLE,
            "server": ExitCode.UNREACHABLE,
            "timeout": ExitCode.TIMEOUT,
            "offline": ExitCode.UNREACHABLE,
            "request": ExitCode.FAILED,
        }

    @settings(deadline=None, max_examples=60)
    @given(
        st.integers(400, 599),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=9),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["error", "message", "details", "violations", "reason", "retryDelay"]), inner
                )
            ),
            max_leaves=8,
        ),
    )
    def test_no_body_is_too_strange(self, code: int, body: object) -> None:
        assert str(READER.answered(code, body, "m"))

    def test_messages_are_short_safe_and_without_keys(self) -> None:
        error = READER.refused(400, f"bad\x1b[2J {'x' * 999} AQ.{'k' * 40} secret-key-0123456789", [], "m")
        assert "\x1b" not in str(error)
        assert len(str(error)) < 400
        assert MARK in READER.refused(400, "key AQ." + "k" * 40, [], "m").values["reason"]  # type: ignore[operator]

    def test_a_second_try_waits_a_little_and_there_is_no_third(self) -> None:
        waits: list[float] = []
        calls: list[int] = []

        def work() -> None:
            calls.append(1)
            raise GeminiError("server", code=503, reason="", temporary=True)

        with pytest.raises(GeminiError):
            twice(work, READER.raised, waits.append)
        assert (len(calls), waits) == (2, [RETRY_SECONDS])

    def test_what_went_wrong_inside_does_not_hang_on(self) -> None:
        def work() -> None:
            try:
                raise KeyError("inner")
            except KeyError:
                raise OSError("outer") from None

        with pytest.raises(GeminiError) as caught:
            attempt(work, READER.raised)
        assert caught.value.__context__ is None


def steps_of(*texts: str) -> list[DecodingStep]:
    return [DecodingStep(TokenChoice(text, index, -1.0), ()) for index, text in enumerate(texts)]


class TestTokens:
    @settings(deadline=None, max_examples=80)
    @given(st.lists(st.text(max_size=4), max_size=8), st.text(max_size=3))
    def test_tokens_that_spell_the_text_cut_it_without_loss(self, texts: list[str], rest: str) -> None:
        whole = "".join(texts) + rest
        pieces = aligned(whole, steps_of(*texts))
        assert pieces is not None
        assert "".join(piece.text for piece in pieces) == whole

    @pytest.mark.parametrize(("text", "tokens"), [("abc", ["a", "x"]), ("", []), ("abc", ["b"])])
    def test_others_are_seen_not_to(self, text: str, tokens: list[str]) -> None:
        assert aligned(text, steps_of(*tokens)) == (None if tokens else [])

    def test_one_id_never_means_two_tokens(self) -> None:
        tokens = SeenTokens("m")
        first, second = tokens.learn(TokenChoice("a", 0, -1)), tokens.learn(TokenChoice("b", 0, -1))
        assert first == 0
        assert second not in (first, 0)
        assert tokens.learn(TokenChoice("b", 0, -1)) == second
        assert tokens.decode([first, second]) == "ab"
        assert tokens.learn(TokenChoice("c", -5, -1)) >= 0

    def test_a_text_after_the_last_token_is_a_step_without_one(self) -> None:
        tokens = SeenTokens("m")
        pieces = aligned("ab", steps_of("a"))
        assert pieces is not None
        step = as_step(1, pieces[1], tokens)
        assert (step.token, step.text, step.raw.kind) == (None, "b", "none")


class TestPump:
    def test_items_and_failures_come_through(self) -> None:
        def source() -> Iterator[int]:
            yield 1
            yield 2
            raise GeminiError("cut")

        assert list(in_background(lambda: iter([1, 2, 3]), lambda: False)) == [1, 2, 3]
        arrived: list[int] = []
        with pytest.raises(GeminiError):
            arrived.extend(in_background(source, lambda: False))

    def test_a_source_that_never_speaks_can_be_left(self) -> None:
        release = threading.Event()
        wishes = iter([False, False, True])

        def source() -> Iterator[int]:
            release.wait()
            yield 1

        with pytest.raises(Stopped):
            list(in_background(source, lambda: next(wishes)))
        release.set()

    def test_a_source_left_behind_is_closed(self) -> None:
        closed, release = threading.Event(), threading.Event()

        def source() -> Iterator[int]:
            try:
                yield 1
                release.wait()
                yield 2
                yield 3
            finally:
                closed.set()

        running = in_background(source, lambda: False)
        assert next(running) == 1
        running.close()  # type: ignore[attr-defined]
        release.set()
        assert closed.wait(timeout=60)


class TestFirstUse:
    def test_each_matter_is_told_once(self, tmp_path: Path) -> None:
        answers = [tell_once(tmp_path / "config", matter) for matter in ("a", "a", "b", "a")]
        assert answers == [True, False, True, False]

    def test_what_cannot_be_remembered_is_told_again(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        assert tell_once(tmp_path / "file" / "config", "a")
        assert tell_once(tmp_path / "file" / "config", "a")

    def test_a_damaged_memory_is_begun_anew(self, tmp_path: Path) -> None:
        (tmp_path / "told.json").write_text("[1")
        assert [tell_once(tmp_path, "a"), tell_once(tmp_path, "a")] == [True, False]
