"""A foreign checkpoint into a model folder of genchat: read once, checked whole, stored so that opening it is quick.

The folder holds the weights exactly (model.safetensors, in the narrowest float that loses nothing), the same in whole
numbers of 8 bits, or of the 4 that the file itself has, for fast decoding (int8.safetensors), the tokenizer and the
chat template.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genchat.engine.checkpoints.description import Checkpoint, names_of
from genchat.engine.errors import GenchatError, ModelDamaged
from genchat.engine.gpt.chat_template import LONGEST_TEMPLATE, CheckpointTemplate
from genchat.engine.memory import check_memory
from genchat.engine.model_card import ModelCard, file_checksum, write_model
from genchat.engine.tokenizers.foreign import ForeignTokenizer
from genchat.engine.tokenizers.sentencepiece import tokenizer_of

if TYPE_CHECKING:
    import torch

    from genchat.engine.gpt.quantisation import FourBits

Progress = Callable[[float], None]
TEMPLATE_FILE = "chat_template.jinja"
# Four for the weight, two for what is made of it: the narrower float, or the copy in 8 bits and the levels of 4.
_BYTES_A_WEIGHT = 6


def read_checkpoint(path: Path) -> Checkpoint:
    """A GGUF file or a Hugging Face folder. Raises ModelDamaged saying what is missing or not supported."""
    if path.is_dir():
        from genchat.engine.checkpoints.huggingface import read_folder

        return read_folder(path)
    from genchat.engine.checkpoints.gguf_checkpoint import read_gguf

    return read_gguf(path)


def import_checkpoint(
    path: Path,
    folder: Path,
    *,
    command: str,
    source: str = "",
    progress: Progress | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> ModelCard:
    """Convert the checkpoint at `path` into the model folder `folder`. Returns its card.

    Raises ModelDamaged, and GenchatError where the model needs more memory than there is or the work was stopped.
    """
    import torch

    from genchat.engine.gpt.packed import INT8_FILE
    from genchat.engine.gpt.quantisation import quantise
    from genchat.engine.training.weights import WEIGHTS_FILE, write_tensors

    checkpoint = read_checkpoint(path)
    name = folder.name
    tokenizer = tokenizer_of(checkpoint.vocabulary)
    try:
        tokenizer.check()
        tokenizer.encode("a")
    except ValueError as error:
        raise ModelDamaged("model_damaged", name=path.name, reason=error) from None
    template = checkpoint.chat_template
    if template:
        _template(checkpoint, tokenizer, name).check()
    check_memory(_parameters(checkpoint) * _BYTES_A_WEIGHT, path.name)
    weights, four_bits = _weights(checkpoint, path.name, progress, should_stop)

    def write(target: Path) -> None:
        exact = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}[checkpoint.stored]
        write_tensors(target / WEIGHTS_FILE, {key: _narrow(tensor, exact) for key, tensor in weights.items()})
        write_tensors(target / INT8_FILE, quantise(weights, four_bits))
        tokenizer.save(target)
        if template:
            (target / TEMPLATE_FILE).write_text(template, encoding="utf-8")

    facts = dict(checkpoint.facts)
    digest = file_checksum(path) if path.is_file() else ""
    card = ModelCard(
        name=name,
        family="gpt",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        sources=({"name": source or path.name, "licence": facts.get("licence", ""), "sha256": digest},),
        settings={
            "network": checkpoint.config.to_json(),
            "checkpoint": {
                "architecture": checkpoint.architecture,
                "stops": sorted(checkpoint.stops),
                "bos": checkpoint.bos,
                "eos": checkpoint.eos,
                **facts,
            },
        },
        results={"description": facts.get("title", ""), "parameters": _parameters(checkpoint)},
        versions={"genchat": metadata.version("genchat"), "torch": torch.__version__},
        chat=bool(template),
    )
    return write_model(folder, card, write)


def _narrow(weight: "torch.Tensor", kind: "torch.dtype") -> "torch.Tensor":
    """In the narrower float where that loses nothing: beside matrices of 16 bits, norms and biases may have 32."""
    import torch

    narrow = weight.to(kind)
    return narrow if torch.equal(narrow.float(), weight) else weight


def _template(checkpoint: Checkpoint, tokenizer: ForeignTokenizer, name: str) -> CheckpointTemplate:
    if len(checkpoint.chat_template) > LONGEST_TEMPLATE:
        raise ModelDamaged("template_failed", name=name, reason=f"> {LONGEST_TEMPLATE} characters")
    variables = {"bos_token": checkpoint.bos, "eos_token": checkpoint.eos}
    literals = checkpoint.vocabulary.literals
    return CheckpointTemplate(
        name, checkpoint.chat_template, tokenizer, checkpoint.stops, literals, variables, checkpoint.vocabulary.flags
    )


def _parameters(checkpoint: Checkpoint) -> int:
    return sum(math.prod(shape) for shape in checkpoint.tensors.shapes.values())


def _weights(
    checkpoint: Checkpoint, name: str, progress: Progress | None, should_stop: Callable[[], bool] | None
) -> tuple[dict[str, "torch.Tensor"], dict[str, "FourBits"]]:
    """Our parameters by name, fp32, and those that the file holds in 4 bits once more as such.

    Raises ModelDamaged for tensors that are missing, left over or misshapen.
    """
    import torch

    from genchat.engine.gpt.quantisation import FourBits
    from genchat.engine.gpt.transformer import Gpt

    with torch.device("meta"):
        expected: dict[str, Any] = Gpt(checkpoint.config).state_dict()
    sources = {key: names_of(key, checkpoint.dialect) for key in expected}
    shapes = checkpoint.tensors.shapes
    for key, names in sources.items():
        missing = next((each for each in names if each not in shapes), None)
        if missing is not None:
            raise ModelDamaged("tensor_missing", name=name, tensor=missing)
        rows, rest = sum(shapes[each][0] for each in names), {tuple(shapes[each][1:]) for each in names}
        if (rows,) != tuple(expected[key].shape[:1]) or rest != {tuple(expected[key].shape[1:])}:
            found = " + ".join(str(list(shapes[each])) for each in names)
            sizes = {"found": found, "expected": list(expected[key].shape)}
            raise ModelDamaged("tensor_shape", name=name, tensor=names[0], **sizes)
    used = {each for names in sources.values() for each in names}
    for each in shapes:
        if each not in used and not each.endswith(checkpoint.ignored or ("\0",)):
            raise ModelDamaged("tensor_unknown", name=name, tensor=each)
    found_weights, four_bits = {}, {}
    for done, (key, names) in enumerate(sources.items()):
        if should_stop is not None and should_stop():
            raise GenchatError("import_stopped", name=name)
        parts = [torch.from_numpy(checkpoint.tensors.read(each)) for each in names]
        weight = parts[0] if len(parts) == 1 else torch.cat(parts)
        if not bool(torch.isfinite(weight).all()):
            raise ModelDamaged("weights_unreadable", name=name, file=names[0], reason="NaN")
        found_weights[key] = weight
        groups = [each for each in map(checkpoint.tensors.groups, names) if each is not None]
        if len(groups) == len(names):
            levels, scales, offsets = (
                torch.from_numpy(np.concatenate(each))
                for each in zip(*((group.levels, group.scales, group.offsets) for group in groups), strict=True)
            )
            four_bits[key] = FourBits(levels, scales, offsets)
        if progress is not None:
            progress((done + 1) / len(sources))
    return found_weights, four_bits
