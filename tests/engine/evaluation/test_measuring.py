"""Models measured, each in a process of its own, and failures that stay their own."""

import pytest

from genchat.corpora.loader import parse_dialogues
from genchat.engine.conversation import TurnTemplate
from genchat.engine.errors import ModelNotFound, TextUnusable, UsageError
from genchat.engine.evaluation.measuring import EvalText, Failure, measure, measure_each, peak_memory
from genchat.engine.evaluation.pricing import price_dialogues, price_text
from genchat.engine.local_backend import LocalBackend
from genchat.engine.ngram.sources import PlainSource
from genchat.engine.ngram.training import train_ngram
from genchat.engine.paths import paths
from genchat.engine.registry import Registry, language_model
from genchat.engine.settings import Settings
from tests.fakes import HashModel

_TALK = "### One\nP: oi\nR: Olá!\n"


def test_text_and_dialogues_are_priced_each_in_its_way() -> None:
    model = HashModel()
    backend = LocalBackend(model)
    plain, replies = measure(backend, "hash", [EvalText("a", "bom dia"), EvalText("b", _TALK, "replies")])
    assert plain.price == price_text(model, "bom dia")
    assert replies.price == price_dialogues(model, TurnTemplate(model.tokenizer), parse_dialogues(_TALK, "b", ""))
    assert (plain.model, plain.text, replies.scope) == ("hash", "a", "replies")
    assert plain.read_speed > 0 < plain.write_speed


def test_broken_dialogues_are_named_with_their_line() -> None:
    with pytest.raises(TextUnusable, match="b:2"):
        measure(LocalBackend(HashModel()), "hash", [EvalText("b", "### One\nR: oi\n", "replies")])


def test_a_backend_without_exact_distributions_is_refused() -> None:
    class Remote:
        info = HashModel("far away").info

    with pytest.raises(UsageError, match="far away"):
        measure(Remote(), "far", [EvalText("a", "oi")])  # type: ignore[arg-type]


def test_every_model_has_its_own_process_and_its_own_failure() -> None:
    source = PlainSource("letters", b"bom dia, boa tarde\n" * 50)
    train_ngram([source], paths().models / "letters", order=4, unit="char")
    texts = [EvalText("a", "bom dia")]
    good, bad = measure_each(["letters", "nobody"], texts, paths(), Settings())
    assert isinstance(bad, Failure)
    assert isinstance(bad.error, ModelNotFound)
    assert "nobody" in str(bad.error)
    assert isinstance(good, list)
    here = language_model(Registry(paths(), Settings()).open("letters"))
    assert good[0].price == price_text(here, "bom dia")
    assert good[0].peak_memory is None or good[0].peak_memory > 5_000_000


def test_peak_memory_grows_with_what_is_held() -> None:
    before = peak_memory()
    if before is None:
        pytest.skip("the system does not say")
    held = bytearray(64_000_000)
    held[::4096] = b"x" * len(held[::4096])
    after = peak_memory()
    assert after is not None
    assert after >= max(before, len(held))
