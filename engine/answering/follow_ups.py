"""Questions that lean on what was said before: "e no jantar?", "e o salmão?", "troque o almoço"."""

import re
from collections.abc import Sequence

from genchat.engine.conversation import Message, Role
from genchat.engine.retrieval.terms import detect_language, words_of
from genchat.engine.text import fold

_OPENINGS = re.compile(
    r"\s*(e|mas e|e se|entao|ok e|and|but|so|what about|how about|and what|then"
    r"|troqu?[ea]\w*|mud[ea]|substitua|change|swap|replace|(um |uma )?outr[oa]s?|another)\b"
)
_SHORT_OPENINGS = re.compile(r"\s*(com|sem|so|apenas|with|without|only|just)\b")
_POINTING = frozenset(
    """
    isso isto aquilo ele ela eles elas dele dela deles delas nele nela disso disto nisso esse essa esses essas este
    esta mesmo mesma tambem it that this those these they them he she one ones its their also same
    """.split()  # noqa: SIM905
)
_BOTH = re.compile(r"\b(d?os dois|d?as duas|amb[oa]s|of the two|both)\b")
_FEW_WORDS = 3
_SHORT = 4  # words of "sem lactose, por favor"
_MOST_LINES = 6


def asked_lines(messages: Sequence[Message]) -> tuple[str, ...]:
    """The last question, after those it leans on; the first of them stands by itself. Empty where nothing was asked."""
    asked = [message.text for message in messages if message.role is Role.USER]
    first = len(asked) - 1
    while first > 0 and len(asked) - first < _MOST_LINES and _leans(asked[first]):
        first -= 1
    return tuple(asked[max(first, 0) :])


def standing_alone(messages: Sequence[Message]) -> tuple[str, str]:
    """What to look for: the last question, and the one it leans on; that one is empty where it stands by itself."""
    lines = asked_lines(messages)
    if not lines:
        return "", ""
    return lines[-1], lines[0] if len(lines) > 1 else ""


def points_back(text: str) -> bool:
    """Whether a question is about what was just said: "quantas calorias tem isso?"."""
    return bool(_BOTH.search(fold(text))) or any(
        word.folded in _POINTING for word in words_of(text, detect_language(text))
    )


def _leans(text: str) -> bool:
    words = words_of(text, detect_language(text))
    telling = [word for word in words if not word.common]
    if len(telling) > 2 * _FEW_WORDS:
        return False
    folded = fold(text)
    opens = bool(_OPENINGS.match(folded)) or (len(words) <= _SHORT and bool(_SHORT_OPENINGS.match(folded)))
    return not telling or (len(telling) <= _FEW_WORDS and (opens or points_back(text)))
