"""Why a model believes what it believes, as lines of text and as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from genchat.engine.evidence import CorpusPlace, Evidence, GptEvidence, LstmEvidence, MixtureEvidence, NgramEvidence
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, percentage, whole
from genchat.engine.text import safe_line
from genchat.engine.token_labels import Labels

_SNIPPET = 60


def evidence_values(evidence: Evidence) -> Any:
    """The function gives the evidence as JSON values, its kind first; tokens are ids."""
    return {"kind": type(evidence).__name__.removesuffix("Evidence").lower(), **_plain(evidence)}


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {spec.name: _plain(getattr(value, spec.name)) for spec in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return value


def evidence_lines(evidence: Evidence, labels: Labels, tokens: Sequence[int]) -> list[str]:
    """The function puts the evidence into words, one thought per line; `tokens` are the candidates to speak about."""
    if isinstance(evidence, NgramEvidence):
        return _ngram(evidence, labels, tokens)
    if isinstance(evidence, GptEvidence):
        return _gpt(evidence, labels)
    if isinstance(evidence, LstmEvidence):
        return _lstm(evidence)
    if isinstance(evidence, MixtureEvidence):
        lines = [say("cli.why.part", name=name, weight=percentage(weight)) for name, weight in evidence.weights.items()]
        return [*lines, *(line for part in evidence.parts.values() for line in evidence_lines(part, labels, tokens))]
    return [say("cli.why.nothing")]


def _ngram(evidence: NgramEvidence, labels: Labels, tokens: Sequence[int]) -> list[str]:
    lines = [say("cli.why.order", order=evidence.order, model_order=evidence.model_order)]
    for level in reversed(evidence.levels):
        context = "".join(labels(token) for token in level.context) or "∅"
        lines.append(
            say(
                "cli.why.level",
                order=level.order,
                context=context,
                count=level.context_count,
                backoff=decimal(level.backoff, 3),
                weight=percentage(level.weight),
            )
        )
    for token in tokens:
        shares = evidence.shares.get(token, ())
        counts = " · ".join(f"{whole(share.count)}/{whole(share.context_count)}" for share in reversed(shares))
        if counts:
            lines.append(say("cli.why.counts", token=labels(token), counts=counts))
    if evidence.longest_match:
        match = "".join(labels(token) for token in evidence.longest_match)
        lines.append(say("cli.why.match", match=match, times=evidence.match_count))
    lines.extend(map(_corpus_line, evidence.places))
    if evidence.recall is not None:
        lines.append(say("cli.why.recall", weight=percentage(evidence.recall.weight)))
        if evidence.recall.unmatched:
            words = ", ".join(f"“{safe_line(word)}”" for word in evidence.recall.unmatched)
            lines.append("  " + say("tui.why.unmatched", words=words))
        for reply in evidence.recall.replies:
            lines.append(
                say(
                    "cli.why.recalled",
                    share=percentage(reply.share),
                    question=safe_line(reply.question.text, _SNIPPET),
                    reply=safe_line(reply.reply.text, _SNIPPET),
                    source=reply.reply.source,
                    line=reply.reply.line,
                )
            )
    return lines


def _corpus_line(place: CorpusPlace) -> str:
    begin = max(place.start - _SNIPPET // 2, 0)
    return f"  {place.source}:{place.line}  {safe_line(place.text[begin : place.end + _SNIPPET // 2])}"


def _gpt(evidence: GptEvidence, labels: Labels) -> list[str]:
    lines = []
    for row in evidence.lens:
        said = "  ".join(f"{labels(token)} {percentage(probability)}" for token, probability in row.top)
        lines.append(say("cli.why.lens", layer=row.layer, said=said, entropy=decimal(row.entropy)))
    mean = evidence.attention.mean(axis=(0, 1))
    order = np.argsort(-mean)[:8]
    looked = "  ".join(
        f"{labels(evidence.tokens[position])} {percentage(float(mean[position]))}" for position in sorted(order)
    )
    return [*lines, say("cli.why.attention", tokens=looked)]


def _lstm(evidence: LstmEvidence) -> list[str]:
    return [
        say(
            "cli.why.gates",
            layer=layer + 1,
            forget=decimal(float(evidence.forget[layer].mean())),
            input=decimal(float(evidence.input[layer].mean())),
            output=decimal(float(evidence.output[layer].mean())),
        )
        for layer in range(len(evidence.forget))
    ]
