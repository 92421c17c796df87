"""The vocabulary of a GGUF file: byte-level BPE, or SentencePiece of the BPE kind."""

from genchat.engine.checkpoints.gguf_keys import Keys
from genchat.engine.errors import ModelDamaged
from genchat.engine.tokenizers.foreign import PATTERNS, ForeignVocabulary, bytes_of_printed, printed_bytes
from genchat.engine.tokenizers.sentencepiece import SPACE

_NORMAL, _UNKNOWN, _CONTROL, _USER_DEFINED, _BYTE = 1, 2, 3, 4, 6
_SENTENCEPIECE = "llama"  # what these files call it


def read_vocabulary(keys: Keys, size: int) -> ForeignVocabulary:
    """`size` is the rows of the embedding. Raises ModelDamaged."""
    kind, pre = keys.text("tokenizer.ggml.model"), keys.text("tokenizer.ggml.pre", "")
    sentencepiece = kind == _SENTENCEPIECE
    if not sentencepiece and (kind != "gpt2" or pre not in PATTERNS):
        raise _refused(keys, "SentencePiece Unigram" if kind == "t5" else f"{kind} {pre}".strip())
    for name in ("add_eos_token", "add_sep_token", "remove_extra_whitespaces"):
        if not sentencepiece and keys.flag(f"tokenizer.ggml.{name}", False):
            raise keys.refuse(f"tokenizer.ggml.{name}", True)
    tokens = keys.strings("tokenizer.ggml.tokens")
    if len(tokens) > size:
        raise keys.refuse("tokenizer.ggml.tokens", tokens)
    kinds = keys.numbers("tokenizer.ggml.token_type", len(tokens), _NORMAL)
    by_kind: dict[float, dict[str, int]] = {}
    for token, (text, of_kind) in enumerate(zip(tokens, kinds, strict=True)):
        by_kind.setdefault(of_kind, {})[text] = token
    pieces = [b""] * size
    for text, token in by_kind.get(_USER_DEFINED, {}).items():
        pieces[token] = text.encode("utf-8", errors="replace")
    byte_of = printed_bytes()
    normal = by_kind.get(_NORMAL, {})
    for text, token in normal.items():
        spaced = text.replace(SPACE, " ").encode("utf-8", errors="replace")
        pieces[token] = spaced if sentencepiece else bytes_of_printed(text, byte_of)
    single_bytes = bytes_by_name(by_kind.get(_BYTE, {})) if sentencepiece else ()
    if sentencepiece and not single_bytes:
        raise _refused(keys, "SentencePiece, < 256 bytes")
    for byte, token in enumerate(single_bytes):
        pieces[token] = bytes([byte])
    lefts, merged = (
        _by_score(keys, tokens, by_kind.get(_NORMAL, {})) if sentencepiece else ((), _by_merges(keys, tokens))
    )
    begins = keys.flag("tokenizer.ggml.add_bos_token", sentencepiece or pre == "llama-bpe")
    spaced_first = sentencepiece and keys.flag("tokenizer.ggml.add_space_prefix", True)
    return ForeignVocabulary(
        tokens=tuple(pieces),
        merged=merged,
        left_parts=lefts,
        controls={**by_kind.get(_UNKNOWN, {}), **by_kind.get(_CONTROL, {})},
        literals=by_kind.get(_USER_DEFINED, {}),
        pattern="" if sentencepiece else PATTERNS[pre],
        normalise="NFC" if pre == "qwen2" else "",
        start=int(keys.number("tokenizer.ggml.bos_token_id")) if begins else None,
        single_bytes=single_bytes,
        prefix="always" if spaced_first else "",
    )


def _refused(keys: Keys, found: str) -> ModelDamaged:
    known = "SentencePiece BPE; BPE: " + ", ".join(sorted(PATTERNS))
    return ModelDamaged("checkpoint_tokenizer", name=keys.text("general.name", ""), found=found, known=known)


def bytes_by_name(named: dict[str, int]) -> tuple[int, ...]:
    """{"<0x00>": id, …} -> the ids of the 256 bytes; () if one of them is missing."""
    found = tuple(named.get(f"<0x{byte:02X}>", -1) for byte in range(256))
    return () if -1 in found else found


def _by_merges(keys: Keys, tokens: list[str]) -> tuple[int, ...]:
    ids = {token: index for index, token in enumerate(tokens)}
    merged = []
    for merge in keys.strings("tokenizer.ggml.merges"):
        left, _, right = merge.partition(" ")
        if left + right not in ids:
            raise keys.refuse("tokenizer.ggml.merges", merge)
        merged.append(ids[left + right])
    return tuple(merged)


def _by_score(keys: Keys, tokens: list[str], normal: dict[str, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """SentencePiece lists no merges, but a score for each token: any two tokens that make a third may be merged, and
    the third with the highest score comes first, among equals the one with the longest parts. (left parts, wholes)."""
    scores = keys.numbers("tokenizer.ggml.scores", len(tokens), 0.0)
    found = [
        (-scores[whole], -cut, cut - len(text), normal[text[:cut]], whole)
        for text, whole in normal.items()
        for cut in range(1, len(text))
        if text[:cut] in normal and text[cut:] in normal
    ]
    found.sort(key=lambda merge: merge[:3])
    return tuple(merge[3] for merge in found), tuple(merge[4] for merge in found)
