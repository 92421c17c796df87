"""A mixture: the weighted mean of its parts, whatever order their tokens stand in."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from genchat.engine.contract import Backend
from genchat.engine.errors import ModelDamaged, TextUnusable, UsageError
from genchat.engine.evidence import GptEvidence, LensRow, LstmEvidence, MixtureEvidence, NgramEvidence
from genchat.engine.local_backend import LocalBackend
from genchat.engine.lstm.model import LstmModel
from genchat.engine.mixture.fitting import mix, write_mixture
from genchat.engine.mixture.loading import combine
from genchat.engine.mixture.model import match_lengths, shared_ids
from genchat.engine.mixture.shares import Shares
from genchat.engine.model_card import CARD_FILE, ModelCard, read_card
from genchat.engine.ngram.sources import plain_source
from genchat.engine.ngram.training import train_ngram
from genchat.engine.paths import paths
from genchat.engine.registry import Registry
from genchat.engine.settings import Settings
from genchat.engine.tokenizers.bpe import train_byte_pairs
from tests.engine.lstm import models as lstm_models
from tests.engine.mixture.models import TEXT, counting, neural

_HELD_OUT = "boa noite, tudo bem? bom dia!\n"


def test_every_probability_is_the_weighted_mean() -> None:
    first, second = counting(), neural()
    mixed = combine(first, second, Shares((0.25,)), "mixed")
    cursor = mixed.start(mixed.tokenizer.encode("bom"))
    ours = np.exp(first.start(first.tokenizer.encode("bom")).log_probs())
    theirs = np.exp(second.start(second.tokenizer.encode("bom")).log_probs())
    for piece in "bom dai!\n":
        (a,), (b,) = first.tokenizer.encode(piece), second.tokenizer.encode(piece)
        assert np.exp(cursor.log_probs()[a]) == pytest.approx(0.25 * ours[a] + 0.75 * theirs[b], rel=1e-4)
    assert np.exp(cursor.log_probs().astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)


def test_shares_follow_the_match_with_the_training_text() -> None:
    first, second = counting(order=4), neural()
    mixed = combine(first, second, Shares((0.1, 0.2, 0.3, 0.9)), "mixed")
    for text, share in (("bom ", 0.9), ("bomz", 0.2), ("z b", 0.3)):
        evidence = mixed.start(mixed.tokenizer.encode(text)).evidence()
        assert isinstance(evidence, MixtureEvidence)
        assert evidence.weights == pytest.approx({"counting": share, "neural": 1 - share})
        assert isinstance(evidence.parts["counting"], NgramEvidence)
        assert isinstance(evidence.parts["neural"], LstmEvidence)


def test_match_lengths_are_those_of_the_evidence() -> None:
    model = counting(order=4)
    tokens = model.tokenizer.encode("bom dia zz boa")
    lengths = match_lengths(model, tokens)
    for index in range(len(tokens)):
        evidence = model.start(tokens[:index]).evidence()
        assert isinstance(evidence, NgramEvidence)
        assert lengths[index] == evidence.order - 1
    assert not match_lengths(neural(), [270, 271]).any()


def test_mixing_never_loses_to_its_parts_on_the_text_it_was_fitted_on() -> None:
    first, second = counting(), neural()
    for by_length in (False, True):
        fitted = mix(first, second, [first.tokenizer.encode(_HELD_OUT)], "mixed", by_length=by_length)
        assert fitted.loss <= min(fitted.first_loss, fitted.second_loss) + 1e-4
        scored = fitted.model.score_tokens(first.tokenizer.encode(_HELD_OUT))
        assert -scored.mean() == pytest.approx(fitted.loss, abs=1e-5)


def test_different_vocabularies_are_refused() -> None:
    with pytest.raises(UsageError):
        combine(counting(), neural("abc"), Shares((0.5,)), "mixed")
    with pytest.raises(UsageError):
        shared_ids(counting().tokenizer, train_byte_pairs([TEXT], 300))


def test_nothing_to_fit_on_is_said() -> None:
    with pytest.raises(TextUnusable):
        mix(counting(), neural(), [[]], "mixed")


def test_a_gpt_part_speaks_in_the_ids_of_the_mixture() -> None:
    first, second = counting(), neural()
    mixed = combine(first, second, Shares((0.5,)), "mixed")
    (a,), (b,) = first.tokenizer.encode("b"), second.tokenizer.encode("b")
    assert a != b
    evidence = mixed.relabelled(GptEvidence((b,), np.ones((1, 1, 1), np.float32), (LensRow(0, ((b, 0.5),), 1.0),)))
    assert isinstance(evidence, GptEvidence)
    assert evidence.tokens == (a,)
    assert evidence.lens[0].top == ((a, 0.5),)


def _installed(name: str = "mixed") -> tuple[Path, LstmModel]:
    """A counting and a neural model and their mixture, in the person's own models."""
    home = paths().models
    letters = "".join(lstm_models.TOKENIZER.pieces)
    train_ngram([plain_source("letters", letters * 9)], home / "counting", order=3, unit="char")
    lstm_models.write(home / "letters", lstm_models.network())
    registry = Registry(paths(), Settings())
    parts = []
    for part in ("counting", "letters"):
        backend = registry.open(part)
        assert isinstance(backend, LocalBackend)
        parts.append(backend.model)
    held_out = [parts[0].tokenizer.encode("abc dab")]
    fitted = mix(parts[0], parts[1], held_out, name)
    cards = [read_card(home / part) for part in ("counting", "letters")]
    write_mixture(home / name, fitted, cards, "a test", held_out_bytes=7)
    return home / name, lstm_models.model()


def _opened(folder: Path, card: ModelCard) -> Backend:
    return Registry(paths(), Settings()).open_folder(folder, card)


def test_a_mixture_is_a_model_of_the_registry() -> None:
    folder, _ = _installed()
    registry = Registry(paths(), Settings())
    assert registry.entry("mixed").family == "mixture"
    backend = registry.open("mixed")
    assert isinstance(backend, LocalBackend)
    assert backend.info.family == "mixture"
    assert backend.info.checksum != registry.open("letters").info.checksum
    tokens = backend.tokenizer.encode("abc")
    chances = np.exp(backend.model.start(tokens).log_probs().astype(np.float64))
    assert chances.sum() == pytest.approx(1, abs=1e-5)
    assert read_card(folder).results["held_out_bits_per_byte"] > 0


def test_a_missing_or_changed_part_is_named() -> None:
    folder, _ = _installed()
    lstm_models.write(folder.parent / "letters", lstm_models.network(seed=9))
    with pytest.raises(ModelDamaged, match="letters"):
        _opened(folder, read_card(folder))
    (folder.parent / "letters" / CARD_FILE).unlink()
    with pytest.raises(ModelDamaged, match="letters"):
        _opened(folder, read_card(folder))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"parts": []},
        {"parts": [{"name": "counting", "checksum": "x"}] * 3, "shares": [0.5]},
        {"shares": []},
        {"shares": [0.0]},
        {"shares": [1.5]},
        {"shares": ["half"]},
        {"shares": [float("nan")]},
        {"parts": [{"name": "../counting", "checksum": "x"}] * 2},
        {"parts": [{"name": 3, "checksum": "x"}] * 2},
    ],
)
def test_a_broken_card_is_refused(settings: dict[str, object]) -> None:
    folder, _ = _installed()
    card: ModelCard = read_card(folder)
    whole = card.settings["mixture"] | settings if settings else {}
    broken = replace(card, settings={"mixture": whole})
    with pytest.raises(ModelDamaged, match="mixed"):
        _opened(folder, broken)


def test_a_mixture_is_no_part_of_a_mixture() -> None:
    folder, _ = _installed()
    content = json.loads((folder / CARD_FILE).read_text())
    content["settings"]["mixture"]["parts"][0]["name"] = "mixed"
    (folder / CARD_FILE).write_text(json.dumps(content))
    with pytest.raises(ModelDamaged, match="mixed"):
        _opened(folder, read_card(folder))
