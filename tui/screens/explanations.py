"""Which texts explain the chat screen on F1: how to read the panel, and why the model in use chooses as it does."""

from genchat.tui.chat.dialogue import Turn
from genchat.tui.chat.session import Session

_WHY = {
    "ngram": "tui.help.why",
    "lstm": "inside.why_lstm",
    "gpt": "inside.why_gpt",
    "mixture": "inside.why_mixture",
    "gemini": "inside.why_gemini",
    "documents": "inside.why_documents",
}


def explanations_of(session: Session, token: tuple[Turn, int] | None) -> tuple[str, ...]:
    """Return the keys of those texts for the model of the open token, or for the model in use."""
    reply = session.dialogue.last_reply if token is None else token[0]
    family = session.family_of(session.model) if token is None else token[0].records_family
    why = [_WHY.get(family, "inside.why_plugin")]
    if reply is not None and reply.passages is not None:
        why.append("inside.why_documents")
    return ("tui.help.reading", *dict.fromkeys(why))
