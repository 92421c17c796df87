"""The stored trace shows what the live panel showed: raw and drawn-from side by side, ranks, cuts, text offsets."""

import math
import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.contract import Step
from genchat.engine.conversation import Message, Role
from genchat.engine.distribution import NoDistribution, TopKDistribution, exact, top_k, unknown
from genchat.engine.errors import HistoryError
from genchat.engine.history import HistoryStore, RunStart
from genchat.engine.history.columns import Unpacker, pack, planes
from genchat.engine.history.rounding import shown
from genchat.engine.history.trace import StoredTrace
from genchat.engine.history.trace_builder import BEST, BEST_SMALL, CODEC, SMALL_VOCABULARY, TraceBuilder
from genchat.engine.history.vocabulary import decode_vocabulary, encode_vocabulary
from genchat.engine.language.numbers import percent
from genchat.engine.sampling import Sampler, SamplingSettings
from tests.engine.history import makers
from tests.fakes import ByteTokenizer


def drawn_steps(size: int, count: int, sampling: SamplingSettings, seed: int = 0) -> list[Step]:
    """Steps of a made-up model of `size` tokens, some of which can never come."""
    random = np.random.default_rng(seed)
    sampler = Sampler(sampling)
    steps: list[Step] = []
    before: list[int] = []
    for position in range(count):
        logits = random.normal(0, 3, size)
        logits[random.random(size) < 0.2] = -np.inf
        logits[position % size] = 4.0
        log_probs = (logits - np.log(np.exp(logits).sum())).astype(np.float32)
        draw = sampler.draw(log_probs, before)
        before.append(draw.token)
        own = float(log_probs[draw.token])
        steps.append(Step(position, draw.token, f"t{draw.token} ", own, exact(log_probs), draw.distribution(), draw))
    return steps


def stored(steps: list[Step], temperature: float) -> StoredTrace:
    builder = TraceBuilder(temperature)
    for step in steps:
        builder.add(step)
    text = "".join(step.text for step in steps)
    return StoredTrace(builder.encode([len(step.text) for step in steps]), CODEC, text)


@pytest.mark.parametrize("size", [40, 70_000])
@pytest.mark.parametrize(
    "sampling",
    [
        SamplingSettings(seed=1),
        SamplingSettings(temperature=1, top_p=1, seed=1),
        SamplingSettings(temperature=0.05, top_p=1, seed=1),
        SamplingSettings(temperature=1e-9, top_p=1, seed=1),
        SamplingSettings(temperature=3, top_k=3, seed=1),
        SamplingSettings(temperature=0, seed=1),
        SamplingSettings(top_k=20, top_p=0.9, min_p=0.1, seed=1),
        SamplingSettings(repetition_penalty=1.5, min_p=0.02, seed=1),
        SamplingSettings(temperature=1, top_p=1, typical_p=0.4, seed=1),
        SamplingSettings(temperature=1, top_k=30, typical_p=0.5, xtc_probability=1, seed=1),
        SamplingSettings(repetition_penalty=3, presence_penalty=1.5, mirostat_tau=2, seed=1),
    ],
)
def test_a_stored_step_says_what_the_live_step_said(size: int, sampling: SamplingSettings) -> None:
    live = drawn_steps(size, 12 if size < 300 else 4, sampling)
    trace = stored(live, sampling.temperature)
    candidates = BEST_SMALL if size <= SMALL_VOCABULARY else BEST
    assert len(trace) == len(live)
    for was, now in zip(live, trace, strict=True):
        assert was.draw is not None
        assert was.token is not None
        assert now.position == was.position
        assert now.token == was.token
        assert now.text == was.text
        assert now.rank == was.raw.rank(was.token)
        assert now.kept == was.draw.kept
        assert now.log_prob == pytest.approx(was.log_prob, rel=1e-6)
        assert now.raw.entropy == pytest.approx(was.raw.entropy, rel=1e-6)
        assert now.drawn_from.entropy == pytest.approx(was.drawn_from.entropy, rel=1e-5, abs=1e-5)
        assert now.uniform == (None if was.draw.uniform is None else pytest.approx(was.draw.uniform, abs=1e-6))
        assert now.span == (None if was.draw.span is None else pytest.approx(was.draw.span, abs=1e-6))
        assert [(each.name, each.setting, each.kept, each.cuts) for each in now.stages] == [
            (each.name, each.setting, each.kept, each.cuts) for each in was.draw.stages
        ]
        survivors = {row.token for row in was.drawn_from.top(64) if row.log_prob > -math.inf}
        assert survivors.issubset(row.token for row in now.raw.top(size))
        assert now.raw.vocabulary_size == size
        top_then, top_now = was.raw.top(candidates), now.raw.top(candidates)
        assert [row.token for row in top_now] == [row.token for row in top_then]
        assert now.raw.rest_mass(5) == pytest.approx(was.raw.rest_mass(5), abs=2e-3)
        for row in (*top_then, was.raw.top(size)[(was.raw.rank(was.token) or 1) - 1]):
            assert now.raw.log_prob(row.token) == pytest.approx(row.log_prob, rel=1e-3, abs=1e-3)
            then, since = was.drawn_from.log_prob(row.token), now.drawn_from.log_prob(row.token)
            assert then is not None
            assert since is not None
            assert math.exp(since) == pytest.approx(math.exp(then), abs=2e-3)
            assert (since == -math.inf) == (then == -math.inf)
            assert now.cut_by(row.token) == was.draw.cut_by(row.token)
            assert (now.cut_by(row.token) is None) == (since > -math.inf)
            for stored_one, live_one in ((since, then), (now.raw.log_prob(row.token) or 0.0, row.log_prob)):
                if not np.isnan(shown(np.array([live_one]))[0]):
                    assert percent(math.exp(stored_one)) == percent(math.exp(live_one))
        drawn_then = [row.token for row in was.drawn_from.top(3)]
        if sampling.repetition_penalty == 1 and {row.token for row in top_then}.issuperset(drawn_then):
            assert [row.token for row in now.drawn_from.top(3)] == drawn_then
        assert was.drawn_from.rank(was.token) == now.drawn_from.rank(was.token)


def test_a_stage_that_only_a_later_version_knows_is_read_by_its_name() -> None:
    live = drawn_steps(40, 3, SamplingSettings(temperature=1, top_k=5, top_p=1, seed=1))
    builder = TraceBuilder(1)
    for step in live:
        assert step.draw is not None
        stages = tuple(replace(stage, name="top-secret") for stage in step.draw.stages)
        builder.add(replace(step, draw=replace(step.draw, stages=stages)))
    trace = StoredTrace(builder.encode([len(step.text) for step in live]), CODEC, "")
    assert {name for step in trace for name in step.cut.values()} == {"top-secret"}


@pytest.mark.parametrize("stages", [None, "top-k", [3], [""], ["x" * 65], ["x"] * 255])
def test_names_of_stages_that_are_none_are_refused(stages: object) -> None:
    blob = TraceBuilder(1).encode([])
    head = Unpacker(blob).header | {"stages": stages}
    with pytest.raises(ValueError, match="stages"):
        StoredTrace(pack(head, []), CODEC, "")


def written_by_codec(codec: int, cut: list[int]) -> StoredTrace:
    """A trace of one step as an older version wrote it: candidates 0, 1, 2, …, all equally likely; 0 was drawn."""
    width = len(cut)
    header: dict[str, object] = {"n": 1, "k": width, "ids": "u1", "scale": 1.0, "reasons": [""], "vocabulary": 40}
    header |= {"stages": ["top-k"]} if codec > 1 else {}
    same = np.full((width, 1), -math.log(width), dtype=np.float16)
    columns = [
        *(planes(np.array([number]), kind) for number, kind in ((1, "u4"), (1, "u1"), (0, "u1"))),
        *(planes(np.array([number]), "f2") for number in (-math.log(width), math.log2(width))),
        *(planes(np.array([number]), "u4") for number in ((1,) if codec == 1 else (1, 1))),
        planes(np.array([1]), "u4"),
        *(planes(np.array([number]), "u1") for number in (0, 0, width)),
        planes(np.array([0]), "i4"),
        planes(np.arange(width)[:, None], "u1"),
        planes(same, "f2"),
        planes(np.zeros((width, 1)), "f2"),
        planes(np.array(cut)[:, None], "u1"),
    ]
    return StoredTrace(pack(header, columns), codec, "a")


def test_the_first_codec_numbered_its_stages() -> None:
    """Kept traces of that codec are in the fixtures; this one has a cut by every number it knew."""
    (step,) = written_by_codec(1, [0, 1, 2, 3, 4, 5, 6, 255])
    assert list(step.cut.values()) == ["repetition", "temperature", "top-k", "top-p", "min-p", "greedy"]
    assert step.stages == ()


def test_the_second_codec_kept_no_draws() -> None:
    (step,) = written_by_codec(2, [0, 0, 1, 1])
    assert dict(step.cut) == {2: "top-k", 3: "top-k"}
    assert (step.stages, step.uniform, step.span, step.by_hand) == ((), None, None, False)
    assert step.log_prob == pytest.approx(-math.log(4), abs=1e-3)
    assert step.drawn_from.log_prob(3) == -math.inf


def test_a_character_of_the_text_leads_to_its_token() -> None:
    steps = drawn_steps(40, 10, SamplingSettings(seed=2))
    trace = stored(steps, 0.8)
    offset = 0
    for step in steps:
        for _ in step.text:
            assert trace.step_at(offset) == step.position
            offset += 1
        assert trace[step.position].start == offset - len(step.text)
    assert trace.step_at(offset) is None
    assert trace.step_at(-1) is None
    assert trace[-1].position == len(steps) - 1
    assert [step.position for step in trace[2:4]] == [2, 3]
    with pytest.raises(IndexError):
        trace[len(steps)]


def test_tokens_that_write_nothing_keep_their_place() -> None:
    """Half a character writes nothing until its other half comes."""
    texts = ["a", "", "é", "", "", "🎈"]
    steps = drawn_steps(40, len(texts), SamplingSettings(seed=2))
    steps = [
        Step(step.position, step.token, text, step.log_prob, step.raw, step.drawn_from, step.draw)
        for step, text in zip(steps, texts, strict=True)
    ]
    trace = stored(steps, 0.8)
    assert [step.text for step in trace] == texts
    assert [trace.step_at(offset) for offset in range(3)] == [0, 2, 5]


def test_what_a_remote_model_does_not_say_stays_unsaid() -> None:
    some = top_k([(7, -0.1), (9, -2.5)])
    nothing = unknown("history.not_recorded")
    steps = [
        Step(0, 7, "a", -0.1, some, nothing),
        Step(1, 12, "b", -5.0, some, some),
        Step(2, None, "c", None, nothing, nothing),
        Step(3, 9, "d", -2.5, some, some, special=True),
    ]
    first, second, third, fourth = stored(steps, 0.7)
    assert isinstance(first.raw, TopKDistribution)
    assert first.raw.entropy is None
    assert first.raw.vocabulary_size is None
    assert isinstance(first.drawn_from, NoDistribution)
    assert first.kept is None
    assert (second.token, second.rank, second.log_prob) == (12, None, -5.0)
    assert [row.token for row in second.raw.top(10)] == [7, 9]
    assert second.drawn_from.log_prob(9) == pytest.approx(-2.5, abs=2e-3)
    assert third.token is None
    assert third.log_prob is None
    assert isinstance(third.raw, NoDistribution)
    assert third.raw.reason == "history.not_recorded"
    assert fourth.special
    assert fourth.rank == 2


def test_a_reason_this_version_has_no_text_for_is_replaced() -> None:
    (step,) = stored([Step(0, None, "a", None, unknown("gone.reason"), unknown("gone.reason"))], 1)
    assert isinstance(step.raw, NoDistribution)
    assert step.raw.reason == "history.not_recorded"


def test_a_vocabulary_outlives_its_model() -> None:
    tokenizer = ByteTokenizer()
    kept = decode_vocabulary(encode_vocabulary(tokenizer).data)
    for token in range(tokenizer.vocabulary_size):
        assert kept.token_bytes(token) == tokenizer.token_bytes(token)
    assert kept.special_tokens == tokenizer.special_tokens
    assert kept.label(ord(" ")) == "·"
    assert kept.label(0xC3) == "⟨c3⟩"
    assert kept.label(256) == "<|user|>"
    assert kept.label(10**9) == "∅"
    assert encode_vocabulary(tokenizer).digest == encode_vocabulary(ByteTokenizer()).digest


def test_tokens_of_a_growing_vocabulary_are_kept_in_the_trace_itself(store: HistoryStore) -> None:
    run = makers.run()
    remote = RunStart(run.family, run.model, run.checksum, run.settings, run.seed, run.tokenizer, vocabulary_grows=True)
    recorder = store.begin_reply(makers.ask(store), remote)
    for event in makers.events(5):
        recorder.add(event)
    trace = store.trace(recorder.finish("done").id)
    assert trace is not None
    assert trace.vocabulary is not None
    for step in trace:
        for row in step.raw.top(50):
            assert trace.vocabulary.token_bytes(row.token) == ByteTokenizer().token_bytes(row.token)


def test_one_vocabulary_is_stored_once_and_goes_with_its_last_run(store: HistoryStore) -> None:
    def count() -> int:
        with store._connections.reader() as connection:
            return int(connection.execute("SELECT count(*) FROM vocabulary").fetchone()[0])

    first, second = makers.ask(store), makers.ask(store)
    makers.answer(store, first)
    makers.answer(store, second)
    assert count() == 1
    store.delete(first.conversation)
    assert count() == 1
    store.delete(second.conversation)
    assert count() == 0


@pytest.mark.parametrize("size", [100, 20_000])
def test_a_trace_is_small(size: int) -> None:
    steps = drawn_steps(size, 200, SamplingSettings(seed=5))
    builder = TraceBuilder(0.8)
    for step in steps:
        builder.add(step)
    bytes_per_token = len(builder.encode([len(step.text) for step in steps])) / len(steps)
    assert bytes_per_token < 150  # random numbers are the worst case


def test_a_trace_of_another_codec_is_said_to_be_unreadable(store: HistoryStore) -> None:
    recorder = store.begin_reply(makers.ask(store), makers.run())
    for event in makers.events(3):
        recorder.add(event)
    message = recorder.finish()
    store._connections.write(lambda connection: connection.execute("UPDATE trace SET codec = 99"))
    with pytest.raises(HistoryError, match="cannot be read"):
        store.trace(message.id)
    assert store.message(message.id) == message


@given(st.binary(max_size=300), st.booleans())
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_a_trace_or_a_value_error(data: bytes, compressed: bool) -> None:
    for read in (lambda blob: list(StoredTrace(blob, CODEC, "text")), decode_vocabulary):
        try:
            read(zlib.compress(data) if compressed else data)
        except ValueError:
            continue


@given(st.integers(0, 10**9), st.integers(0, 255))
@settings(deadline=None, max_examples=300)
def test_a_trace_with_one_altered_byte_is_read_or_refused(index: int, value: int) -> None:
    builder = TraceBuilder(0.8, ByteTokenizer())
    for step in makers.events(4):
        if isinstance(step, Step):
            builder.add(step)
    plain = bytearray(zlib.decompress(builder.encode([1] * len(builder))))
    plain[index % len(plain)] = value
    try:
        trace = StoredTrace(zlib.compress(bytes(plain)), CODEC, "abcd")
    except ValueError:
        return
    for step in trace:
        for distribution in (step.raw, step.drawn_from):
            assert len(distribution.top(5)) <= 5
            assert all(0 <= row.probability <= 1 for row in distribution.top(50))
        assert isinstance(step.text, str)


@given(st.lists(st.tuples(st.text(max_size=5), st.booleans()), max_size=30), st.integers(1, 5))
@settings(deadline=None, max_examples=100)
def test_texts_and_marks_come_back(pieces: list[tuple[str, bool]], size: int) -> None:
    log_probs = np.log(np.full(size, 1 / size, dtype=np.float32))
    builder = TraceBuilder(1)
    for position, (text, special) in enumerate(pieces):
        builder.add(Step(position, position % size, text, 0.0, exact(log_probs), exact(log_probs), special=special))
    lengths = [len(text) for text, _ in pieces]
    trace = StoredTrace(builder.encode(lengths), CODEC, "".join(text for text, _ in pieces))
    assert [(step.text, step.special) for step in trace] == pieces


def test_an_unfolding_blob_is_bounded() -> None:
    bomb = zlib.compress(bytes(65 * 2**20), 1)
    with pytest.raises(ValueError, match="too large"):
        StoredTrace(bomb, CODEC, "")


def test_the_trace_of_a_reply_matches_the_reply(store: HistoryStore) -> None:
    live = [event for event in makers.events(30) if isinstance(event, Step)]
    recorder = store.begin_reply(makers.ask(store), makers.run())
    for step in live:
        recorder.add(step)
    message = recorder.finish("done")
    trace = store.trace(message.id)
    assert trace is not None
    assert trace.tokens == tuple(step.token for step in live)
    replay = list(makers.backend().reply([Message(Role.USER, "hi")], makers.settings(30)))
    assert [event.text for event in replay if isinstance(event, Step)] == [step.text for step in trace]
    assert trace.log_probs == pytest.approx([step.log_prob for step in live], rel=1e-3)
    assert trace.entropies == pytest.approx([step.raw.entropy for step in live], rel=1e-3)
