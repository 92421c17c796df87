"""The LSTM as a model to talk to: what it remembers, what it costs, what it refuses."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from genchat.engine.errors import UsageError
from genchat.engine.lstm import model as lstm_model
from genchat.engine.lstm.cell import State
from genchat.engine.lstm.model import LstmModel
from tests.engine.lstm.models import TOKENIZER, model, network, write

_TEXT = TOKENIZER.encode("abc dab caf\nbad cafe deaf ab" * 8)


def _stepwise(made: LstmModel) -> list[float]:
    cursor = made.start([])
    found = []
    for token in _TEXT:
        found.append(float(cursor.log_probs()[token]))
        cursor.advance(token)
    return found


@pytest.mark.parametrize("fused_from", [1, 1_000_000])
def test_a_scored_text_costs_what_its_steps_cost(fused_from: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lstm_model, "_FUSED_FROM", fused_from)
    monkeypatch.setattr(lstm_model, "_SCORED_AT_ONCE", 50)
    made = model()
    np.testing.assert_allclose(made.score_tokens(_TEXT), _stepwise(made), atol=1e-5)
    assert len(made.score_tokens([])) == 0


def test_long_fused_scoring_goes_on_across_its_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    from genchat.engine.lstm import fused

    monkeypatch.setattr(lstm_model, "_FUSED_FROM", 1)
    monkeypatch.setattr(fused, "_READ_AT_ONCE", 37)
    made = model()
    np.testing.assert_allclose(made.score_tokens(_TEXT), _stepwise(made), atol=1e-5)


def test_the_next_turn_reads_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    made = model()
    made.start(_TEXT)
    fresh = model().start([*_TEXT, 270, 265]).log_probs()
    read: list[int] = []
    step = made.cell.step

    def counted(state: State, token: int) -> State:
        read.append(token)
        return step(state, token)

    monkeypatch.setattr(made.cell, "step", counted)
    np.testing.assert_array_equal(made.start([*_TEXT, 270, 265]).log_probs(), fresh)
    assert read == [270, 265]


def test_a_text_that_only_resembles_an_earlier_one_is_read_in_full() -> None:
    made = model()
    made.start(_TEXT)
    other = [*_TEXT[:-1], 264, 265]
    np.testing.assert_array_equal(made.start(other).log_probs(), model().start(other).log_probs())
    np.testing.assert_array_equal(made.start(_TEXT[:5]).log_probs(), model().start(_TEXT[:5]).log_probs())


def test_what_is_remembered_stays_small() -> None:
    made = model()
    for length in range(1, 40):
        made.start(_TEXT[:length])
    assert len(made._remembered) == lstm_model._REMEMBERED


@pytest.mark.parametrize("token", [-1, TOKENIZER.vocabulary_size])
def test_a_token_outside_the_vocabulary_is_refused_everywhere(token: int) -> None:
    made = model()
    for attempt in (made.start, made.score_tokens):
        with pytest.raises(UsageError):
            attempt([262, token])
    cursor = made.start([])
    before = cursor.log_probs()
    with pytest.raises(UsageError):
        cursor.advance(token)
    np.testing.assert_array_equal(cursor.log_probs(), before)


def test_talking_never_loads_torch(tmp_path: Path) -> None:
    write(tmp_path / "letters", network())
    program = (
        "import sys; from pathlib import Path; from genchat.engine.model_card import read_card\n"
        "from genchat.engine.lstm.loading import load; from genchat.engine.decoding import generate, score\n"
        "from genchat.engine.sampling import SamplingSettings; folder = Path(sys.argv[1])\n"
        "model = load(folder, read_card(folder))\n"
        "steps = list(generate(model, model.tokenizer.encode('abc'), SamplingSettings(seed=1), max_tokens=20))\n"
        "score(model, model.tokenizer.encode('abc')); model.start([]).evidence()\n"
        "assert steps and 'torch' not in sys.modules, sorted(sys.modules)\n"
    )
    root = Path(lstm_model.__file__).parents[3]
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "letters")], check=True, cwd=root)


def test_a_long_beginning_is_read_by_the_fused_layers_to_the_same_state(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = _TEXT + _TEXT[::-1]
    slow = model().start(tokens)
    monkeypatch.setattr(lstm_model, "_FUSED_FROM", 100)
    quick = model()
    start = quick.start(tokens[:150])
    whole = quick.start(tokens)
    for each in (start, whole):
        assert each.log_probs().shape == slow.log_probs().shape
    np.testing.assert_allclose(whole.log_probs(), slow.log_probs(), atol=1e-4)
    for mine, theirs in zip(whole.evidence().forget, slow.evidence().forget, strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-4)
