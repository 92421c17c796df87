"""An imported checkpoint as something to talk to: its own chat template, the precision the processor is fastest with,
and a memory of the last text, so that the next turn of a conversation reads only what is new.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from genchat.engine.contract import ModelInfo
from genchat.engine.distribution import FloatArray, known_numbers
from genchat.engine.errors import ModelDamaged
from genchat.engine.evidence import GptEvidence
from genchat.engine.gpt.chat_template import CheckpointTemplate
from genchat.engine.gpt.config import GptConfig
from genchat.engine.gpt.cpu_kernels import fitness
from genchat.engine.gpt.kv_cache import KvCache
from genchat.engine.gpt.model import GptCursor, GptModel, lens_row, spans, window_start
from genchat.engine.gpt.packed import INT8_FILE, ImportedGpt, load_whole
from genchat.engine.gpt.transformer import Gpt, Trace
from genchat.engine.local_backend import LocalBackend
from genchat.engine.memory import check_memory
from genchat.engine.model_card import ModelCard
from genchat.engine.tokenizers.foreign import ForeignTokenizer
from genchat.engine.tokenizers.reading import TOKENIZER_FILE, read_tokenizer
from genchat.engine.training.weights import WEIGHTS_FILE, read_weights

TEMPLATE_FILE = "chat_template.jinja"
Precision = Literal["auto", "fp32", "bf16", "int8"]
# For checkpoints that were never taught to converse: the messages one after the other, as a text to go on with.
PLAIN = "{% for message in messages %}{{ message.content }}\n{% endfor %}"
_SCORED_AT_ONCE = 128  # positions whose whole distributions are held at once


class ImportedCursor(GptCursor):
    """See engine.contract.Cursor. Tells the model what it has read, so that later texts can begin from there."""

    _model: "ImportedModel"

    def resume(self, tokens: tuple[int, ...]) -> "ImportedCursor":
        """A cursor after `tokens` that has read as much of them as this one has."""
        twin = ImportedCursor(self._model, tokens)
        start = window_start(len(tokens), self._model.limit)
        if start == self._read_from:
            read = self._tokens[start : start + self._cache.length]
            # The newest token is always read anew: what follows it is what will be asked for.
            shared = min(_alike(read, tokens[start:]), max(len(tokens) - start - 1, 0))
            twin._cache, twin._read_from = self._cache.fork_at(shared), start
        return twin

    def log_probs(self) -> FloatArray:
        found = super().log_probs()
        self._model.latest = self
        return found

    @torch.inference_mode()
    def evidence(self) -> GptEvidence:
        """Attention of this position and the logit lens of every layer; what is read already is not read again."""
        model = self._model
        window = model.window(self._tokens)
        past = self.resume(self._tokens)._cache
        unread = window[past.length : -1]
        if unread:
            model.network(model.ids(unread), past, last_only=True)
        return model.look(window, past)


class ImportedModel(GptModel):
    """See engine.contract.LanguageModel. Starts from what it has read last, as far as that is the same text."""

    def __init__(self, network: Gpt, tokenizer: ForeignTokenizer, info: ModelInfo) -> None:
        super().__init__(network, tokenizer, info)
        self._first = tokenizer.vocabulary.start
        self.latest: ImportedCursor | None = None

    def whole(self, tokens: Sequence[int]) -> tuple[int, ...]:
        """`tokens` after the token that the model expects every text to begin with, if it expects one."""
        if self._first is None or (tokens and tokens[0] == self._first):
            return tuple(tokens)
        return (self._first, *tokens)

    def start(self, tokens: Sequence[int]) -> ImportedCursor:
        self.check(tokens)
        whole = self.whole(tokens)
        return ImportedCursor(self, whole) if self.latest is None else self.latest.resume(whole)

    def look(self, window: Sequence[int], past: KvCache) -> GptEvidence:
        """The evidence at the last token of `window`, when `past` holds all before it."""
        trace = Trace()
        self.network(self.ids(window[-1:]), past, trace, last_only=True)
        attention = np.stack([weights[:, -1].float().cpu().numpy() for weights in trace.attention])
        lens = tuple(
            lens_row(layer, self.network.logits(stream[-1]).log_softmax(-1).cpu().numpy())
            for layer, stream in enumerate(trace.residual)
        )
        return GptEvidence(tuple(window), attention, lens)

    @torch.inference_mode()
    def score_tokens(self, tokens: Sequence[int]) -> FloatArray:
        """float32 [len(tokens)]. The vocabulary is large, so distributions are made a few positions at a time."""
        self.check(tokens)
        whole = self.whole(tokens)
        found = np.empty(len(whole), dtype=np.float32)
        if not len(tokens):
            return found[:0]
        if len(whole) == len(tokens):
            found[0] = ImportedCursor(self, ()).log_probs()[whole[0]]
        for start, end, first in spans(len(whole), self.limit):
            past = self.new_cache()
            for place in range(start, end, _SCORED_AT_ONCE):
                here = whole[place : min(place + _SCORED_AT_ONCE, end)]
                log_probs = self.network(self.ids(here), past)[0].log_softmax(-1)
                targets = self.ids(whole[place + 1 : place + 1 + len(here)])[0]
                priced = log_probs.gather(1, targets[:, None])[:, 0].cpu().numpy()
                new = max(first - place - 1, 0)
                found[place + 1 + new : place + 1 + len(here)] = known_numbers(priced[new:], self.info.name)
        return found[len(whole) - len(tokens) :]


def _alike(first: Sequence[int], second: Sequence[int]) -> int:
    """How many tokens two texts have in common at their beginnings."""
    return next(
        (place for place, (one, other) in enumerate(zip(first, second, strict=False)) if one != other),
        min(len(first), len(second)),
    )


def load_imported(folder: Path, card: ModelCard, config: GptConfig, precision: Precision = "auto") -> LocalBackend:
    """The backend of an imported model's folder. Raises ModelDamaged naming what is not as it must be, and
    GenchatError where the weights would not fit into memory.
    """
    tokenizer = read_tokenizer(folder)
    if not isinstance(tokenizer, ForeignTokenizer):
        raise ModelDamaged("model_damaged", name=card.name, reason=f"{TOKENIZER_FILE}: {tokenizer.name}")
    if tokenizer.vocabulary_size != config.vocabulary_size:
        sizes = f"vocabulary {tokenizer.vocabulary_size} != {config.vocabulary_size}"
        raise ModelDamaged("model_damaged", name=card.name, reason=sizes)
    info = ModelInfo(
        name=card.name,
        family="gpt",
        vocabulary_size=config.vocabulary_size,
        context_length=config.context_length,
        parameters=int(card.results.get("parameters", 0)),
        checksum=card.checksum,
        description=str(card.results.get("description", "")),
    )
    model = ImportedModel(_network(folder, config, card.name, precision), tokenizer, info)
    return LocalBackend(model, _template(folder, card, tokenizer))


def _network(folder: Path, config: GptConfig, name: str, wanted: Precision) -> Gpt:
    if wanted in ("auto", "int8"):
        fit = fitness(config)
        if wanted == "int8" or fit.bits_8:
            if (folder / INT8_FILE).is_file():
                check_memory((folder / INT8_FILE).stat().st_size, name)
            return load_whole(folder / INT8_FILE, config, name, fit)
    with torch.device("meta"):
        network = ImportedGpt(config)
    check_memory(4 * network.parameter_count(), name)
    network.load_state_dict(read_weights(folder / WEIGHTS_FILE, network.state_dict(), name), assign=True)
    if wanted == "bf16":
        network.to(torch.bfloat16)
        network.compute_dtype = torch.bfloat16
    network.build_rotary_tables()  # these stay fp32
    return network


def _template(folder: Path, card: ModelCard, tokenizer: ForeignTokenizer) -> Any:
    told: Any = card.settings["checkpoint"]
    path = folder / TEMPLATE_FILE
    try:
        source = path.read_text(encoding="utf-8") if path.is_file() else PLAIN
        stops = frozenset(int(token) for token in told["stops"])
        variables = {"bos_token": str(told["bos"]), "eos_token": str(told["eos"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelDamaged("model_damaged", name=card.name, reason=error) from None
    return CheckpointTemplate(
        card.name, source, tokenizer, stops, tokenizer.vocabulary.literals, variables, tokenizer.vocabulary.flags
    )
