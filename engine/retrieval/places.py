"""Where in a text the words of a question stand: in a part of it, in what leads that, beside it, in titles."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from genchat.engine.retrieval.expectation import counted, expected
from genchat.engine.retrieval.layout import Unit
from genchat.engine.retrieval.questions import Question, QuestionWord, matching
from genchat.engine.retrieval.sentences import Span
from genchat.engine.retrieval.terms import Language, Word, stemmer, words_of
from genchat.engine.text import fold

_IN_DOCUMENT, _IN_HEADING, _IN_ENTRY, _IN_NEIGHBOUR, _ELSEWHERE = 1.0, 1.0, 0.95, 0.7, 0.35
SYNONYM = 0.8  # of a word that means the same
RELATED = 0.9  # of a word that only begins like one of the question: "creator" for "created"
_SHORTEST_ROOT = 5  # letters that such words must share
_NEAR = 4  # words apart that still count as near
_LESS_NEAR = 0.8
_NEAR_ABOVE = 0.9  # of that in a heading
_FIRST_WORDS = 5
_LABEL = 6  # words of a line that only says what follows
_FRAME = 0.4  # weight of a word that says what kind of thing is asked for: "which option", "que opção"

_Marked = tuple[Word, QuestionWord | None]  # a word of the text, and the word of the question that it answers to


class Places:
    """The words of a text against those of a question, and what each of these weighs.

    `kind` is the kind of thing asked for; `rarest` the key of the weightiest word.
    """

    def __init__(
        self, text: str, source: str, headings: str, question: Question, languages: Sequence[Language]
    ) -> None:
        self._text = text
        self._languages = languages
        self.kind, frame = expected(question.text)
        self._question = question
        self._pairs = list(zip(question.words, question.words[1:], strict=False))
        self._pair_weight = sum(left.weight + right.weight for left, right in self._pairs)
        self._marked = self._read(text)
        self._starts = [word.start for word, _ in self._marked]
        self._all = {id(answer) for _, answer in self._marked if answer is not None}
        self._related = list(self._relatives())
        self._alike = list(self._synonyms())
        self._source = {id(answer) for _, answer in self._read(source) if answer is not None}
        above = self._read(headings)
        self._headings = {id(answer) for _, answer in above if answer is not None}
        self._near_in_headings = self._nearness(above)
        self._weights = {
            id(word): word.weight * (_FRAME if fold(word.text) in frame else 1.0) for word in question.words
        }
        # A word that no document has is heard only by its synonyms, and these have their own level.
        self._certain = {id(word): 1.0 if word.found == "missing" else word.certainty for word in question.words}
        self._total = sum(self._weights.values())
        self.rarest = max(self._weights, key=self._weights.__getitem__)
        by_word = {fold(word.text): id(word) for word in reversed(question.words)}
        self._counted = next((by_word[word] for word in counted(question.text) if word in by_word), None)

    def share(self, levels: Mapping[int, float]) -> float:
        """How much of the question's weight words with these levels hold, 0 to 1."""
        return sum(self._weights[key] * self._certain[key] * level for key, level in levels.items()) / self._total

    def counted(self, levels: Mapping[int, float]) -> float:
        """The level of what is counted ("how many children"), 0 to 1; 1 where no number is asked for."""
        return 1.0 if self._counted is None else levels.get(self._counted, 0.0)

    def levels(self, unit: Unit, units: Sequence[Unit], order: int) -> dict[int, float]:
        """Each word of the question with how near it stands to the unit, 0 to 1."""
        found = dict.fromkeys(self._all, _ELSEWHERE)

        def heard(words: set[int], level: float) -> None:
            for key in words:
                if found.get(key, 0.0) < level:
                    found[key] = level

        for near in units[max(order - 1, 0) : order + 2]:
            if near.block == unit.block or (unit.leads and near.leads[-1:] == unit.leads[-1:]):
                heard(self._within(near.span), _IN_NEIGHBOUR)
        if unit.follows:
            # What an option does is said first; the rest of its explanation is about the same.
            for each in units[order + 1 :]:
                if each.leads[: len(unit.leads)] != unit.leads:
                    break
                heard(self._within(each.span), _IN_ENTRY)
        heard(self._headings, _IN_HEADING)
        heard(self._source, _IN_DOCUMENT)
        for span in unit.headings:
            heard(self._within(span), _IN_HEADING)
        for span in (*unit.leads, unit.span):
            heard(self._within(span), 1.0)
            heard({id(asked) for word, asked in self._related if span[0] <= word.start < span[1]}, RELATED)
            heard({id(asked) for word, asked in self._alike if span[0] <= word.start < span[1]}, SYNONYM)
        return found

    def nearness(self, unit: Unit) -> float:
        """How near neighbouring words of the question stand in the unit, or in what it stands under, 0 to 1."""
        own = self._nearness(self._in(*unit.leads, unit.span))
        above = self._nearness(self._in(*unit.headings))
        return max(own, _NEAR_ABOVE * above, _NEAR_ABOVE * self._near_in_headings)

    def density(self, unit: Unit) -> float:
        """The share of a unit's telling words that are the question's."""
        telling = [answer for word, answer in self._in(unit.span) if not word.common]
        return sum(answer is not None for answer in telling) / len(telling) if telling else 0.0

    def begins(self, unit: Unit) -> bool:
        """Whether the rarest word of the question is among the first of a unit."""
        return any(id(answer) == self.rarest for _, answer in self._in(unit.span)[:_FIRST_WORDS])

    def is_news(self, unit: Unit) -> bool:
        """Whether a unit says anything that the question does not, and more than what follows it."""
        label = self._text[unit.start : unit.end]
        if label.rstrip("*_` ").endswith(":") and len(label.split()) <= _LABEL:
            return False
        return any(answer is None and not word.common for word, answer in self._in((unit.shown[0], unit.end)))

    def _read(self, text: str) -> list[_Marked]:
        words = words_of(text, self._question.language)
        return list(zip(words, matching(self._question, words, self._languages), strict=True))

    def _in(self, *spans: Span) -> list[_Marked]:
        """The words in spans, in the order of the spans."""
        return list(
            chain.from_iterable(
                self._marked[bisect_left(self._starts, start) : bisect_left(self._starts, end)] for start, end in spans
            )
        )

    def _within(self, span: Span) -> set[int]:
        """The words of the question that stand in a span."""
        return {id(answer) for _, answer in self._in(span) if answer is not None}

    def _relatives(self) -> Iterator[tuple[Word, QuestionWord]]:
        """Words that begin with the stem of a word of the question, or the other way round."""
        roots: dict[str, list[tuple[str, str, QuestionWord]]] = {}
        for asked in self._question.words:
            for stem in asked.stems:
                if len(stem) >= _SHORTEST_ROOT:
                    roots.setdefault(stem[:_SHORTEST_ROOT], []).append((fold(asked.text), stem, asked))
        for word, answer in self._marked:
            if answer is not None or word.common:
                continue
            for whole, stem, asked in roots.get(word.folded[:_SHORTEST_ROOT], ()):
                own = stemmer(self._languages[0])(word.folded)
                if word.folded.startswith(stem) or (len(own) >= _SHORTEST_ROOT and whole.startswith(own)):
                    yield word, asked

    def _synonyms(self) -> Iterator[tuple[Word, QuestionWord]]:
        """Words that mean the same as one of the question."""
        asked_by = {stem: asked for asked in self._question.words for stem in asked.synonyms}
        stem = stemmer(self._question.language)
        for word, answer in self._marked if asked_by else ():
            if answer is None and not word.common and (asked := asked_by.get(stem(word.folded))) is not None:
                yield word, asked

    def _nearness(self, marked: Sequence[_Marked]) -> float:
        if not self._pair_weight or not marked:
            return 0.0
        inside: dict[int, list[int]] = {}
        place = 0
        for word, answer in marked:
            place += not word.common
            if answer is not None:
                inside.setdefault(id(answer), []).append(place)
        near = 0.0
        for left, right in self._pairs:
            lefts, rights = inside.get(id(left), ()), inside.get(id(right), ())
            gaps = [abs(one - other) for one in lefts for other in rights if 0 < abs(one - other) <= _NEAR]
            if gaps:
                near += (left.weight + right.weight) * (1.0 if min(gaps) == 1 else _LESS_NEAR)
        return near / self._pair_weight
