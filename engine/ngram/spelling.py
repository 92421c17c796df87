"""A misspelt word of a prompt read as the word of the vocabulary that is one slip away.

Candidates are found by deletions: two words one slip apart (a letter more, less, other, or two exchanged) become equal
when at most one letter is taken out of each (Garbe's symmetric delete, after Mor & Fraenkel 1982).
"""

from collections.abc import Sequence
from functools import cached_property

from genchat.engine.common_words import is_common
from genchat.engine.ngram.reply_index import ReplyIndex
from genchat.engine.text import fold
from genchat.engine.tokenizers.pieces import PieceTokenizer

_SHORTEST = 4  # letters; shorter words are one slip away from too much
_SHORTEST_OTHER = 5  # up to this length, words that differ in one letter are mostly two words ("speed", "spend")


class Spelling:
    """The words of a vocabulary that stand in questions; the table of forms is made at the first misspelling."""

    def __init__(self, index: ReplyIndex, tokenizer: PieceTokenizer) -> None:
        self._index = index
        self._tokenizer = tokenizer

    def corrected(self, words: Sequence[str]) -> list[str]:
        """Folded words, those that stand in no question read as the nearest that does, where one is near enough."""
        return [word if self._is_known(word) else self._nearest(word) for word in words]

    def _is_known(self, word: str) -> bool:
        return len(word) < _SHORTEST or not word.isalpha() or is_common(word) or self._index.knows(word)

    def _nearest(self, word: str) -> str:
        candidates = {known for form in _forms(word) for known in self._by_form.get(form, ())}
        near = [known for known in candidates if _begins_alike(word, known) and _one_slip(word, known)]
        return min(near, key=self._order.__getitem__, default=word)

    @cached_property
    def _order(self) -> dict[str, int]:
        pieces = (fold(piece).strip() for piece in self._tokenizer.pieces)
        kept = (word for word in pieces if len(word) >= _SHORTEST and word.isalpha() and self._index.knows(word))
        return {word: rank for rank, word in enumerate(dict.fromkeys(kept))}

    @cached_property
    def _by_form(self) -> dict[str, list[str]]:
        table: dict[str, list[str]] = {}
        for word in self._order:
            for form in _forms(word):
                table.setdefault(form, []).append(word)
        return table


def _forms(word: str) -> set[str]:
    return {word, *(word[:index] + word[index + 1 :] for index in range(len(word)))}


def _begins_alike(first: str, second: str) -> bool:
    """Whether two words begin with one letter, exchanged with the next or not, or with a silent h that one leaves out.

    The first letter is seldom the wrong one (Pollock and Zamora 1984): "machado" is not "achado".
    """
    return first[0] == second[0] or first[:2] == second[1::-1] or first == f"h{second}" or second == f"h{first}"


def _one_slip(first: str, second: str) -> bool:
    """Whether one insertion, deletion, substitution or exchange of neighbours turns one word into the other."""
    if abs(len(first) - len(second)) > 1:
        return False
    begin = 0
    while begin < min(len(first), len(second)) and first[begin] == second[begin]:
        begin += 1
    rests = first[begin:], second[begin:]
    if len(first) == len(second):
        exchanged = rests[0][:2] == rests[1][:2][::-1] and rests[0][2:] == rests[1][2:]
        return exchanged or (len(first) > _SHORTEST_OTHER and rests[0][1:] == rests[1][1:])
    longer, shorter = sorted(rests, key=len, reverse=True)
    return longer[1:] == shorter
