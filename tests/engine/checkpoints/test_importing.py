"""Importing: a GGUF file and the folder it was made from are one model; what cannot be used is named."""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.engine import memory
from genchat.engine.checkpoints.gguf import GgufFile
from genchat.engine.checkpoints.importing import import_checkpoint
from genchat.engine.contract import ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.errors import GenchatError, ModelDamaged
from genchat.engine.gpt.loading import Precision, load_checkpoint
from genchat.engine.local_backend import LocalBackend
from genchat.engine.model_card import read_card
from genchat.engine.paths import paths
from genchat.engine.registry import Registry
from genchat.engine.sampling import SamplingSettings
from genchat.engine.settings import Settings
from genchat.testing import LanguageModelContract
from tests.engine.checkpoints.folders import CHATML, make_folder
from tests.engine.checkpoints.gguf_writer import checkpoint_gguf, gguf

pytest.importorskip("transformers")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder and a GGUF file of one random llama."""
    root = tmp_path_factory.mktemp("tiny")
    reference = make_folder(root / "published", "llama")
    checkpoint_gguf(root / "tiny.gguf", root / "published", reference, {"tokenizer.chat_template": CHATML})
    for source in ("published", "tiny.gguf"):
        import_checkpoint(root / source, root / "models" / source, command=f"genchat import {source}")
    return root


def opened(folder: Path, precision: Precision = "fp32") -> LocalBackend:
    return load_checkpoint(folder, read_card(folder), precision)


class TestImportedModelKeepsTheContract(LanguageModelContract):
    @pytest.fixture
    def model(self, tiny: Path) -> object:
        return opened(tiny / "models" / "tiny.gguf").model


def test_both_forms_give_the_same_model(tiny: Path) -> None:
    one, other = (opened(tiny / "models" / source).model for source in ("published", "tiny.gguf"))
    text = "the dog and 12 cats"
    assert one.tokenizer.encode(text) == other.tokenizer.encode(text)
    ids = one.tokenizer.encode(text)
    np.testing.assert_allclose(one.start(ids).log_probs(), other.start(ids).log_probs(), atol=1e-5)


def test_sentencepiece_is_read_alike_from_both_forms(tmp_path: Path) -> None:
    reference = make_folder(tmp_path / "published", "llama", sentencepiece=True)
    checkpoint_gguf(tmp_path / "tiny.gguf", tmp_path / "published", reference)
    models = []
    for source in ("published", "tiny.gguf"):
        import_checkpoint(tmp_path / source, tmp_path / "models" / source, command=f"genchat import {source}")
        models.append(opened(tmp_path / "models" / source).model)
    one, other = models
    text = "the dog  and 12 cats\n日"
    ids = one.tokenizer.encode(text)
    assert ids == other.tokenizer.encode(text)
    assert one.tokenizer.decode(ids) == text
    np.testing.assert_allclose(one.start(ids).log_probs(), other.start([1, *ids]).log_probs(), atol=1e-5)


@pytest.mark.parametrize("precision", ["bf16", "int8"])
def test_coarser_numbers_stay_close(precision: Precision, tiny: Path) -> None:
    folder = tiny / "models" / "tiny.gguf"
    exact, rounded = opened(folder, "fp32").model, opened(folder, precision).model
    ids = exact.tokenizer.encode("the cat sat on the mat, and the sea was blue")
    wanted = exact.score_tokens(ids).mean()  # type: ignore[attr-defined]
    assert rounded.score_tokens(ids).mean() == pytest.approx(wanted, rel=0.05)  # type: ignore[attr-defined]


def test_the_registry_opens_it_with_its_own_template(tiny: Path) -> None:
    folder = paths().models / "tiny"
    import_checkpoint(tiny / "tiny.gguf", folder, command="genchat import tiny.gguf")
    registry = Registry(paths(), Settings(precision="fp32"))
    entry = registry.entry("tiny")
    assert (entry.origin, entry.chat) == ("imported", True)
    backend = registry.open("tiny")
    greedy = ReplySettings(SamplingSettings(temperature=0), 5)
    steps = [event for event in backend.reply([Message(Role.USER, "hello")], greedy) if isinstance(event, Step)]
    assert steps
    evidence = backend.explain([Message(Role.USER, "hello")], [step.token or 0 for step in steps])
    assert evidence.attention.shape[:2] == (2, 4)  # type: ignore[union-attr]
    np.testing.assert_allclose(evidence.attention.sum(-1), 1, atol=1e-5)  # type: ignore[union-attr]
    assert len(evidence.lens) == 3  # type: ignore[union-attr]


def test_the_next_turn_reads_only_what_is_new_and_believes_the_same(tiny: Path) -> None:
    model = opened(tiny / "models" / "tiny.gguf").model
    network = model.network  # type: ignore[attr-defined]
    read: list[int] = []
    network.register_forward_pre_hook(lambda _, given: read.append(given[0].shape[1]))
    ids = model.tokenizer.encode("the cat sat on the mat")
    first = model.start(ids)
    first.log_probs()
    first.advance(9)
    first.log_probs()
    again = model.start([*ids, 9, 11, 12])
    found = again.log_probs()
    branch = model.start([*ids[:-1], 30])
    branched = branch.log_probs()
    assert read == [len(ids), 1, 2, 1]
    fresh = opened(tiny / "models" / "tiny.gguf").model
    np.testing.assert_allclose(found, fresh.start([*ids, 9, 11, 12]).log_probs(), atol=1e-5)
    np.testing.assert_allclose(branched, fresh.start([*ids[:-1], 30]).log_probs(), atol=1e-5)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"general.architecture": "mamba"}, "mamba.*llama, qwen2, qwen3, gpt2"),
        ({"tokenizer.ggml.model": "t5"}, "SentencePiece Unigram"),
        ({"tokenizer.ggml.model": "llama"}, "SentencePiece, < 256 bytes"),
        ({"tokenizer.ggml.pre": "default"}, "gpt2 default"),
        ({"llama.block_count": 3}, "blk.2.attn_norm.weight is missing"),
        ({"llama.block_count": 1}, "blk.1.* does not belong"),
        ({"llama.block_count": 1 << 30}, "layers is 1073741824"),
        ({"llama.attention.key_length": 1 << 20}, "head_width is 1048576"),
        ({"llama.rope.freq_base": float("inf")}, "freq_base is inf"),
        ({"llama.feed_forward_length": 1 << 30}, "hidden is 1073741824"),
        ({"llama.embedding_length": 64, "llama.attention.head_count": 8}, "token_embd.weight has the shape"),
        ({"llama.attention.head_count": 8}, "shape|rope"),
        ({"llama.rope.scaling.type": "yarn"}, "yarn"),
        ({"llama.context_length": "long"}, "context_length is long"),
        ({"tokenizer.ggml.merges": ["q zz"]}, "merges is q zz"),
        ({"tokenizer.chat_template": "{{ ''.__class__.__mro__ }}"}, "chat template"),
    ],
)
def test_what_cannot_be_used_is_named(changes: dict[str, object], said: str, tiny: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    reference = AutoModelForCausalLM.from_pretrained(tiny / "published")
    checkpoint_gguf(tmp_path / "bad.gguf", tiny / "published", reference, changes)
    with pytest.raises(ModelDamaged, match=said):
        import_checkpoint(tmp_path / "bad.gguf", tmp_path / "model", command="")
    assert not (tmp_path / "model").exists()


NASTY = [0, 1, 7, 1 << 31, (1 << 32) - 1, float("inf"), float("nan"), -5.5, 1e30, "", "x" * 500, [], [1], ["a"], True]


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_metadata_is_met_with_anything_but_a_name(
    data: st.DataObject, tiny: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    honest = GgufFile(tiny / "tiny.gguf")
    told = dict(honest.metadata)
    for key in data.draw(st.lists(st.sampled_from(sorted(told)), min_size=1, max_size=3)):
        told[key] = data.draw(st.sampled_from(NASTY))
    folder = tmp_path_factory.mktemp("nasty")
    (folder / "nasty.gguf").write_bytes(gguf(told, [(name, honest.read(name)) for name in honest.tensors]))
    with contextlib.suppress(ModelDamaged):
        import_checkpoint(folder / "nasty.gguf", folder / "model", command="")
        assert np.isfinite(opened(folder / "model").model.start([3, 4]).log_probs()).any()


def test_a_model_larger_than_memory_is_said_before_it_is_read(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_checkpoint(tiny / "tiny.gguf", tmp_path / "imported", command="")
    monkeypatch.setattr(memory, "available_memory", lambda: 1000)
    with pytest.raises(GenchatError, match=r"needs about .* GB"):
        import_checkpoint(tiny / "tiny.gguf", tmp_path / "model", command="")
    precisions: tuple[Precision, ...] = ("fp32", "int8")
    for precision in precisions:
        with pytest.raises(GenchatError, match=r"needs about .* GB"):
            load_checkpoint(tmp_path / "imported", read_card(tmp_path / "imported"), precision)


def test_a_folder_without_its_parts_says_which(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "llama"}), encoding="utf-8")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x02")
    with pytest.raises(ModelDamaged, match="pickle"):
        import_checkpoint(tmp_path, tmp_path / "model", command="")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelDamaged, match=r"config\.json"):
        import_checkpoint(tmp_path / "empty", tmp_path / "model", command="")


def test_a_file_without_anything_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.gguf").write_bytes(gguf({}))
    with pytest.raises(ModelDamaged, match=r"general\.architecture"):
        import_checkpoint(tmp_path / "empty.gguf", tmp_path / "model", command="")
