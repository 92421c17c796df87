"""The vocabulary of a Hugging Face tokenizer.json: byte-level BPE whose cuts between words tiktoken can make."""

from collections.abc import Mapping
from typing import Any

from engine.errors import ModelDamaged
from engine.tokenizers.foreign import PATTERNS, ForeignVocabulary, bytes_of_printed, printed_bytes

_KNOWN = "byte-level BPE: gpt2, smollm, llama3, qwen2"


def read_vocabulary(told: Mapping[str, Any], size: int, beside: Mapping[str, Any], name: str) -> ForeignVocabulary:
    """`size` is the rows of the embedding; `beside` is tokenizer_config.json. Raises ModelDamaged."""
    try:
        return _read(told, size, beside, name)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ModelDamaged("checkpoint_file_unreadable", name=name, file="tokenizer.json", reason=error) from None


def _read(told: Mapping[str, Any], size: int, beside: Mapping[str, Any], name: str) -> ForeignVocabulary:
    model = told["model"]
    kind = str(model.get("type", "BPE"))
    if kind != "BPE" or model.get("byte_fallback"):
        raise _refused(name, "SentencePiece" if model.get("byte_fallback") or kind == "Unigram" else kind)
    pattern = _pattern(told.get("pre_tokenizer"), name)
    byte_of = printed_bytes()
    ids: dict[str, int] = model["vocab"]
    added = {str(each["content"]): each for each in told.get("added_tokens", ())}
    every = {**ids, **{content: int(each["id"]) for content, each in added.items()}}
    if any(not isinstance(token, int) or not 0 <= token < size for token in every.values()):
        raise ValueError(f"vocabulary > {size}")
    tokens = [b""] * size
    for printed, token in ids.items():
        tokens[token] = bytes_of_printed(printed, byte_of)
    controls: dict[str, int] = {}
    literals: dict[str, int] = {}
    for content, each in added.items():
        (controls if each.get("special") else literals)[content] = int(each["id"])
        tokens[int(each["id"])] = b"" if each.get("special") else content.encode("utf-8", errors="replace")
    merged = []
    for merge in model["merges"]:
        left, right = merge.split(" ") if isinstance(merge, str) else merge
        merged.append(ids[left + right])
    return ForeignVocabulary(
        tokens=tuple(tokens),
        merged=tuple(merged),
        controls=controls,
        literals=literals,
        pattern=pattern,
        normalise=_normal_form(told.get("normalizer"), name),
        start=_start(told.get("post_processor"), beside, controls),
    )


def _refused(name: str, found: object) -> ModelDamaged:
    return ModelDamaged("checkpoint_tokenizer", name=name, found=str(found)[:120], known=_KNOWN)


def _pattern(told: Any, name: str) -> str:
    """One regular expression for the cuts a pre-tokenizer makes."""
    steps = told["pretokenizers"] if told and told["type"] == "Sequence" else [told]
    kinds = [step["type"] for step in steps if step]
    last = steps[-1] or {}
    if last.get("type") == "ByteLevel" and not last.get("add_prefix_space"):
        by_gpt2 = last.get("use_regex", True)
        if kinds == ["ByteLevel"] and by_gpt2:
            return PATTERNS["gpt-2"]
        if kinds == ["Digits", "ByteLevel"] and by_gpt2 and steps[0].get("individual_digits"):
            return PATTERNS["smollm"]
        if kinds == ["Split", "ByteLevel"] and not by_gpt2 and steps[0].get("behavior") == "Isolated":
            found = steps[0]["pattern"].get("Regex")
            if found in PATTERNS.values():
                return str(found)
    raise _refused(name, told)


def _normal_form(told: Any, name: str) -> str:
    if not told:
        return ""
    if told["type"] == "NFC":
        return "NFC"
    raise _refused(name, told["type"])


def _start(post: Any, beside: Mapping[str, Any], controls: Mapping[str, int]) -> int | None:
    """The token that the reference puts before every text, where it does."""
    steps = post["processors"] if post and post["type"] == "Sequence" else [post]
    for step in steps:
        first = step["single"][0] if step and step["type"] == "TemplateProcessing" else {}
        if "SpecialToken" in first:
            return controls.get(first["SpecialToken"]["id"])
    bos = beside.get("bos_token")
    bos = bos.get("content") if isinstance(bos, dict) else bos
    return controls.get(str(bos)) if beside.get("add_bos_token") is True else None
