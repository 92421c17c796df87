"""Tiny random checkpoints of every supported architecture, made by transformers, and their reference."""

import json
from pathlib import Path
from typing import Any

import torch

TEXTS = [
    "the cat sat on the mat, and 123 dogs ran to the sea.\n\nIt's fine; we'll see.",
    "uma manhã de céu azul sobre a praça, não é? \tTabs  and   spaces",
]
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{{ '<|im_start|>assistant\n' }}"
)
CONTROLS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def write_tokenizer(folder: Path, kind: str) -> int:
    """A small trained tokenizer of one of the known kinds ("gpt2", "smollm", "llama3", "qwen2"); returns its size."""
    from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

    from genchat.engine.tokenizers.foreign import PATTERNS

    learner = Tokenizer(models.BPE())
    if kind == "gpt2":
        learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    elif kind == "smollm":
        steps = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        learner.pre_tokenizer = pre_tokenizers.Sequence(steps)
    else:
        cut = pre_tokenizers.Split(Regex(PATTERNS[kind]), "isolated")
        level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        learner.pre_tokenizer = pre_tokenizers.Sequence([cut, level])
        if kind == "qwen2":
            learner.normalizer = normalizers.NFC()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    if kind == "smollm":
        alphabet = [letter for letter in alphabet if letter != "Ć"]  # a byte that this vocabulary lacks
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=CONTROLS, initial_alphabet=alphabet, show_progress=False
    )
    learner.train_from_iterator(TEXTS * 4, trainer)
    learner.add_tokens([AddedToken("<think>", special=False)])
    learner.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"eos_token": "<|im_end|>", "bos_token": {"content": "<|im_start|>"}}), encoding="utf-8"
    )
    size: int = learner.get_vocab_size()
    return size


def write_sentencepiece(folder: Path) -> int:
    """A small vocabulary with bytes to fall back on, its merges as SentencePiece orders them; returns its size."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
    from transformers.convert_slow_tokenizer import generate_merges

    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.Metaspace()
    learner.train_from_iterator(TEXTS * 4, trainers.BpeTrainer(vocab_size=150, show_progress=False))
    merged = json.loads(learner.to_str())["model"]["merges"]
    specials = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    learned = dict.fromkeys([left + right for left, right in merged] + ["▁▁", "▁▁▁▁"])
    # Tokens in the order of their merges, then single letters, as in Llama's vocabulary.
    pieces = [*learned, *sorted(set("".join(TEXTS).replace(" ", "▁")) - {"\n", "\t"})]
    vocabulary = {piece: token for token, piece in enumerate([*specials, *pieces])}
    merges = generate_merges(vocabulary, {piece: -float(place) for place, piece in enumerate(learned)})
    model = models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)  # noqa: S106
    made = Tokenizer(model)
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.add_special_tokens(["<unk>", "<s>", "</s>"])
    made.save(str(folder / "tokenizer.json"))
    told = {"bos_token": "<s>", "eos_token": "</s>", "add_bos_token": True}
    (folder / "tokenizer_config.json").write_text(json.dumps(told), encoding="utf-8")
    return len(vocabulary)


def random_llama(folder: Path) -> None:
    """A checkpoint of random weights that needs no other library than genchat does."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    size = write_tokenizer(folder, "smollm")
    settings = {
        "model_type": "llama",
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 128,
        "eos_token_id": 2,
    }
    (folder / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "chat_template.jinja").write_text(CHATML, encoding="utf-8")
    layer = "model.layers.0."
    shapes = {
        "model.embed_tokens": (size, 32),
        "model.norm": (32,),
        layer + "input_layernorm": (32,),
        layer + "self_attn.q_proj": (32, 32),
        layer + "self_attn.k_proj": (16, 32),
        layer + "self_attn.v_proj": (16, 32),
        layer + "self_attn.o_proj": (32, 32),
        layer + "post_attention_layernorm": (32,),
        layer + "mlp.gate_proj": (48, 32),
        layer + "mlp.up_proj": (48, 32),
        layer + "mlp.down_proj": (32, 48),
    }
    generator = torch.Generator().manual_seed(3)
    tensors = {f"{name}.weight": torch.randn(shape, generator=generator) * 0.3 for name, shape in shapes.items()}
    save_file(tensors, folder / "model.safetensors")


def make_folder(folder: Path, architecture: str, *, sentencepiece: bool = False, **changes: Any) -> Any:
    """Write a checkpoint of random weights into `folder` and return the model of transformers."""
    from transformers import AutoModelForCausalLM, GPT2Config, LlamaConfig, Qwen2Config, Qwen3Config

    folder.mkdir(parents=True, exist_ok=True)
    kind = {"gpt2": "gpt2", "llama": "smollm"}.get(architecture, "qwen2")
    size = write_sentencepiece(folder) if sentencepiece else write_tokenizer(folder, kind)
    torch.manual_seed(5)
    settings: dict[str, Any]
    if architecture == "gpt2":
        settings = {"vocab_size": size, "n_positions": 64, "n_embd": 32, "n_layer": 2, "n_head": 4}
        config: Any = GPT2Config(**settings | changes)
    else:
        settings = {
            "vocab_size": size,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "max_position_embeddings": 64,
            "head_dim": 8,
            "tie_word_embeddings": architecture == "llama",
        }
        shape = {"llama": LlamaConfig, "qwen2": Qwen2Config, "qwen3": Qwen3Config}[architecture]
        config = shape(**settings | changes)
    auto: Any = AutoModelForCausalLM
    model = auto.from_config(config).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.dim() < 2:  # biases of 0 and gains of 1 would hide a mistake
                weight.add_(torch.randn_like(weight) * 0.3)
            else:
                weight.mul_(4)
            assert name
    model.save_pretrained(folder, safe_serialization=True)
    return model
