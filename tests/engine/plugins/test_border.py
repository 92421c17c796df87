"""What passes the border, as what, and what does not."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from genchat.engine.contract import (
    BatchScorer,
    Capabilities,
    Event,
    Finish,
    ModelInfo,
    Notice,
    Passage,
    Passages,
    ReplySettings,
    Step,
    StopSignal,
)
from genchat.engine.conversation import Message, Role
from genchat.engine.decoding import score
from genchat.engine.distribution import FloatArray, exact, top_k, unknown
from genchat.engine.errors import GenchatError, PluginError, RemoteError, UsageError
from genchat.engine.evidence import GptEvidence, LensRow, LstmEvidence, MixtureEvidence, NoEvidence
from genchat.engine.forking import Beginning, Pasts
from genchat.engine.language import use_language
from genchat.engine.local_backend import LocalBackend
from genchat.engine.plugins.events import EventChecker
from genchat.engine.plugins.evidence import EvidenceChecker
from genchat.engine.plugins.guard import Guard, reason_of
from genchat.engine.plugins.opening import behind_the_border
from genchat.engine.registry import language_model
from genchat.engine.sampling import SamplingSettings
from genchat.testing import BackendContract, LanguageModelContract
from tests.fakes import ByteTokenizer, HashModel, ScriptModel

NOTHING = unknown("none")
SIZE = ByteTokenizer.vocabulary_size
HALF = np.log(np.full(SIZE, 1 / SIZE, dtype=np.float32))
TALK = (Message(Role.USER, "hi"),)


class TestAModelBehindTheBorder(LanguageModelContract):
    @pytest.fixture
    def model(self) -> Any:
        return behind_the_border(HashModel(), "hash").model  # type: ignore[attr-defined]


class TestABackendBehindTheBorder(BackendContract):
    @pytest.fixture(params=[HashModel, lambda: LocalBackend(HashModel()), lambda: Events(*SAID)])
    def backend(self, request: pytest.FixtureRequest) -> Any:
        return behind_the_border(request.param(), "hash")


class Events:
    """A backend of its own that yields what it is told to."""

    info = ModelInfo("events", "events", 0, None, 0, "")
    capabilities = Capabilities("none", can_explain=False)
    tokenizer = None

    def __init__(self, *events: Any) -> None:
        self.events = events
        self.closed = False

    def reply(
        self, messages: Sequence[Message], settings: ReplySettings, should_stop: StopSignal | None = None
    ) -> Iterator[Event]:
        try:
            for event in self.events:
                if isinstance(event, Step):
                    if should_stop is not None and should_stop():
                        yield Finish("stopped")
                        return
                    if event.position >= settings.max_tokens:
                        break
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            self.closed = True

    def complete(self, text: str, settings: ReplySettings, should_stop: StopSignal | None = None) -> Iterator[Event]:
        return self.reply((), settings, should_stop)

    def explain(self, messages: Sequence[Message] | str, reply_tokens: Sequence[int]) -> Any:
        return None


def step(**values: Any) -> Step:
    known: dict[str, Any] = {"position": 0, "token": None, "text": "x", "log_prob": None}
    return Step(**(known | {"raw": NOTHING, "drawn_from": NOTHING} | values))


SAID: tuple[Event, ...] = (step(), step(position=1), step(position=2), Finish("end"))


def refusal(event: Any, tokenizer: Any = None) -> str:
    with pytest.raises(PluginError) as caught:
        EventChecker("mine", tokenizer).event(event)
    assert '"mine"' in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("text", "str"),
        (None, "NoneType"),
        (step, "function"),
        (step(position=-1), "Step.position is -1; it must be int ≥ 0"),
        (step(position="0"), "Step.position is '0'"),
        (step(token=True), "Step.token is True"),
        (step(token=SIZE), f"0 ≤ int ≤ {SIZE - 1}"),
        (step(token=1.0), "Step.token is 1.0"),
        (step(text=b"x"), "Step.text is b'x'"),
        (step(text="a\ud800"), "lone surrogate"),
        (step(log_prob=float("nan")), "Step.log_prob is nan"),
        (step(log_prob=0.5), "Step.log_prob is 0.5"),
        (step(log_prob="-1"), "Step.log_prob is '-1'"),
        (step(special="yes"), "Step.special is 'yes'"),
        (step(draw="greedy"), "Step.draw is 'greedy'; it must be Draw"),
        (step(drawn_from=None), "Step.drawn_from is None"),
        (step(raw=[0.5, 0.5]), "Step.raw is [0.5, 0.5]"),
        (step(raw=exact([0.0])), "Step.raw is [0.0]; it must be float32"),  # type: ignore[arg-type]
        (step(raw=exact(HALF[:5])), f"it must be float32 [{SIZE}]"),
        (step(raw=exact(np.zeros(SIZE, dtype=np.float32))), f"sum to {SIZE}, not to 1"),
        (step(raw=exact(np.full(SIZE, np.nan, dtype=np.float32))), "sum to nan"),
        (step(raw=top_k([(1, float("nan"))])), "Step.raw: log_prob is nan"),
        (step(raw=top_k([(SIZE, -0.1)])), "Step.raw: token"),
        (step(raw=unknown(3)), "Step.raw.reason is 3"),  # type: ignore[arg-type]
        (Notice(3), "Notice.key is 3"),  # type: ignore[arg-type]
        (Notice("a", {"x": "\ud800"}), "Notice.values"),
        (Notice("a", ["x"]), "Notice.values is ['x']"),  # type: ignore[arg-type]
        (Finish("done"), "Finish.reason is 'done'"),  # type: ignore[arg-type]
        (Finish("end", -1), "Finish.prompt_tokens is -1"),
        (Passages("abc", "r"), "Passages.items is 'abc'"),  # type: ignore[arg-type]
        (Passages((), "r", "abc"), "Passages.missing is 'abc'"),  # type: ignore[arg-type]
        (Passages((Passage(1, "s", "l", "text", 0.5, (2, 9)),), "r"), "Passage.highlight is 9"),
        (Passages((Passage(1, "s", "l", "text", 0.5, parts={"bm25": "x"}),), "r"), "Passage.parts is 'x'"),  # type: ignore[dict-item]
    ],
)
def test_what_cannot_be_is_named_with_what_is_wanted(event: Any, said: str) -> None:
    assert said in refusal(event, ByteTokenizer())


def test_sound_events_pass_and_numpy_numbers_become_pythons() -> None:
    check = EventChecker("mine", ByteTokenizer())
    for event in [*SAID, Notice("own words"), Passages((Passage(1, "s", "l", "text", 0.5, (0, 2)),), "r")]:
        assert check.event(event) == event
    odd = step(token=np.int64(65), log_prob=np.float32(-0.5), raw=exact(HALF), drawn_from=top_k([(65, -0.5)]))
    passed = check.event(odd)
    assert isinstance(passed, Step)
    assert (type(passed.token), type(passed.log_prob)) == (int, float)
    assert passed.raw is odd.raw


def test_nothing_is_asked_after_the_finish_and_a_reply_that_is_left_is_closed() -> None:
    inner = Events(Finish("end"), "never looked at")
    assert list(behind_the_border(inner, "mine").reply(TALK, ReplySettings())) == [Finish("end")]
    assert inner.closed
    inner = Events(*SAID)
    replying = behind_the_border(inner, "mine").reply(TALK, ReplySettings())
    next(replying)
    replying.close()  # type: ignore[attr-defined]
    assert inner.closed


@pytest.mark.parametrize("given", ["text", None, 3])
def test_a_reply_that_is_no_iterator_is_named(given: Any) -> None:
    inner = Events()
    inner.reply = lambda *_: given  # type: ignore[method-assign]
    with pytest.raises(PluginError, match=r"reply\(…\)"):
        list(behind_the_border(inner, "mine").reply(TALK, ReplySettings()))


@pytest.mark.parametrize("error", [UsageError("my words"), RemoteError("embedder_failed", name="x", reason="y")])
def test_errors_of_genchats_own_classes_pass_as_they_are(error: GenchatError) -> None:
    with pytest.raises(type(error)) as caught:
        list(behind_the_border(Events(error), "mine").reply(TALK, ReplySettings()))
    assert caught.value is error


@pytest.mark.parametrize("language", ["en", "pt-br"])
def test_an_error_in_the_authors_words_is_said_in_them_whatever_the_language(language: str) -> None:
    use_language(language)
    for text in ("quota used up", "100 % {of} it", "no.such.key", "", "ação\x1b[2J"):
        assert str(GenchatError(text, of=3)) == text.replace("\x1b", "␛")


def test_values_that_do_not_fit_a_text_of_genchats_leave_it_readable() -> None:
    assert "{token}" in str(UsageError("token_outside_vocabulary", wrong=1))


def test_an_error_that_cannot_say_what_it_is_is_named_by_its_kind() -> None:
    class Mute(GenchatError):
        def __str__(self) -> str:
            raise ValueError

    with pytest.raises(PluginError, match="Mute"), Guard("mine"):
        raise Mute("x")


class TestCtrlC:
    def test_the_persons_own_passes(self) -> None:
        with pytest.raises(KeyboardInterrupt), Guard("mine"):
            raise KeyboardInterrupt
        with pytest.raises(KeyboardInterrupt), Guard("mine", lambda: True):
            raise KeyboardInterrupt

    def test_one_that_nobody_pressed_is_the_plugins(self) -> None:
        with pytest.raises(PluginError, match="KeyboardInterrupt"), Guard("mine", lambda: False):
            raise KeyboardInterrupt
        errors: list[BaseException] = []

        def elsewhere() -> None:
            try:
                with Guard("mine"):
                    raise KeyboardInterrupt
            except BaseException as error:
                errors.append(error)

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
        assert isinstance(errors[0], PluginError)


def test_a_reason_holds_the_line_of_code_and_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINE_API_KEY", "a-key-of-no-shape")
    try:
        raise ValueError("401 for a-key-of-no-shape\nsecond line")
    except ValueError as error:
        reason = reason_of(error)
    assert reason.startswith("ValueError: 401 for [redacted] second line [test_border.py:")


def test_a_model_that_scores_whole_texts_still_does_and_others_do_not_seem_to() -> None:
    class Scorer(HashModel):
        def score_tokens(self, tokens: Sequence[int]) -> FloatArray:
            return np.full(len(tokens), -1, dtype=np.float32)

    scorer = behind_the_border(Scorer(), "mine").model  # type: ignore[attr-defined]
    assert score(scorer, [1, 2], [3]).tolist() == [-1, -1]
    assert not isinstance(behind_the_border(HashModel(), "mine").model, BatchScorer)  # type: ignore[attr-defined]


def test_a_backend_of_its_own_that_holds_a_model_still_shows_it() -> None:
    inner = Events()
    inner.model = HashModel()  # type: ignore[attr-defined]
    assert language_model(behind_the_border(inner, "mine")).info.name == "hash"
    with pytest.raises(UsageError, match="cannot score"):
        language_model(behind_the_border(Events(), "mine"))


def test_a_local_backend_that_replies_in_its_own_way_keeps_it() -> None:
    class Shouting(LocalBackend):
        def reply(self, *_: Any, **__: Any) -> Iterator[Event]:
            yield step(text="LOUD")
            yield Finish("end")

    backend = behind_the_border(Shouting(ScriptModel("quiet")), "mine")
    assert isinstance(backend, LocalBackend)
    assert list(backend.reply(TALK, ReplySettings())) == [step(text="LOUD"), Finish("end")]


@pytest.mark.parametrize(
    ("attribute", "value", "said"),
    [
        ("info", None, "info is None; it must be ModelInfo"),
        ("info", ModelInfo("a", 3, 0, None, 0, ""), "ModelInfo.family is 3"),  # type: ignore[arg-type]
        ("info", ModelInfo("a", "b", 0, 0, 0, ""), "ModelInfo.context_length is 0"),
        ("capabilities", "all", "capabilities is 'all'"),
        ("capabilities", Capabilities("some"), "Capabilities.distribution is 'some'"),  # type: ignore[arg-type]
        ("tokenizer", object(), "without Tokenizer.name, Tokenizer.vocabulary_size"),
    ],
)
def test_what_a_backend_says_of_itself_is_checked_when_it_is_opened(attribute: str, value: Any, said: str) -> None:
    inner = Events()
    setattr(inner, attribute, value)
    with pytest.raises(PluginError) as caught:
        behind_the_border(inner, "mine")
    assert said in str(caught.value)


ARRAY = np.zeros(3, dtype=np.float32)


@pytest.mark.parametrize(
    "evidence",
    [
        "because",
        None,
        LstmEvidence((ARRAY,), (ARRAY,), (ARRAY,), (ARRAY,), (ARRAY, ARRAY)),
        LstmEvidence((ARRAY,), (ARRAY,), (ARRAY,), (ARRAY,), (ARRAY / np.float32("nan"),)),
        GptEvidence((1, 2), np.zeros((1, 1, 3), dtype=np.float32), ()),
        GptEvidence((1,), np.zeros(1, dtype=np.float32), ()),
        GptEvidence((1,), np.zeros((1, 1, 1), dtype=np.float32), (LensRow(0, ((1, float("nan")),), 0.0),)),
        MixtureEvidence({"a": 1.0}, {"a": "because"}),  # type: ignore[dict-item]
    ],
)
def test_evidence_that_cannot_be_painted_is_refused(evidence: Any) -> None:
    with pytest.raises(PluginError):
        EvidenceChecker("mine").evidence(evidence)


def test_sound_evidence_passes() -> None:
    layers = (ARRAY, ARRAY)
    for evidence in (
        NoEvidence(),
        LstmEvidence(layers, layers, layers, layers, layers),
        GptEvidence((1, 2), np.zeros((1, 1, 2), dtype=np.float32), (LensRow(0, ((1, 0.5),), 1.0),)),
    ):
        assert EvidenceChecker("mine").evidence(evidence) is evidence


def test_a_model_of_another_author_is_forked_from_the_past_at_hand() -> None:
    checked = behind_the_border(HashModel(), "theirs")
    assert isinstance(checked, LocalBackend)
    checked.keep_pasts(Pasts())
    settings = ReplySettings(SamplingSettings(temperature=1.0, top_p=1.0, seed=5), 12)
    asked = [Message(Role.USER, "oi")]
    tokens = [event.token or 0 for event in checked.reply(asked, settings) if isinstance(event, Step)]
    forked = list(checked.fork(asked, Beginning(tuple(tokens[:3]), (tokens[3],)), settings))
    assert [event.token for event in forked if isinstance(event, Step)] == tokens
    assert not [event for event in forked if isinstance(event, Notice)]
