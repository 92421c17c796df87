"""A Hugging Face folder as a Checkpoint: config.json, tokenizer.json, safetensors, the chat template beside them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from genchat.engine.checkpoints.dequantise import Groups
from genchat.engine.checkpoints.description import ARCHITECTURES, GPT2_FOLDER, LLAMA_FOLDER, Checkpoint
from genchat.engine.checkpoints.known_settings import GPT2, LLAMA
from genchat.engine.checkpoints.settings import Values, rope_settings
from genchat.engine.checkpoints.shape import check_shape, longest_context
from genchat.engine.checkpoints.tokenizer_json import read_vocabulary
from genchat.engine.distribution import FloatArray
from genchat.engine.errors import ModelDamaged
from genchat.engine.gpt.config import GptConfig
from genchat.engine.weight_files import refuse_pickle

_ONE_FILE, _INDEX = "model.safetensors", "model.safetensors.index.json"
_TRANSPOSED = ("c_attn.weight", "c_proj.weight", "c_fc.weight")  # GPT-2 keeps these as [inputs, outputs]
_PREFIXES = ("_orig_mod.", "transformer.")
_GELU = ("gelu_new", "gelu_pytorch_tanh")
_FLOATS = ("F32", "F16", "BF16")


class _Tensors:
    """The tensors of one or several safetensors files, read one at a time."""

    def __init__(self, folder: Path, name: str, transposed: bool) -> None:
        self._name = name
        self._transposed = _TRANSPOSED if transposed else ()
        self._places: dict[str, tuple[Path, str]] = {}  # our name for it -> file, name in the file
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.kinds: set[str] = set()
        for path in _weight_files(folder, name):
            refuse_pickle(path, name)
            try:
                with safe_open(path, framework="pt") as stored:
                    for key in stored.keys():  # noqa: SIM118 (not a mapping)
                        part = stored.get_slice(key)
                        self._add(path, key, tuple(part.get_shape()), part.get_dtype())
            except (OSError, SafetensorError) as error:
                raise ModelDamaged("checkpoint_file_unreadable", name=name, file=path.name, reason=error) from None

    def _add(self, path: Path, key: str, shape: tuple[int, ...], kind: str) -> None:
        plain = key
        for prefix in _PREFIXES:
            plain = plain.removeprefix(prefix)
        if kind not in _FLOATS:
            if plain.endswith((".attn.bias", ".attn.masked_bias")):  # GPT-2's masks, as truth values
                return
            raise ModelDamaged("checkpoint_quantisation", name=self._name, tensor=key, found=kind, known="F32 F16 BF16")
        self._places[plain] = (path, key)
        self.kinds.add(kind)
        self.shapes[plain] = shape[::-1] if plain.endswith(self._transposed or ("\0",)) else shape

    def read(self, name: str) -> FloatArray:
        path, key = self._places[name]
        try:
            with safe_open(path, framework="pt") as stored:
                tensor = stored.get_tensor(key).float()
        except (OSError, SafetensorError) as error:
            raise ModelDamaged("checkpoint_file_unreadable", name=self._name, file=path.name, reason=error) from None
        if name.endswith(self._transposed or ("\0",)):
            tensor = tensor.T.contiguous()
        found: FloatArray = tensor.numpy()
        return found

    def groups(self, name: str) -> Groups | None:
        """Nothing: these files hold floats."""
        return None


def read_folder(folder: Path) -> Checkpoint:
    """Raises ModelDamaged naming the file, setting, tensor or tokenizer that is missing or not supported."""
    name = folder.resolve().name
    told = Values(_json(folder, "config.json", name), name)
    architecture = told.text("model_type", "")
    if architecture not in ARCHITECTURES:
        raise ModelDamaged("checkpoint_architecture", name=name, found=architecture, known=", ".join(ARCHITECTURES))
    gpt2 = architecture == "gpt2"
    tensors = _Tensors(folder, name, transposed=gpt2)
    embedding = "wte.weight" if gpt2 else "model.embed_tokens.weight"
    tied = _is_tied(tensors, embedding)
    config = _gpt2(told, tensors.shapes, tied) if gpt2 else _llama(told, tensors.shapes, architecture, tied)
    check_shape(config, tensors.shapes, embedding, name)
    beside = _beside(folder, "tokenizer_config.json", name)
    vocabulary = read_vocabulary(_json(folder, "tokenizer.json", name), config.vocabulary_size, beside, name)
    generation = _beside(folder, "generation_config.json", name)
    ignored = [".attn.bias", ".attn.masked_bias", "rotary_emb.inv_freq"]
    if config.tied_head:
        ignored.append("lm_head.weight")
    eos = _token_text(beside.get("eos_token"))
    return Checkpoint(
        architecture=architecture,
        config=config,
        dialect=GPT2_FOLDER if gpt2 else LLAMA_FOLDER,
        tensors=tensors,
        vocabulary=vocabulary,
        stops=_stops(vocabulary.controls, eos, told.get("eos_token_id"), generation.get("eos_token_id")),
        chat_template=_template(folder, beside),
        bos=_token_text(beside.get("bos_token")),
        eos=eos,
        stored=next(iter(tensors.kinds)) if len(tensors.kinds) == 1 else "F32",
        ignored=tuple(ignored),
        facts={"title": name, "licence": "", "storage": "+".join(sorted(tensors.kinds))},
    )


def _llama(told: Values, shapes: Mapping[str, tuple[int, ...]], architecture: str, tied: bool) -> GptConfig:
    told.refuse_unknown(LLAMA)
    told.expect("hidden_act", ("silu",), "silu")
    for flag in ("attention_bias", "mlp_bias", "use_sliding_window", "rope_interleaved"):
        told.expect(flag, (False, None), False)
    told.expect("partial_rotary_factor", (1, None), None)
    _check_layers(told, architecture)
    heads, width = told.whole("num_attention_heads"), told.whole("hidden_size")
    head_width = told.whole("head_dim", max(width // heads, 1))
    vocabulary = shapes.get("model.embed_tokens.weight", (1,))[0]
    base, divisors, rope_scale = rope_settings(told, head_width)
    return GptConfig(
        vocabulary_size=vocabulary,
        context_length=longest_context(told.whole("max_position_embeddings")),
        layers=told.whole("num_hidden_layers"),
        heads=heads,
        kv_heads=told.whole("num_key_value_heads", heads),
        width=width,
        head_width=head_width,
        hidden=told.whole("intermediate_size"),
        norm="rms",
        norm_epsilon=told.number("rms_norm_eps", 1e-6),
        norm_weight=True,
        positions="rope",
        rope_base=base,
        rope_divisors=divisors,
        rope_scale=rope_scale,
        activation="swiglu",
        qk_norm="weight" if architecture == "qwen3" else "none",
        qkv_bias=architecture == "qwen2",
        bias=False,
        tied_head=tied,
        start_token=_first_id(told.get("bos_token_id"), vocabulary),
    )


def _check_layers(told: Values, architecture: str) -> None:
    """Raise for layers that see less than all before them. A window told of but not used is none."""
    kinds = told.get("layer_types")
    if kinds is not None and (not isinstance(kinds, list) or set(kinds) - {"full_attention"}):
        raise told.refuse("layer_types", kinds)
    if architecture not in ("qwen2", "qwen3"):  # these have a switch of their own for it
        told.expect("sliding_window", (None,), None)


def _is_tied(tensors: _Tensors, embedding: str) -> bool:
    """Whether the output matrix is the embedding. A file with another head of its own has that, whatever it says."""
    shapes = tensors.shapes
    if "lm_head.weight" not in shapes:
        return True
    if shapes["lm_head.weight"] != shapes.get(embedding):
        return False
    return bool(np.array_equal(tensors.read("lm_head.weight"), tensors.read(embedding)))


def _gpt2(told: Values, shapes: Mapping[str, tuple[int, ...]], tied: bool) -> GptConfig:
    told.refuse_unknown(GPT2)
    told.expect("activation_function", _GELU, "gelu_new")
    for flag in ("scale_attn_by_inverse_layer_idx", "reorder_and_upcast_attn", "add_cross_attention"):
        told.expect(flag, (False, None), False)
    told.expect("scale_attn_weights", (True, None), True)
    heads, width = told.whole("n_head"), told.whole("n_embd")
    vocabulary = shapes.get("wte.weight", (1,))[0]
    return GptConfig(
        vocabulary_size=vocabulary,
        context_length=told.whole("n_positions"),
        layers=told.whole("n_layer"),
        heads=heads,
        kv_heads=heads,
        width=width,
        head_width=max(width // heads, 1),
        hidden=told.whole("n_inner", 4 * width),
        norm="layer",
        norm_epsilon=told.number("layer_norm_epsilon", 1e-5),
        norm_weight=True,
        positions="learned",
        activation="gelu",
        qk_norm="none",
        qkv_bias=True,
        bias=True,
        tied_head=tied,
        start_token=_first_id(told.get("bos_token_id"), vocabulary),
    )


def _first_id(told: object, vocabulary: int) -> int:
    return told if isinstance(told, int) and 0 <= told < vocabulary else 0


def _stops(controls: Mapping[str, int], eos: str, *told: object) -> frozenset[int]:
    found = {controls[eos]} if eos in controls else set()
    for each in told:
        found |= {each} if isinstance(each, int) else set(each) if isinstance(each, list) else set()
    known = set(controls.values())
    return frozenset(found & known)


def _token_text(told: object) -> str:
    """ "<|im_end|>", or the same as {"content": "<|im_end|>", …}."""
    if isinstance(told, dict):
        told = told.get("content")
    return told if isinstance(told, str) else ""


def _template(folder: Path, beside: Mapping[str, Any]) -> str:
    path = folder / "chat_template.jinja"
    if path.is_file():
        return path.read_text(encoding="utf-8", errors="replace")
    told = beside.get("chat_template")
    if isinstance(told, list):  # several, by name
        named = {each.get("name"): each.get("template") for each in told if isinstance(each, dict)}
        told = named.get("default")
    return told if isinstance(told, str) else ""


def _weight_files(folder: Path, name: str) -> list[Path]:
    if not (folder / _INDEX).is_file():
        return [folder / _ONE_FILE]
    listed = _json(folder, _INDEX, name).get("weight_map")
    files = sorted(set(listed.values())) if isinstance(listed, dict) else []
    for file in files:
        if not isinstance(file, str) or Path(file).name != file or not (folder / file).is_file():
            raise ModelDamaged("checkpoint_file_missing", name=name, file=file)
    return [folder / file for file in files]


def _beside(folder: Path, file: str, name: str) -> dict[str, Any]:
    return _json(folder, file, name) if (folder / file).is_file() else {}


def _json(folder: Path, file: str, name: str) -> dict[str, Any]:
    path = folder / file
    if not path.is_file():
        raise ModelDamaged("checkpoint_file_missing", name=name, file=file)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelDamaged("checkpoint_file_unreadable", name=name, file=file, reason=error) from None
    if not isinstance(found, dict):
        raise ModelDamaged("checkpoint_file_unreadable", name=name, file=file, reason="JSON")
    return found
