"""From texts to a model folder that opens and talks."""

from pathlib import Path
from typing import Any

import pytest
import torch

from genchat.engine.contract import ReplySettings
from genchat.engine.conversation import Message, Role
from genchat.engine.errors import TextUnusable, TrainingFailed, UsageError
from genchat.engine.gpt.loading import load
from genchat.engine.local_backend import LocalBackend
from genchat.engine.model_card import read_card, verify_files
from genchat.engine.training.data import Source
from genchat.engine.training.events import Sample, Started
from genchat.engine.training.precision import choose_device, choose_dtype
from genchat.engine.training.recipes import Recipe
from genchat.engine.training.run import Run, plan
from genchat.engine.training.warm_start import read_beginning
from tests.engine.training import toy

TALK = "\n\n".join(f"### t{n}\nP: oi, tudo bem?\nR: tudo, e você? {n}" for n in range(40))


def test_a_trained_model_opens_and_its_card_tells_how_it_was_made(tmp_path: Path) -> None:
    run = plan(
        [Source("toy.txt", toy.TEXT, licence="CC0-1.0")],
        toy.recipe(layers=1, width=16, steps=6),
        tmp_path / "mine",
        None,
        "genchat train gpt toy.txt",
        languages=("en",),
    )
    events = list(run.events())
    assert any(isinstance(event, Sample) and event.text for event in events)
    run.keep()
    card = read_card(tmp_path / "mine")
    verify_files(tmp_path / "mine", card)
    assert (card.family, card.command, card.languages, card.chat) == (
        "gpt",
        "genchat train gpt toy.txt",
        ("en",),
        False,
    )
    assert card.sources[0]["licence"] == "CC0-1.0"
    assert card.settings["recipe"]["seed"] == 1
    assert card.results["steps"] == 6
    assert card.results["held_out_curve"][-1][2] == card.results["held_out_loss"]
    assert card.results["text_sha256"]
    assert card.versions["torch"] == torch.__version__
    model = load(tmp_path / "mine", card)
    assert model.tokenizer.decode(model.tokenizer.encode("the cat. é")) == "the cat. é"
    assert model.start([]).log_probs().shape == (model.info.vocabulary_size,)


def test_dialogues_give_a_model_that_chats(tmp_path: Path) -> None:
    run = plan([Source("talk.txt", TALK)], toy.recipe(layers=1, width=16, vocabulary=300), tmp_path / "chat", None, "c")
    list(run.events())
    card = run.keep()
    assert card.chat
    assert run.tokenizer.name == "bpe"
    backend = LocalBackend(load(tmp_path / "chat", card))
    events = list(backend.reply([Message(Role.USER, "oi")], ReplySettings(max_tokens=5)))
    assert events


def test_letters_never_seen_are_told_of_and_still_priced(tmp_path: Path) -> None:
    sources = [Source("toy.txt", toy.TEXT), Source("other.txt", "the cat ø ß sat ø.", held_out=True)]
    run = plan(sources, toy.recipe(layers=1, width=16, steps=2), tmp_path / "m", None, "c", samples=False)
    started = next(iter(run.events()))
    assert isinstance(started, Started)
    assert started.unseen == "ø ß"
    assert run.tokenizer.decode(run.trainer.data.held_out.tolist()) == "the cat ø ß sat ø."


def test_a_text_shorter_than_a_step_is_refused_with_the_numbers(tmp_path: Path) -> None:
    with pytest.raises(TextUnusable) as caught:
        plan([Source("short.txt", "abcd")], toy.recipe(), tmp_path / "m", None, "c")
    assert caught.value.key == "text_too_short"
    assert "short.txt" in str(caught.value)


def test_one_character_and_nothing_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TextUnusable) as caught:
        plan([Source("a.txt", "a" * 5000)], toy.recipe(), tmp_path / "m", None, "c")
    assert caught.value.key == "text_one_token"


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        choose_device("tpu")
    assert "tpu" in str(caught.value)
    assert choose_device("cpu").type == "cpu"


def test_numbers_are_what_was_asked_for() -> None:
    cpu = torch.device("cpu")
    assert choose_dtype("fp32", cpu) == torch.float32
    assert choose_dtype("bf16", cpu) == torch.bfloat16
    assert choose_dtype("auto", cpu) in (torch.float32, torch.bfloat16)


def test_an_interrupted_run_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    def begin(resume: bool) -> Run:
        return plan(
            [Source("toy.txt", toy.TEXT)],
            toy.recipe(layers=1, width=16, steps=9),
            tmp_path / "m",
            tmp_path / "checkpoint.safetensors",
            "c",
            resume=resume,
            samples=False,
        )

    first = begin(False)
    list(first.events(lambda: first.trainer.place.step >= 4))
    second = begin(True)
    assert second.trainer.place.step == 4
    list(second.events())
    assert second.trainer.place.step == 9


SMALL = {"layers": 1, "width": 16, "steps": 2, "precision": "fp32"}


def planned(tmp_path: Path, **values: Any) -> Run:
    recipe = Recipe(**{**SMALL, **values})
    return plan([Source("toy.txt", toy.TEXT * 4)], recipe, tmp_path / "m", None, "c", samples=False)


def test_a_short_context_has_short_windows(tmp_path: Path) -> None:
    run = planned(tmp_path, context=32)
    assert run.recipe.window == 32
    list(run.events())
    with pytest.raises(UsageError) as caught:
        planned(tmp_path, context=32, window=64)
    assert caught.value.key == "window_beyond_context"


def test_a_beginning_of_a_shorter_context_has_short_windows(tmp_path: Path) -> None:
    first = planned(tmp_path, context=24)
    list(first.events())
    card = first.keep()
    beginning = read_beginning(tmp_path / "m", card, "gpt")
    recipe = Recipe(steps=2, precision="fp32")
    second = plan([Source("t", toy.TEXT * 4)], recipe, tmp_path / "n", None, "c", samples=False, beginning=beginning)
    list(second.events())
    assert (second.recipe.context, second.recipe.window) == (24, 24)


@pytest.mark.parametrize("family", ["gpt", "lstm"])
def test_what_no_memory_holds_is_refused_before_it_is_made(family: Any, tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed) as caught:
        planned(tmp_path, family=family, width=1_000_000)
    assert caught.value.key == "training_out_of_memory"


@pytest.mark.parametrize("width", [1, 3, 33, 100])
def test_a_network_may_have_any_width(width: int, tmp_path: Path) -> None:
    list(planned(tmp_path, width=width).events())


@pytest.mark.parametrize("seed", [0, 1234567890123456, 2**63 - 1])
@pytest.mark.parametrize("family", ["gpt", "lstm"])
def test_any_seed_of_63_bits_is_one(family: Any, seed: int, tmp_path: Path) -> None:
    list(planned(tmp_path, family=family, seed=seed).events())
