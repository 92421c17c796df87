"""What a conversation hears from Gemini: steps, notices, and one finish that says how it ended."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from genchat.engine.contract import Event, Finish, LateSteps, Notice, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.distribution import NoDistribution, TopKDistribution
from genchat.engine.gemini.backend import GeminiBackend
from genchat.engine.gemini.connection import Connection
from genchat.engine.gemini.errors import GeminiError
from genchat.engine.language import say, use_language
from genchat.engine.sampling import SamplingSettings
from tests.gemini_server import GeminiServer
from tests.gemini_server.answers import PIECES, TEXT, TOKEN_TEXT, TOKENS, TOP
from tests.gemini_server.shapes import VERSION

Connect = Callable[..., Connection]
TALK = (Message(Role.USER, "oi"),)


@dataclass
class CollectedReply:
    """The events of a reply by kind, and the error it ended with."""

    events: list[Event] = field(default_factory=list)
    error: GeminiError | None = None

    @property
    def steps(self) -> list[Step]:
        """As they stand at the end."""
        late = [list(event.steps) for event in self.events if isinstance(event, LateSteps)]
        return late[-1] if late else self.streamed

    @property
    def streamed(self) -> list[Step]:
        """As they came."""
        return [event for event in self.events if isinstance(event, Step)]

    @property
    def text(self) -> str:
        return "".join(step.text for step in self.steps)

    @property
    def notices(self) -> list[str]:
        """Without those that are told once, or of every loopback server."""
        keys = [event.key for event in self.events if isinstance(event, Notice)]
        return [key for key in keys if key not in ("gemini.other_address", "gemini.asked_twice")]

    @property
    def finish(self) -> Finish:
        last = self.events[-1]
        assert isinstance(last, Finish)
        return last

    def notice_text(self, key: str) -> str:
        notice = next(event for event in self.events if isinstance(event, Notice) and event.key == key)
        return say(notice.key, **dict(notice.values))


def collect(events: Iterator[Event]) -> CollectedReply:
    collected = CollectedReply()
    try:
        collected.events.extend(events)
    except GeminiError as error:
        collected.error = error
    return collected


Open = Callable[..., GeminiBackend]


@pytest.fixture
def backend_of(connect: Connect, tmp_path: Path) -> Open:
    def make(model: str, *, probabilities: bool = False, notified: bool = True, **options: object) -> GeminiBackend:
        folder = tmp_path / "config"
        if notified:
            folder.mkdir(exist_ok=True)
            (folder / "told.json").write_text('{"gemini.leaves_the_machine": "before"}')
        return GeminiBackend(connect(**options), model, told_folder=folder, probabilities=probabilities)

    return make


def reply(
    backend: GeminiBackend, messages: Sequence[Message] = TALK, settings: ReplySettings | None = None
) -> CollectedReply:
    return collect(backend.reply(messages, settings or ReplySettings()))


class TestText:
    def test_a_reply_streams_as_steps_without_probabilities(self, backend_of: Open) -> None:
        collected = reply(backend_of("gemini-flash-latest"))
        assert [step.text for step in collected.steps] == list(PIECES)
        assert [step.position for step in collected.steps] == [0, 1, 2]
        assert all(step.token is None and step.log_prob is None for step in collected.steps)
        assert all(step.raw == NoDistribution("gemini.probabilities_off") for step in collected.steps)
        assert collected.finish == Finish("end", 5, VERSION)

    def test_a_free_text_is_gone_on_with(self, backend_of: Open, server: GeminiServer) -> None:
        collected = collect(backend_of("gemini-flash-latest").complete("Era uma vez", ReplySettings()))
        assert collected.text == TEXT
        assert "only the continuation" in server.requests[-1].body["systemInstruction"]["parts"][0]["text"]

    def test_a_conversation_goes_as_turns_and_instructions_apart(self, backend_of: Open, server: GeminiServer) -> None:
        messages = (
            Message(Role.SYSTEM, "seja breve"),
            Message(Role.ASSISTANT, "uma saudação de antes"),
            Message(Role.USER, "oi"),
            Message(Role.ASSISTANT, ""),
            Message(Role.USER, "está aí?"),
            Message(Role.ASSISTANT, "sim"),
            Message(Role.USER, "ótimo"),
        )
        reply(backend_of("gemini-flash-latest"), messages)
        body = server.requests[-1].body
        assert body["systemInstruction"]["parts"] == [{"text": "seja breve"}]
        assert [(turn["role"], turn["parts"][0]["text"]) for turn in body["contents"]] == [
            ("user", "oi\n\nestá aí?"),
            ("model", "sim"),
            ("user", "ótimo"),
        ]

    def test_nothing_asked_sends_nothing(self, backend_of: Open, server: GeminiServer) -> None:
        backend = backend_of("gemini-flash-latest")
        for collected in (reply(backend, ()), collect(backend.complete("  ", ReplySettings()))):
            assert collected.notices == ["gemini.nothing_asked"]
            assert collected.finish.reason == "end"
        assert server.requests == []

    def test_escape_codes_come_through_whole_for_the_screen_to_disarm(self, backend_of: Open) -> None:
        assert "\x1b]52" in reply(backend_of("hostile")).text

    def test_broken_input_does_not_break_the_request(self, backend_of: Open, server: GeminiServer) -> None:
        collected = reply(backend_of("gemini-flash-latest"), [Message(Role.USER, "ol\udce1 \x00 \U0001f600")])
        assert collected.text == TEXT
        assert server.requests[-1].body["contents"][0]["parts"][0]["text"] == "ol? \x00 \U0001f600"

    def test_tokens_are_counted_by_the_service(self, backend_of: Open) -> None:
        assert backend_of("gemini-flash-latest").count_tokens([Message(Role.USER, "um dois três")]) == 3


class TestSettings:
    def test_the_sampling_numbers_are_sent(self, backend_of: Open, server: GeminiServer) -> None:
        sampling = SamplingSettings(temperature=0.5, top_k=40, top_p=0.75, seed=2**32 - 1)
        reply(backend_of("gemini-flash-latest"), settings=ReplySettings(sampling))
        sent = server.requests[-1].generation
        assert (sent["temperature"], sent["topK"], sent["topP"]) == (0.5, 40, 0.75)
        assert 0 <= sent["seed"] < 2**31
        assert "maxOutputTokens" not in sent

    def test_penalties_the_service_has_too_are_sent_only_when_wanted(
        self, backend_of: Open, server: GeminiServer
    ) -> None:
        sampling = SamplingSettings(frequency_penalty=2, presence_penalty=-0.5)
        collected = reply(backend_of("gemini-flash-latest"), settings=ReplySettings(sampling))
        sent = server.requests[-1].generation
        assert (sent["frequencyPenalty"], sent["presencePenalty"]) == (1.99, -0.5)
        assert "frequency penalty" in collected.notice_text("gemini.number_capped")
        reply(backend_of("gemini-flash-latest"), settings=ReplySettings(SamplingSettings()))
        sent = server.requests[-1].generation
        assert sent.keys() & {"frequencyPenalty", "presencePenalty", "topK"} == set()
        assert (sent["temperature"], sent["topP"]) == (0.5, 0.9)

    def test_a_length_asked_for_leaves_room_for_thinking_and_is_kept_here(
        self, backend_of: Open, server: GeminiServer
    ) -> None:
        collected = reply(backend_of("gemini-flash-latest"), settings=ReplySettings(max_tokens=2))
        assert server.requests[-1].generation["maxOutputTokens"] >= 8192
        assert [step.text for step in collected.steps] == list(PIECES[:2])
        assert collected.finish.reason == "length"

    def test_settings_the_service_does_not_know_are_named(self, backend_of: Open) -> None:
        sampling = SamplingSettings(temperature=3.0, min_p=0.1, repetition_penalty=1.2)
        collected = reply(backend_of("gemini-flash-latest"), settings=ReplySettings(sampling))
        assert "min-p, repetition penalty" in collected.notice_text("gemini.settings_unheeded")
        assert "up to 2; 3 was lowered" in collected.notice_text("gemini.number_capped")


class TestProbabilities:
    def test_every_token_has_its_likeliest_neighbours(self, backend_of: Open, server: GeminiServer) -> None:
        backend = backend_of("with-logprobs", probabilities=True)
        collected = reply(backend)
        assert server.verbs == ["streamGenerateContent", "generateContent"]
        assert collected.text == TOKEN_TEXT
        assert "".join(step.text for step in collected.streamed) == TOKEN_TEXT
        assert all(step.raw == NoDistribution("gemini.probabilities_coming") for step in collected.streamed)
        assert [(step.token, step.log_prob) for step in collected.steps] == [
            (token, value) for _, token, value in TOKENS
        ]
        for step, top in zip(collected.steps, TOP, strict=True):
            assert isinstance(step.raw, TopKDistribution)
            assert [(row.token, row.log_prob, row.rank) for row in step.raw.top(9)] == [
                (token, value, rank) for rank, (_, token, value) in enumerate(top, 1)
            ]
            assert step.drawn_from == NoDistribution("gemini.draw_not_told")
        assert collected.steps[2].raw.rank(103) is None
        tokenizer = backend.tokenizer
        assert tokenizer is not None
        assert tokenizer.token_bytes(201).decode() == "Boa"
        assert backend.capabilities.distribution == "top-k"

    def test_a_model_that_refuses_is_asked_once_and_then_streams(self, backend_of: Open, server: GeminiServer) -> None:
        backend = backend_of("gemini-flash-latest", probabilities=True)
        first, second = reply(backend), reply(backend)
        assert server.verbs == ["streamGenerateContent", "generateContent", "streamGenerateContent"]
        assert "Logprobs is not enabled" in first.notice_text("gemini.refused_probabilities")
        assert second.notices == []
        assert first.text == second.text == TEXT
        assert all(step.raw == NoDistribution("gemini.no_probabilities") for step in first.steps)
        assert backend.capabilities.distribution == "none"

    @pytest.mark.parametrize(
        ("model", "text", "reason"),
        [
            ("logprobs-forgotten", TEXT, "gemini.probabilities_missing"),
            ("logprobs-of-another-answer", "Outra coisa", "gemini.another_text"),
            ("logprobs-of-another-text", "Outra coisa", "gemini.tokens_do_not_spell"),
        ],
    )
    def test_probabilities_that_do_not_belong_are_not_shown(
        self, backend_of: Open, model: str, text: str, reason: str
    ) -> None:
        collected = reply(backend_of(model, probabilities=True))
        assert collected.text == text
        assert {step.raw for step in collected.steps} == {NoDistribution(reason)}
        assert "".join(step.text for step in collected.steps) == text

    def test_where_the_second_answer_ends_differently_the_tokens_they_share_are_shown(self, backend_of: Open) -> None:
        collected = reply(backend_of("logprobs-of-another-ending", probabilities=True))
        assert collected.text == TEXT
        assert [step.text for step in collected.steps] == ["Bom", " dia", "!", " Como posso ajudar?"]
        assert [step.log_prob for step in collected.steps] == [-0.25, -0.5, -2.75, None]
        assert "gemini.another_ending" in collected.notices

    def test_a_failure_of_the_second_request_leaves_the_text_whole(
        self, backend_of: Open, server: GeminiServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        backend = backend_of("with-logprobs", probabilities=True)
        client = backend._connection.client()

        def fail(request: object) -> None:
            raise GeminiError("quota", variant="quota")

        monkeypatch.setattr(client, "generate", fail)
        collected = reply(backend)
        assert collected.text == TOKEN_TEXT
        assert collected.finish.reason == "end"
        assert "gemini.probabilities_failed" in collected.notices

    def test_that_a_message_is_sent_twice_is_told_once(self, backend_of: Open) -> None:
        backend = backend_of("with-logprobs", probabilities=True)
        told = [
            [
                event
                for event in reply(backend).events
                if isinstance(event, Notice) and event.key == "gemini.asked_twice"
            ]
            for _ in range(2)
        ]
        assert list(map(len, told)) == [1, 0]

    def test_an_end_token_writes_nothing(self, backend_of: Open) -> None:
        collected = reply(backend_of("logprobs-with-end-token", probabilities=True))
        assert collected.text == TOKEN_TEXT
        assert collected.steps[-1].special

    def test_tokens_without_ids_get_some(self, backend_of: Open) -> None:
        backend = backend_of("logprobs-without-ids", probabilities=True)
        collected = reply(backend)
        assert backend.tokenizer is not None
        assert (
            backend.tokenizer.decode([step.token for step in collected.steps if step.token is not None]) == TOKEN_TEXT
        )
        assert collected.steps[0].raw == NoDistribution("gemini.no_candidates")


class TestEndings:
    @pytest.mark.parametrize("probabilities", [True, False])
    @pytest.mark.parametrize(
        ("model", "text", "finish", "notice"),
        [
            ("safety", "Bom dia", "blocked", "gemini.answer_blocked"),
            ("recitation", "Era uma vez", "blocked", "gemini.answer_blocked"),
            ("blocked-prompt", "", "blocked", "gemini.question_blocked"),
            ("blocked-prompt-new", "", "blocked", "gemini.question_blocked"),
            ("max-tokens", "Bom dia", "length", None),
            ("thinking-starved", "", "length", "gemini.only_thoughts"),
            ("no-room", "", "length", "gemini.no_room"),
            ("new-finish", "Bom dia", "end", "gemini.ended_otherwise"),
            ("empty", "", "end", "gemini.empty_answer"),
        ],
    )
    def test_each_ending_is_told_apart(
        self, backend_of: Open, model: str, text: str, finish: str, notice: str | None, probabilities: bool
    ) -> None:
        collected = reply(backend_of(model, probabilities=probabilities))
        assert collected.error is None
        assert (collected.text, collected.finish.reason) == (text, finish)
        keys = [key for key in collected.notices if key != "gemini.refused_probabilities"]
        assert keys == ([notice] if notice else [])

    def test_the_words_of_the_service_are_in_the_notice(self, backend_of: Open) -> None:
        assert "BORED_TO_TEARS" in reply(backend_of("new-finish")).notice_text("gemini.ended_otherwise")
        assert "TOO_SILLY" in reply(backend_of("blocked-prompt-new")).notice_text("gemini.question_blocked")
        assert "2,999" in reply(backend_of("thinking-starved")).notice_text("gemini.only_thoughts")

    @pytest.mark.parametrize("model", ["cut", "mid-error", "no-finish"])
    def test_a_reply_that_breaks_off_keeps_its_text_and_says_so(self, backend_of: Open, model: str) -> None:
        collected = reply(backend_of(model))
        assert collected.error is None
        assert collected.text.startswith("Bom dia")
        assert collected.finish.reason == "cut"
        assert collected.finish.detail
        assert collected.notices == ["gemini.cut_short"]

    def test_a_break_after_the_end_is_no_matter(self, backend_of: Open) -> None:
        collected = reply(backend_of("cut-after-the-end"))
        assert (collected.text, collected.finish.reason, collected.notices) == (TEXT, "end", [])

    def test_an_error_before_any_text_is_raised_alone(self, backend_of: Open) -> None:
        collected = reply(backend_of("err-429"))
        assert (collected.steps, collected.notices) == ([], [])
        assert collected.error is not None
        assert collected.error.retry_after == 33.4
        assert collected.error.__context__ is None

    def test_a_model_that_is_gone_brings_names_of_others(self, backend_of: Open) -> None:
        error = reply(backend_of("err-404")).error
        assert error is not None
        assert error.kind == "no_model"
        assert "gemini-flash-latest" in str(error)
        assert "gemini-embedding-001" not in str(error)


class TestStopping:
    def test_a_stop_is_seen_while_the_service_is_silent(self, backend_of: Open) -> None:
        stop = threading.Event()
        collected = CollectedReply()
        for event in backend_of("gated").reply(TALK, ReplySettings(), stop.is_set):
            collected.events.append(event)
            if isinstance(event, Step):
                stop.set()
        assert collected.text == PIECES[0]
        assert collected.finish.reason == "stopped"

    @pytest.mark.parametrize("probabilities", [True, False])
    def test_a_stop_is_seen_before_the_first_word(
        self, backend_of: Open, server: GeminiServer, probabilities: bool
    ) -> None:
        """Thinking models are silent for long."""
        collected = collect(
            backend_of("slow", probabilities=probabilities).reply(
                TALK, ReplySettings(), lambda: "streamGenerateContent" in server.verbs
            )
        )
        assert collected.steps == []
        assert collected.finish.reason == "stopped"

    def test_leaving_a_reply_harms_nothing(self, backend_of: Open) -> None:
        backend = backend_of("gemini-flash-latest")
        replying = backend.reply(TALK, ReplySettings())
        next(replying)
        replying.close()  # type: ignore[attr-defined]
        assert reply(backend).text == TEXT


class TestNotices:
    def test_the_first_use_says_once_what_leaves_the_machine(self, backend_of: Open) -> None:
        first = reply(backend_of("gemini-flash-latest", notified=False))
        assert first.notices[0] == "gemini.leaves_the_machine"
        assert isinstance(first.events[0], Notice)
        again = reply(backend_of("gemini-flash-latest", notified=False))
        assert again.notices == []

    def test_another_address_is_shown_once(self, backend_of: Open, server: GeminiServer) -> None:
        backend = backend_of("gemini-flash-latest")
        assert server.url in reply(backend).notice_text("gemini.other_address")
        assert not any(isinstance(event, Notice) for event in reply(backend).events)
        assert backend.info.description == server.url.removeprefix("http://")

    @pytest.mark.parametrize("language", ["en", "pt-br"])
    @pytest.mark.parametrize(
        "model", ["err-400-key", "err-403-leaked", "err-404", "err-429", "err-503", "html-403", "err-400"]
    )
    def test_every_error_has_a_sentence_of_its_own(self, backend_of: Open, model: str, language: str) -> None:
        use_language(language)
        error = reply(backend_of(model)).error
        assert error is not None
        others = {say(f"error.gemini_{kind}") for kind in ("no_key", "server", "cut", "request")}
        assert str(error) not in others
        assert "{" not in str(error)
