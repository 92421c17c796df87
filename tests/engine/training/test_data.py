"""Texts to ids to batches: nothing lost, nothing leaked, the same order for the same seed."""

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine.conversation import ASSISTANT, END, USER
from genchat.engine.errors import TextUnusable
from genchat.engine.training.data import Batches, Source, held_out_windows, prepare, read_sources
from tests.fakes import ByteTokenizer

TOKENIZER = ByteTokenizer()
TALK = "\n\n".join(f"### t{n}\nP: oi {n}\nR: olá {n}!" for n in range(20))


def test_the_last_tenth_of_a_text_is_held_out() -> None:
    text = "".join(chr(97 + index % 26) for index in range(1000))
    data = prepare([Source("a.txt", text)], TOKENIZER)
    assert TOKENIZER.decode(data.train.tolist()) == text[:900]
    assert TOKENIZER.decode(data.held_out.tolist()) == text[900:]
    assert data.held_out_bytes == 100


def test_held_out_files_take_the_place_of_the_tenth() -> None:
    data = prepare([Source("a.txt", "abc" * 10), Source("b.txt", "xyz", held_out=True)], TOKENIZER)
    assert TOKENIZER.decode(data.train.tolist()) == "abc" * 10
    assert TOKENIZER.decode(data.held_out.tolist()) == "xyz"


def test_dialogues_become_turns_and_are_never_torn() -> None:
    data = prepare([Source("t.txt", TALK)], TOKENIZER)
    user, assistant, end = (TOKENIZER.special_tokens[name] for name in (USER, ASSISTANT, END))
    first = [user, *TOKENIZER.encode("oi 0"), end, assistant, *TOKENIZER.encode("olá 0!"), end]
    assert data.train.tolist()[: len(first)] == first
    assert data.held_out.tolist()[0] == user
    assert TOKENIZER.decode(data.held_out.tolist()) == "oi 18olá 18!oi 19olá 19!"
    assert data.held_out_bytes == len("oi 18olá 18!oi 19olá 19!".encode())


def test_among_dialogues_a_plain_text_ends_with_the_end_token() -> None:
    data = prepare([Source("t.txt", TALK), Source("s.txt", "uma história", held_out=True)], TOKENIZER)
    assert data.held_out.tolist() == [*TOKENIZER.encode("uma história"), TOKENIZER.special_tokens[END]]


def test_the_text_hash_follows_text_and_role() -> None:
    def hash_of(*sources: Source) -> str:
        return prepare(sources, TOKENIZER).sha256

    a, b = Source("a", "one two three four"), Source("b", "five six seven eight", held_out=True)
    assert hash_of(a) == hash_of(Source("other name", a.text))
    assert len({hash_of(a), hash_of(a, b), hash_of(a, Source("b", b.text)), hash_of(Source("a", a.text + "."))}) == 4


@pytest.mark.parametrize(
    ("content", "key"),
    [(b"", "text_empty"), (b" \n", "text_empty"), (b"a\0b", "text_binary"), (b"\xff", "text_not_utf8")],
)
def test_files_that_are_no_text_are_named(tmp_path: Path, content: bytes, key: str) -> None:
    (tmp_path / "bad.txt").write_bytes(content)
    with pytest.raises(TextUnusable) as caught:
        read_sources([tmp_path / "bad.txt"])
    assert caught.value.key == key
    assert "bad.txt" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TextUnusable) as caught:
        read_sources([tmp_path / "none.txt"])
    assert caught.value.key == "text_unreadable"


def test_a_broken_dialogue_is_named_with_its_line() -> None:
    with pytest.raises(TextUnusable) as caught:
        prepare([Source("talk.txt", "### t\nP: oi\nP: de novo\n")], TOKENIZER)
    assert "talk.txt:3" in str(caught.value)


def test_a_folder_is_read_in_order_with_its_held_out_files(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "heldout_c.txt", "notes.md"):
        (tmp_path / name).write_text(name)
    found = read_sources([tmp_path])
    assert [(source.name, source.held_out) for source in found] == [
        ("a.txt", False),
        ("b.txt", False),
        ("heldout_c.txt", True),
    ]


@given(st.integers(30, 300), st.integers(1, 12), st.integers(1, 4), st.integers(0, 5), st.booleans())
@settings(deadline=None, max_examples=120)
def test_an_epoch_has_no_token_twice(length: int, window: int, batch: int, seed: int, streams: bool) -> None:
    tokens = torch.arange(length)
    batches = Batches(tokens, window, batch, seed, streams)
    if not batches.batches_an_epoch:
        return
    seen: list[int] = []
    for _ in range(batches.batches_an_epoch):
        found = batches.next()
        ids, targets = found.ids, found.targets
        assert ids.shape == targets.shape == (batch, window)
        assert torch.equal(ids + 1, targets)
        seen.extend(ids.flatten().tolist())
    assert batches.epoch == 0
    assert len(set(seen)) == len(seen)
    assert len(seen) >= length - 1 - window - window * batch


def test_epochs_differ_in_order_and_phase() -> None:
    batches = Batches(torch.arange(400), 8, 4, seed=1)
    epochs = [torch.cat([batches.next().ids for _ in range(batches.batches_an_epoch)]) for _ in range(1)]
    batches.epoch, batches.index = 1, 0
    second = batches.next().ids
    assert not torch.equal(epochs[0][:4], second)


def test_the_place_in_the_data_is_all_there_is_to_remember() -> None:
    straight = Batches(torch.arange(300), 8, 4, seed=3)
    wanted = [straight.next().ids for _ in range(30)]
    resumed = Batches(torch.arange(300), 8, 4, seed=3)
    for index in range(30):
        again = Batches(torch.arange(300), 8, 4, seed=3)
        again.epoch, again.index = resumed.epoch, resumed.index
        resumed = again
        assert torch.equal(resumed.next().ids, wanted[index])


def test_streams_go_on_where_they_ended() -> None:
    batches = Batches(torch.arange(200), 6, 3, seed=0, streams=True)
    first = batches.next()
    before = first.ids
    assert first.fresh
    for _ in range(batches.batches_an_epoch - 1):
        found = batches.next()
        assert not found.fresh
        assert torch.equal(found.ids[:, 0], before[:, -1] + 1)
        before = found.ids


def test_windows_tell_texts_apart() -> None:
    starts = torch.tensor([0, 5, 20, 21])
    batches = Batches(torch.arange(40), 8, 2, seed=3, starts=starts)
    mixed = 0
    for _ in range(batches.batches_an_epoch):
        found = batches.next()
        text_of = [[sum(place >= start for start in starts.tolist()) for place in row] for row in found.ids.tolist()]
        if found.segments is None:
            assert all(len(set(row)) == 1 for row in text_of)
        else:
            mixed += 1
            assert found.segments.tolist() == text_of
    assert mixed
    assert Batches(torch.arange(40), 8, 2, seed=3, starts=torch.tensor([0])).next().segments is None


def test_a_team_shares_each_batch_without_overlap() -> None:
    tokens = torch.arange(300)
    whole = Batches(tokens, 8, 4, seed=3).next().ids
    parts = [Batches(tokens, 8, 4, seed=3, rank=rank, world=2).next().ids for rank in range(2)]
    assert {tuple(row) for row in whole.tolist()} == {tuple(row) for part in parts for row in part.tolist()}
    assert all(len(part) == 2 for part in parts)


@given(st.integers(0, 200), st.integers(1, 30))
@settings(deadline=None, max_examples=100)
def test_every_held_out_token_but_the_first_is_priced_once(length: int, window: int) -> None:
    parts = held_out_windows(torch.arange(length), window)
    targets = [place for part in parts for place in part.targets.flatten().tolist()]
    assert targets == list(range(1, length))
