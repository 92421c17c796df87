"""Records of tokens: small, true to the step, told apart by id."""

import numpy as np
import pytest

from genchat.engine.contract import ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.distribution import exact, top_k, unknown
from genchat.engine.history import StoredStep
from genchat.engine.local_backend import LocalBackend
from genchat.engine.sampling import Sampler, SamplingSettings
from genchat.engine.token_labels import Labels
from genchat.tui.chat.token_records import KEPT_ROWS, Recorder
from tests.fakes import ByteTokenizer, HashModel

_SETTINGS = [
    SamplingSettings(seed=1),
    SamplingSettings(seed=2, temperature=0),
    SamplingSettings(seed=3, top_k=40, top_p=0.9, min_p=0.02),
    SamplingSettings(seed=4, top_p=1, temperature=1),
    SamplingSettings(seed=5, repetition_penalty=1.5, top_k=12),
    SamplingSettings(seed=6, temperature=1, top_p=1, typical_p=0.3),
    SamplingSettings(seed=7, temperature=1, xtc_probability=1, xtc_threshold=0.02, min_p=0.01),
]


def _steps(sampling: SamplingSettings, count: int = 12) -> list[Step]:
    backend = LocalBackend(HashModel())
    events = backend.reply([Message(Role.USER, "hi")], ReplySettings(sampling, count))
    return [event for event in events if isinstance(event, Step)]


@pytest.mark.parametrize("sampling", _SETTINGS)
def test_a_record_says_what_the_step_says(sampling: SamplingSettings) -> None:
    recorder = Recorder(ByteTokenizer())
    for step in _steps(sampling):
        record = recorder.record(step)
        assert step.draw is not None
        rows = record.rows(1000)
        assert [row.token for row in rows] == [each.token for each in step.raw.top(1000)]
        for row in rows:
            log_prob, drawn = step.raw.log_prob(row.token), step.drawn_from.log_prob(row.token)
            assert log_prob is not None
            assert drawn is not None
            assert row.raw == pytest.approx(np.exp(log_prob))
            assert row.drawn == pytest.approx(np.exp(drawn))
            assert row.cut_by == step.draw.cut_by(row.token)
        assert record.rank == step.raw.rank(step.draw.token)


@pytest.mark.parametrize("sampling", _SETTINGS)
def test_the_draw_falls_into_the_interval_of_the_chosen_token(sampling: SamplingSettings) -> None:
    recorder = Recorder(ByteTokenizer())
    for step in _steps(sampling):
        record = recorder.record(step)
        assert step.draw is not None
        if step.draw.uniform is None:
            assert record.interval is None
            continue
        assert record.interval == pytest.approx(step.draw.interval(step.draw.token), abs=1e-5)


def test_equal_probabilities_do_not_make_two_rows_the_chosen_one() -> None:
    same = np.log(np.full(4, 0.25, dtype=np.float32))
    step = Step(0, 2, "c", float(same[2]), exact(same), exact(same))
    record = Recorder(ByteTokenizer()).record(step)
    assert [row.token for row in record.rows(4) if row.token == record.token] == [2]


def test_a_large_vocabulary_is_condensed_and_keeps_the_chosen_token() -> None:
    log_probs = np.log(np.random.default_rng(1).dirichlet(np.ones(50_000))).astype(np.float32)
    token = int(np.argmin(log_probs))
    step = Step(0, token, "x", float(log_probs[token]), exact(log_probs), exact(log_probs))
    record = Recorder(None).record(step)
    assert record.row_count == KEPT_ROWS + 1
    assert record.rows(5)[-1].token == token
    assert record.rows(5)[-1].rank == 50_000


def test_stages_are_told_apart_when_several_cut() -> None:
    log_probs = np.log(np.array([0.4, 0.3, 0.2, 0.06, 0.04], dtype=np.float32))
    draw = Sampler(SamplingSettings(seed=1, temperature=1, top_k=4, top_p=0.65)).draw(log_probs)
    step = Step(0, draw.token, "x", float(log_probs[draw.token]), exact(log_probs), draw.distribution(), draw)
    rows = Recorder(None).record(step).rows(5)
    assert [row.cut_by for row in rows] == [None, None, "top-p", "top-p", "top-k"]


def test_a_cut_from_the_middle_names_the_likeliest_as_cut() -> None:
    log_probs = np.log(np.array([0.38, 0.1, 0.11, 0.09, 0.12, 0.1, 0.1], dtype=np.float32))
    draw = Sampler(SamplingSettings(seed=1, temperature=1, top_p=1, typical_p=0.3)).draw(log_probs)
    step = Step(0, draw.token, "x", float(log_probs[draw.token]), exact(log_probs), draw.distribution(), draw)
    record = Recorder(None).record(step)
    first = record.rows(1)[0]
    assert (first.token, first.cut_by, first.drawn) == (0, "typical-p", 0)
    assert record.interval == draw.interval(draw.token)


def test_a_remote_list_stays_a_list() -> None:
    step = Step(0, 66, "B", -1.6, top_k([(65, -0.7), (66, -1.6)]), unknown("tui.panel.none"))
    record = Recorder(ByteTokenizer()).record(step)
    assert record.kind == "top-k"
    assert [(row.label, row.drawn) for row in record.rows(9)] == [("A", None), ("B", None)]
    assert record.entropy is None


def test_a_stored_step_shows_both_columns_and_its_cuts() -> None:
    raw = top_k([(65, -0.5), (66, -1.0), (67, -3.0)])
    drawn = top_k([(65, -0.3), (66, -1.2)])
    step = StoredStep(0, 66, "B", -1.0, raw, drawn, rank=2, cut={67: "top-p"})
    record = Recorder(ByteTokenizer()).record(step)
    rows = record.rows(3)
    assert [row.cut_by for row in rows] == [None, None, "top-p"]
    assert rows[1].drawn == pytest.approx(np.exp(-1.2))
    assert rows[2].drawn == 0
    assert record.rank == 2


def test_text_of_a_token_cannot_carry_escapes() -> None:
    step = Step(0, 27, "\x1b[2J\x9b1m", -1.0, unknown("tui.panel.none"), unknown("tui.panel.none"))
    record = Recorder(ByteTokenizer()).record(step)
    assert "\x1b" not in record.text + record.label
    assert "\x9b" not in record.text


def test_labels_join_split_characters() -> None:
    labels = Labels(ByteTokenizer())
    assert labels.text("ação".encode()) == "ação"
    assert labels(0xC3) == "⟨c3⟩"
    assert labels(258) == "<|end|>"


def test_without_a_vocabulary_a_step_is_labelled_by_its_text_and_a_bare_id_by_its_number() -> None:
    nothing = unknown("tui.panel.none")
    assert Labels(None).of(Step(0, 7, "né", None, nothing, nothing)) == "né"
    assert Labels(None)(7) == "#7"
