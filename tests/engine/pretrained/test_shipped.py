"""The models that ship: what their cards promise, and that they talk."""

import json

import pytest

from genchat.engine.contract import ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.local_backend import LocalBackend
from genchat.engine.model_card import read_card, verify_files
from genchat.engine.pretrained.making.shipping import thinned
from genchat.engine.sampling import SamplingSettings
from genchat.engine.training.weights import WEIGHTS_FILE, read_tensors
from tests.engine.pretrained.shipped import FOLDER, shipped

SHIPPED = {"gpt-chat": "gpt", "lstm-chat": "lstm", "shakespeare": "gpt"}
CHATS = ("gpt-chat", "lstm-chat")
_MEGABYTES = 12.0


@pytest.mark.parametrize("name", SHIPPED)
def test_a_card_tells_sources_licences_command_and_price(name: str) -> None:
    folder = FOLDER / name
    card = read_card(folder)
    assert (card.name, card.family) == (name, SHIPPED[name])
    assert sum(path.stat().st_size for path in folder.iterdir()) <= _MEGABYTES * 1e6
    assert card.files
    verify_files(folder, card)
    assert card.sources
    assert all(source["licence"] and source["sha256"] for source in card.sources)
    assert f"python -m genchat.engine.pretrained.making.{'chat' if card.chat else 'shakespeare'}" in card.command
    assert 1.0 < card.results["held_out_bits_per_byte"] < 3.0
    assert card.chat == (name in CHATS)
    assert json.dumps(card.results).isascii()


@pytest.mark.parametrize("name", SHIPPED)
def test_weights_are_half_precision_and_finite(name: str) -> None:
    tensors, _ = read_tensors(FOLDER / name / WEIGHTS_FILE, name)
    assert {str(tensor.dtype) for tensor in tensors.values()} == {"torch.float16"}
    assert all(tensor.isfinite().all() for tensor in tensors.values())


@pytest.mark.parametrize("name", CHATS)
@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("oi, tudo bem?", ("bem", "tudo", "oi")),
        ("quem é você?", ("genchat", "modelo", "programa")),
        ("hello", ("hello", "hi", "hey")),
        ("who are you?", ("genchat", "model", "program")),
    ],
)
def test_small_talk_is_answered_in_its_language(name: str, prompt: str, expected: tuple[str, ...]) -> None:
    backend = LocalBackend(shipped(name))
    settings = ReplySettings(SamplingSettings(temperature=0.0), max_tokens=200)
    reply = "".join(
        step.text for step in backend.reply([Message(Role.USER, prompt)], settings) if isinstance(step, Step)
    )
    assert any(word in reply.lower() for word in expected), reply
    assert reply.rstrip().endswith((".", "!", "?")), reply


def test_a_thinned_curve_keeps_its_end_and_its_mean() -> None:
    curve = [(step, step / 10, float(step)) for step in range(1, 1001)]
    thin = thinned(curve, points=100)
    assert len(thin) == 100
    assert thin[-1][:2] == (1000, 100.0)
    assert sum(loss for *_, loss in thin) / 100 == pytest.approx(500.5)
    assert thinned(thin, points=100) == thin
    assert thinned([], points=100) == []
