"""An opened model: tables, prices, lazy replies that keep what they made, and errors that name what is wrong."""

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import genchat
from genchat.engine.contract import Event, MessageData
from genchat.engine.errors import GenchatError, RemoteError, TextUnusable, UsageError
from genchat.engine.registry import Registry
from tests.engine.interface.hostile import HostileModel, RemoteBackend
from tests.fakes import HashModel, ScriptModel


@pytest.fixture
def model() -> genchat.Model:
    return genchat.open(HashModel())


def test_what_else_could_have_come_is_shown_for_any_token_of_a_reply() -> None:
    reply = genchat.open(ScriptModel("Good")).chat("Hi", temperature=0)
    assert [row.text for row in reply.candidates(1, top=1)] == ["o"]
    assert reply.so_far == "Go"
    assert reply.candidates(-2)[0].text == "d"
    with pytest.raises(IndexError):
        reply.candidates(99)


def test_where_nothing_is_known_the_candidates_say_why() -> None:
    result = genchat.open(RemoteBackend()).chat("Hi").candidates(0)
    assert len(result) == 0
    assert (result.entropy, result.rest) == (None, None)
    assert len(repr(result).splitlines()) == 2


def test_what_a_reader_should_know_stands_with_the_reply() -> None:
    reply = genchat.open(HostileModel()).complete("odd", temperature=0)
    assert reply.notices[0].startswith("this model has never seen")
    assert "never seen" in repr(reply)
    assert "\x1b" not in repr(reply)


def test_next_lists_the_likeliest_tokens_and_what_is_left(model: genchat.Model) -> None:
    table = model.next("abc", top=4)
    probabilities = [row.probability for row in table]
    assert probabilities == sorted(probabilities, reverse=True)
    assert [row.rank for row in table] == [1, 2, 3, 4]
    assert sum(probabilities) + table.rest == pytest.approx(1, abs=1e-5)
    assert table[0].bits == pytest.approx(-math.log2(table[0].probability), rel=1e-5)
    assert table.entropy == pytest.approx(table.distribution.entropy)
    lines = repr(table).splitlines()
    assert lines[0].split() == ["rank", "token", "id", "p", "(%)", "bits"]
    assert len(lines) == 6
    assert lines[1].index(str(table[0].id)) + len(str(table[0].id)) == lines[0].index("id") + 2


def test_ids_and_arrays_are_read_as_the_text_they_stand_for(model: genchat.Model) -> None:
    ids = model.tokens("abc").ids
    expected = [row.id for row in model.next("abc")]
    given: Any
    for given in (ids, tuple(ids), np.array(ids), [np.int64(token) for token in ids]):
        assert [row.id for row in model.next(given)] == expected
    assert model.score(ids).bits == model.score("abc").bits
    assert model.tokens(ids).text == "abc"
    assert model.tokens("aé").texts == ["a", "\ufffd", "\ufffd"]
    written = model.complete("abc", seed=5, max_tokens=9)
    assert [step.token for step in model.complete(ids, seed=5, max_tokens=9)] == [step.token for step in written]


def test_the_next_token_of_messages_is_the_first_of_the_reply() -> None:
    model = genchat.open(ScriptModel("Hello"))
    assert model.next([{"role": "user", "content": "Hi"}], top=1)[0].text == "H"
    assert model.next((genchat.Message(genchat.Role.USER, "Hi"),), top=1)[0].text == "H"


def test_score_prices_each_token_and_sums_them(model: genchat.Model) -> None:
    scored = model.score("olá")
    assert scored.bytes == len(scored) == 4
    assert scored.bits == pytest.approx(sum(token.bits for token in scored))
    assert scored.bits_per_byte == pytest.approx(scored.bits / 4)
    assert scored.perplexity == pytest.approx(2**scored.bits_per_token)
    assert "bits per byte" in repr(scored)
    assert model.score("lá", context="o").bits == pytest.approx(sum(token.bits for token in scored[1:]))


def test_an_empty_text_has_no_price(model: genchat.Model) -> None:
    with pytest.raises(TextUnusable, match="empty"):
        model.score("")
    assert len(model.next("")) == 10


def test_an_impossible_token_costs_infinitely_many_bits_and_is_shown_so() -> None:
    class Certain(HashModel):
        def start(self, tokens: Any) -> Any:
            cursor = super().start(tokens)
            impossible = np.full(self.tokenizer.vocabulary_size, -np.inf, dtype=np.float32)
            impossible[97] = 0
            cursor.log_probs = lambda: impossible  # type: ignore[method-assign]
            return cursor

    scored = genchat.open(Certain()).score("ab")
    assert scored.bits == scored.bits_per_byte == scored.perplexity == math.inf
    assert "∞" in repr(scored)
    assert "∞" in scored._repr_html_()


def test_a_reply_computes_nothing_before_it_is_asked_for() -> None:
    inner = HostileModel()
    reply = genchat.open(inner).complete("x", temperature=0)
    assert repr(reply).startswith("<genchat.Reply")
    assert reply.so_far == ""
    assert reply.finish is None
    assert inner.looked == 0
    next(reply)
    assert inner.looked == 1


def test_a_reply_can_be_left_and_gone_on_with() -> None:
    reply = genchat.open(ScriptModel("Good morning")).chat("Hi", temperature=0)
    assert "".join(step.text for step in itertools.islice(reply, 4)) == "Good"
    assert reply.so_far == "Good"
    assert reply.finish is None
    assert reply.text == str(reply) == "Good morning"
    assert len(reply.steps) == 13
    assert list(reply) == []
    assert reply.finish is not None
    assert reply.finish.reason == "end"
    assert [message.text for message in reply.messages] == ["Hi", "Good morning"]


def test_a_stopped_reply_keeps_what_it_made() -> None:
    inner = HostileModel()
    reply = genchat.open(inner).complete("x", temperature=0)
    for step in reply:
        if step.position == 1:
            reply.stop()
    assert inner.looked == 2
    assert len(reply.steps) == 2
    assert reply.finish is not None
    assert reply.finish.reason == "stopped"
    assert "stopped after 2 tokens" in repr(reply)


def test_stopping_lets_the_source_go() -> None:
    backend = RemoteBackend()
    reply = genchat.open(backend).chat("Hi")
    next(reply)
    reply.stop()
    assert backend.closed
    assert reply.text == "one "


def test_an_error_in_the_middle_is_raised_once_and_what_came_before_is_kept() -> None:
    reply = genchat.open(RemoteBackend(fails=True)).chat("Hi")
    with pytest.raises(RemoteError):
        reply.text  # noqa: B018
    assert reply.so_far == reply.text == "one two three"
    assert reply.finish is not None
    assert reply.finish.reason == "cut"


def test_what_a_backend_keeps_beside_its_reply_does_not_end_it() -> None:
    class Remembering(RemoteBackend):
        def reply(self, *given: Any) -> Iterator[Event]:
            yield MessageData({"served": 1})
            yield from super().reply(*given)

    reply = genchat.open(Remembering()).chat("Hi")
    assert reply.text == "one two three"
    assert reply.finish is not None
    assert reply.finish.reason == "end"


def test_an_interrupt_in_the_middle_keeps_what_was_made() -> None:
    class Interrupted(HashModel):
        def start(self, tokens: Any) -> Any:
            cursor, left = super().start(tokens), iter(range(3))
            known = cursor.log_probs

            def log_probs() -> Any:
                if next(left, None) is None:
                    raise KeyboardInterrupt
                return known()

            cursor.log_probs = log_probs  # type: ignore[method-assign]
            return cursor

    reply = genchat.open(Interrupted()).complete("x", seed=1)
    with pytest.raises(KeyboardInterrupt):
        list(reply)
    assert len(reply.produced) == 3


def test_the_seed_is_known_and_makes_the_same_reply_again(model: genchat.Model) -> None:
    first = model.complete("x", max_tokens=20)
    assert first.seed is not None
    assert model.complete("x", max_tokens=20, seed=first.seed).text == first.text


def test_settings_come_from_the_person_and_from_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENCHAT_SAMPLING_TOP_K", "7")
    monkeypatch.setenv("GENCHAT_REPLY_MAX_TOKENS", "3")
    settings = genchat.open(HashModel()).complete("x", min_p=0.1).settings
    assert (settings.sampling.top_k, settings.sampling.min_p, settings.max_tokens) == (7, 0.1, 3)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"temprature": 1}, "temperature"),
        ({"colour": 1}, "top_k"),
        ({"temperature": "hot"}, "a number"),
        ({"temperature": math.nan}, "nan"),
        ({"top_k": 1.5}, "a whole number"),
        ({"seed": True}, "True"),
        ({"top_p": 2}, "top-p is 2"),
        ({"max_tokens": 0}, "max-tokens is 0"),
    ],
)
def test_a_setting_that_cannot_be_is_named(model: genchat.Model, given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        model.complete("x", **given)


WRONG = (b"bytes", None, 3, [1, "a"], [1.5], [True], [("user", b"x")], {"role": "user"}, "a\ud800", [10**9], [-1])


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize("name", ["next", "score", "complete", "chat", "tokens", "explain"])
def test_the_wrong_kind_gets_a_named_error(model: genchat.Model, name: str, wrong: Any) -> None:
    with pytest.raises(UsageError) as caught:
        getattr(model, name)(wrong)
    assert "{" not in str(caught.value).replace('{"role": "user", "content": "Hi"}', "")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ([{"role": "bot", "content": "x"}], '"bot"'),
        ([("user", "x"), ("robot", "y")], '"robot"'),
        ([{"role": ["user"], "content": "x"}], "role"),
        (["Hi", "Hello"], "list\\[str\\]"),
        ([], "no message"),
        ([{"role": "user", "content": None}], "None"),
    ],
)
def test_messages_that_cannot_be_are_named(model: genchat.Model, wrong: Any, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        model.chat(wrong)


@pytest.mark.parametrize("top", [0, -1, 1.5, True, "3"])
def test_how_many_rows_must_be_a_whole_number(model: genchat.Model, top: Any) -> None:
    with pytest.raises(UsageError, match="top is"):
        model.next("x", top)


@pytest.mark.parametrize(
    "call",
    [
        lambda model: model.next("x"),
        lambda model: model.score("x"),
        lambda model: model.tokens("x"),
        lambda model: model.explain("x"),
    ],
)
@pytest.mark.parametrize("name", ["gemini", "documents"])
def test_what_a_model_cannot_do_it_says_by_a_named_error(name: str, call: Callable[[Any], Any]) -> None:
    with genchat.open(name) as model, pytest.raises(UsageError, match="local model"):
        call(model)


def test_a_closed_model_says_so() -> None:
    with genchat.open(HashModel()) as model:
        model.next("x")
    model.close()
    with pytest.raises(UsageError, match="closed"):
        model.next("x")
    assert "closed=True" in repr(model)


def test_an_explanation_is_put_in_words_and_in_values() -> None:
    model = genchat.open("ngram")
    why = model.explain("A capital do")
    assert "order" in repr(why)
    assert why.values["kind"] == "ngram"
    begun = model.explain([("user", "Bom dia!")], "Bom")
    assert begun.values["recall"] is not None
    assert repr(model.explain(model.tokens("A capital do").ids)) == repr(why)


def test_a_model_that_answers_from_documents_chats_and_has_no_table_of_its_own() -> None:
    model = genchat.open("ngram+docs")
    assert model.chat("Quanta proteína tem o feijão?", seed=1).passages
    with pytest.raises(UsageError):
        model.next("x")


def test_the_language_of_the_settings_is_spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENCHAT_LANGUAGE", "pt-br")
    with pytest.raises(UsageError, match="aqui se espera um texto"):
        genchat.open(HashModel()).next(b"bytes")


def test_an_unknown_model_and_a_wrong_kind_of_model_are_named() -> None:
    with pytest.raises(GenchatError, match="ngram"):
        genchat.open("ngramm")
    with pytest.raises(UsageError, match="int"):
        genchat.open(3)  # type: ignore[arg-type]


def test_the_list_of_models_is_that_of_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENCHAT_PLUGINS", "none")
    from genchat.engine.paths import paths
    from genchat.engine.settings import Settings

    result = genchat.models()
    assert result.names == Registry(paths(), Settings()).names()
    assert "▸ ngram" in repr(result)


def test_opening_and_asking_print_nothing_and_keep_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    from genchat.engine.paths import paths

    model = genchat.open("ngram")
    model.chat("Hi", seed=1).text  # noqa: B018
    assert capsys.readouterr() == ("", "")
    assert not paths().history.exists()
