"""A chunk as a passage: where it stands, why it was chosen, which sentence fits best, and whether it gives orders."""

import re
from collections.abc import Sequence

from genchat.engine.retrieval.keywords import KeywordHit
from genchat.engine.retrieval.questions import Question, QuestionWord
from genchat.engine.text import fold

_ORDERS = re.compile(
    r"""
    \b(ignor\w*|desconsider\w*|esquec\w*|disregard|forget|override|bypass)\b.{0,40}
        \b(instruc\w*|instruction\w*|regras|rules|orders|ordens|prompt\w*|orientac\w*|acima|anterior\w*|previous|above|prior)\b
    | \b(reveal|repeat|print|output|leak|send|show|follow|obey|new|your
        |revele|repita|imprima|mostre|envie|siga|obedeca|novo|seu)\b.{0,30}
        \b((system|developer)\s+(prompt|message|instructions?)|prompt\s+d[oe]\s+sistema)\b
    | \b((system|developer)\s+(prompt|message|instructions?)|prompt\s+d[oe]\s+sistema)\s*[:=>]
    | \b(voce\s+agora\s+e|a\s+partir\s+de\s+agora\s+voce|aja\s+como|finja\s+(ser|que))\b
    | \b(you\s+are\s+now|from\s+now\s+on\s+you|act\s+as\s+(a|an|the|if))\b
    | \b(nao\s+conte|nao\s+revele|do\s+not\s+(tell|reveal|mention))\b.{0,30}\b(usuari\w*|user|ninguem|anyone)\b
    | \b(revele|mostre|envie|reveal|print|send|show)\b.{0,30}
        \b(chave|senha|api\s*key|password|secret|segredo|credenciais|credentials)\b
    | <\|?/?(system|assistant|user|im_start|im_end|end)\|?> | \[/?inst\]
    """,
    re.VERBOSE | re.DOTALL,
)
WARNING_ORDERS = "retrieval.warning_orders"


def gives_orders(text: str) -> bool:
    """Whether a text seems to talk to the model instead of to its reader. A warning, not a filter."""
    return bool(_ORDERS.search(" ".join(fold(text).split())))


def shares(question: Question, matched: Sequence[QuestionWord]) -> dict[str, float]:
    """Matched word -> its share of what the question weighs; "protena ≈ proteina" where it was taken for another."""
    total = question.weight or 1.0
    return {
        word.text if not word.taken_for else f"{word.text} ≈ {word.taken_for[0]}": word.weight / total
        for word in matched
    }


def coverage(question: Question, hit: KeywordHit | None) -> float:
    """How much of the question, by weight, a passage answers to: 0 to 1. A word taken for another counts less."""
    if hit is None or not question.weight:
        return 0.0
    return sum(word.weight * word.certainty for word in hit.matched) / question.weight
