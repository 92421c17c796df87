"""The vocabulary of a Hugging Face tokenizer.json: byte-level BPE whose cuts between words tiktoken can make, or the
BPE kind of SentencePiece, which this format writes as merges of letters with bytes to fall back on."""

from collections.abc import Mapping
from typing import Any

from genchat.engine.checkpoints.gguf_vocabulary import bytes_by_name
from genchat.engine.checkpoints.known_settings import TOKENIZER, TOKENIZER_MODEL
from genchat.engine.errors import ModelDamaged
from genchat.engine.tokenizers.added_tokens import LEFT, NORMALISED, RIGHT
from genchat.engine.tokenizers.foreign import PATTERNS, ForeignVocabulary, Prefix, bytes_of_printed, printed_bytes
from genchat.engine.tokenizers.sentencepiece import SPACE

_KNOWN = "byte-level BPE: gpt2, smollm, llama3, qwen2; SentencePiece BPE"


def read_vocabulary(told: Mapping[str, Any], size: int, beside: Mapping[str, Any], name: str) -> ForeignVocabulary:
    """`size` is the rows of the embedding; `beside` is tokenizer_config.json. Raises ModelDamaged."""
    try:
        return _read(told, size, beside, name)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise ModelDamaged("checkpoint_file_unreadable", name=name, file="tokenizer.json", reason=error) from None


def _read(told: Mapping[str, Any], size: int, beside: Mapping[str, Any], name: str) -> ForeignVocabulary:
    model = told["model"]
    _refuse_unknown(told, TOKENIZER, name)
    _refuse_unknown(model, TOKENIZER_MODEL, name)
    for key in ("dropout", "continuing_subword_prefix", "end_of_word_suffix"):
        if model.get(key):
            raise _refused(name, f"{key} {model[key]!r}")
    kind = str(model.get("type", "BPE"))
    if kind != "BPE":
        raise _refused(name, "SentencePiece Unigram" if kind == "Unigram" else kind)
    sentencepiece = bool(model.get("byte_fallback"))
    prefix = _prefix(told.get("normalizer"), told.get("pre_tokenizer"), name) if sentencepiece else ""
    pattern = "" if sentencepiece else _pattern(told.get("pre_tokenizer"), name)
    byte_of = printed_bytes()
    ids: dict[str, int] = model["vocab"]
    added = {str(each["content"]): each for each in told.get("added_tokens", ())}
    every = {**ids, **{content: int(each["id"]) for content, each in added.items()}}
    if any(not isinstance(token, int) or not 0 <= token < size for token in every.values()):
        raise ValueError(f"vocabulary > {size}")
    tokens = [b""] * size
    for printed, token in ids.items():
        spaced = printed.replace(SPACE, " ").encode("utf-8", errors="replace")
        tokens[token] = spaced if sentencepiece else bytes_of_printed(printed, byte_of)
    single_bytes = bytes_by_name(ids) if sentencepiece else ()
    if sentencepiece and not single_bytes:
        raise _refused(name, "SentencePiece, < 256 bytes")
    for byte, token in enumerate(single_bytes):
        tokens[token] = bytes([byte])
    controls: dict[str, int] = {}
    literals: dict[str, int] = {}
    flags: dict[str, str] = {}
    for content, each in added.items():
        (controls if each.get("special") else literals)[content] = int(each["id"])
        if each.get("single_word") or (sentencepiece and each.get("normalized") and not each.get("special")):
            raise _refused(name, each)
        flags[content] = "".join(
            flag for flag, key in ((LEFT, "lstrip"), (RIGHT, "rstrip"), (NORMALISED, "normalized")) if each.get(key)
        )
        tokens[int(each["id"])] = b"" if each.get("special") else content.encode("utf-8", errors="replace")
    merges = [merge.split(" ") if isinstance(merge, str) else merge for merge in model["merges"]]
    return ForeignVocabulary(
        tokens=tuple(tokens),
        merged=tuple(ids[left + right] for left, right in merges),
        left_parts=tuple(ids[left] for left, _ in merges) if sentencepiece else (),
        controls=controls,
        literals=literals,
        pattern=pattern,
        normalise="" if sentencepiece else _normal_form(told.get("normalizer"), name),
        start=_start(told.get("post_processor"), beside, controls),
        single_bytes=single_bytes,
        prefix=prefix,
        unknown=None if sentencepiece or model.get("unk_token") is None else every[model["unk_token"]],
        fuse_unknown=bool(model.get("fuse_unk")),
        flags={content: told for content, told in flags.items() if told},
    )


def _refuse_unknown(told: Mapping[str, Any], known: frozenset[str], name: str) -> None:
    """Raise for the first setting that is neither known nor empty: it may well change the ids."""
    for key, value in told.items():
        if key not in known and value is not None:
            raise _refused(name, f"{key} {value!r}")


def _prefix(normalizer: Any, pre_tokenizer: Any, name: str) -> Prefix:
    """Which texts get a space before them; spaces must be written as SentencePiece does, one way or the other."""
    if pre_tokenizer:
        scheme = pre_tokenizer.get(
            "prepend_scheme", "always" if pre_tokenizer.get("add_prefix_space", True) else "never"
        )
        prefixes: dict[str, Prefix] = {"always": "unspaced", "first": "first", "never": ""}
        plain = not normalizer and pre_tokenizer["type"] == "Metaspace" and not pre_tokenizer.get("split", False)
        if plain and pre_tokenizer.get("replacement") == SPACE and scheme in prefixes:
            return prefixes[scheme]
        raise _refused(name, pre_tokenizer)
    steps = list(normalizer["normalizers"] if normalizer and normalizer["type"] == "Sequence" else [normalizer])
    prepends = bool(steps) and steps[0] == {"type": "Prepend", "prepend": SPACE}
    if steps[prepends:] == [{"type": "Replace", "pattern": {"String": " "}, "content": SPACE}]:
        return "always" if prepends else ""
    raise _refused(name, normalizer)


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
            if found in PATTERNS.values() and not steps[0].get("invert"):
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
