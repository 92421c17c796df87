"""Which recalled replies may speak, and which words of a prompt no question of the training text has.

Similar words do not make two questions alike. A reply may speak only where its question holds the rarest content word
of the prompt, or is nearly the same sentence; where every number and name of its question was said by the person, too;
and where it is in the prompt's language. A name by which the person is addressed gives way to the person's own. Where
no reply may speak, those that the training text gives to questions without words do: they say that nothing fits.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Protocol

from genchat.engine.common_words import Language, is_common, language_of
from genchat.engine.text import fold

# Measured on a hundred prompts set apart: half written to be answerable, half not.
ALIKE_WITH_TOPIC = 0.46  # least similarity of a question that holds the rarest content word
ALIKE_IN_CONTENT = 0.25  # least similarity of a question with the same content words and no others
ALIKE_WITHOUT_TOPIC = 0.78  # least similarity of one that does not
ALIKE_WITHOUT_CONTENT = 0.5  # least similarity where the prompt holds common words only
_SAME_WORD = 0.6  # share of the longer of two words that both begin with
_SHORT = 3  # letters; words as short as this are equal or different
_ASKING = frozenset(
    """
    que qual quais quem quanto quanta quantos quantas como onde quando porque pq cade
    what whats which who whos whose how hows where when why is are do does did can could will would should
    """.split()  # noqa: SIM905
)
_FIRST_PERSON = frozenset("eu meu minha meus minhas sou estou to tou tenho moro i im my ive mine".split())  # noqa: SIM905
_WORD = re.compile(r"\w+")
_REPEATED = re.compile(r"(\w)\1{2,}")
_SENTENCE_START = re.compile(r"(?:^|[.!?…:\n\"“]\s*)$")
_VOCATIVE_BEFORE = re.compile(r"(?:^|[,.!?…])\s*$")
_VOCATIVE_AFTER = re.compile(r"\s*[,.!?…]")


def plain_words(text: str) -> list[str]:
    """The words of `text` folded, letters that are held down ("oiii") once."""
    return [_REPEATED.sub(r"\1", word) for word in _WORD.findall(fold(text))]


def is_question(text: str) -> bool:
    """The answer is true where `text` asks: by its mark or, since people leave that out, by an asking word at its
    beginning.
    """
    return "?" in text or any(word in _ASKING for word in plain_words(text)[:2])


def is_about_oneself(text: str) -> bool:
    """The answer is true where `text` tells something of the person rather than asking or ordering."""
    return not is_question(text) and any(word in _FIRST_PERSON for word in plain_words(text)[:2])


def content_words(words: Iterable[str]) -> list[str]:
    """The result is those of the folded words that say what a sentence is about, each once."""
    return [word for word in dict.fromkeys(words) if not is_common(word) and (len(word) > 1 or word.isdigit())]


def same_word(first: str, second: str) -> bool:
    """The answer is true where two folded words are forms of one: most of the longer one is how both begin."""
    if first == second:
        return True
    longest = max(len(first), len(second))
    if min(len(first), len(second)) <= _SHORT or first[0] != second[0]:
        return False
    shared = next((index for index, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), None)
    return (min(len(first), len(second)) if shared is None else shared) >= _SAME_WORD * longest


def topic_of(text: str, words: Sequence[str], rarity: "Rarity") -> str:
    """The rarest content word of `text`, whose folded words are `words`; names do not count. "" where there is none."""
    names = {fold(match[0]) for match in _WORD.finditer(text) if _is_name(text, match)}
    content = [word for word in content_words(words) if word not in names]
    return max(content, key=rarity.weight, default="")


def _numbers(text: str) -> list[str]:
    """The numbers of a text in order of size, each as often as it stands there."""
    return sorted(word for word in plain_words(text) if word.isdigit())


def _asks_the_same_of_another(stored: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether two questions differ in one content word that stands in the same place of both: "quantos … existem?"."""
    changes = [
        change
        for change in SequenceMatcher(None, list(stored), list(asked), autojunk=False).get_opcodes()
        if change[0] != "equal"
    ]
    if len(changes) != 1:
        return False
    kind, low, high, begin, end = changes[0]
    if kind != "replace" or high - low != 1 or end - begin != 1:
        return False
    return len(content_words((stored[low], asked[begin]))) == 2 and not same_word(stored[low], asked[begin])


def _holds(words: Iterable[str], topic: str) -> bool:
    return not topic or any(same_word(topic, word) for word in words)


class Rarity(Protocol):
    """This tells how rare a folded word is in the questions of the training text."""

    def weight(self, word: str) -> float:
        """Inverse document frequency; the largest value for a word that stands in no question."""
        ...

    def knows(self, word: str) -> bool:
        """The answer is true where a word stands in any question."""
        ...


@dataclass(frozen=True)
class Exchange:
    """A stored reply with what was said before it: the question, and what the person said earlier in that dialogue."""

    question: str
    earlier: str
    reply: str


@dataclass(frozen=True)
class Prompt:
    """A prompt is what the person says now.

    text: the last turn; corrected: its folded words after correction; earlier: what the person said before;
    topic: the rarest content word, "" where all words are common or names.
    """

    text: str
    corrected: tuple[str, ...]
    earlier: str
    topic: str
    language: Language | None

    @classmethod
    def of(cls, text: str, corrected: Sequence[str], earlier: Sequence[str], rarity: Rarity) -> "Prompt":
        """Read the person's last turn; `earlier` are the person's turns before it, the last one first."""
        topic = topic_of(text, corrected, rarity)
        spoken = [language_of(turn) for turn in (text, *earlier)]
        language = next((known for known in spoken if known is not None), None)
        return cls(text, tuple(corrected), " ".join(earlier), topic, language)

    def admits(self, exchange: Exchange, similarity: float, rarity: Rarity) -> bool:
        """The answer is true where a stored question is about the same thing: by its words, numbers and language."""
        stored = plain_words(exchange.question)
        own_topic, topic = self._topic_beside(exchange, rarity), topic_of(exchange.question, stored, rarity)
        if own_topic and not rarity.knows(own_topic):
            return False
        if is_question(exchange.question) and is_about_oneself(self.text):
            least = ALIKE_WITHOUT_TOPIC
        elif not own_topic and not topic:
            least = ALIKE_WITHOUT_CONTENT
        elif is_question(self.text) and _asks_the_same_of_another(stored, self.corrected):
            least = ALIKE_WITHOUT_TOPIC
        elif _holds(stored, own_topic) and _holds(self.corrected, topic):
            own, others = set(content_words(self.corrected)), set(content_words(stored))
            least = ALIKE_IN_CONTENT if own == others else ALIKE_WITH_TOPIC
        else:
            least = ALIKE_WITHOUT_TOPIC
        if similarity < least:
            return False
        if self.language is not None and language_of(exchange.reply) not in (None, self.language):
            return False
        numbers = _numbers(exchange.question)
        if numbers and is_question(self.text) and _numbers(self.text):
            return numbers == _numbers(self.text)  # "9 times 9" does not answer "9 times 7"
        return set(_numbers(f"{self.text} {self.earlier}")).issuperset(numbers)

    def share_held(self, exchange: Exchange) -> float:
        """How much of what this is about a stored question holds: 0 nothing, 0.5 the topic, 1 every content word."""
        stored = plain_words(exchange.question)
        return (_holds(stored, self.topic) + all(_holds(stored, word) for word in content_words(self.corrected))) / 2

    def _topic_beside(self, exchange: Exchange, rarity: Rarity) -> str:
        """The topic, where what stands in the place of a name of the stored question is a name however it is typed."""
        names = [match[0] for match in _WORD.finditer(exchange.question) if _is_name(exchange.question, match)]
        own = {fold(word) for name in names if (word := _counterpart(name, exchange.question, self.text)) is not None}
        if self.topic not in own:
            return self.topic
        return topic_of(self.text, [word for word in self.corrected if word not in own], rarity)

    def in_own_names(self, exchange: Exchange) -> str | None:
        """The stored reply, fit for this person; None where it speaks of somebody or something else.

        Names of the stored question have to be said by this person, or be nothing but an address in the reply
        ("Prazer, Ana!"), where the name that stands in their place now is put.
        """
        said = set(plain_words(f"{self.text} {self.earlier}"))
        reply = exchange.reply
        unsaid = [name for name in _names(exchange.question, reply) if fold(name) not in said]
        for name in dict.fromkeys([*unsaid, *_names(exchange.earlier, reply, only_repeated=True)]):
            if fold(name) in said:
                continue
            own = _counterpart(name, exchange.question, self.text)
            occurrences = list(re.finditer(rf"\b{re.escape(name)}\b", reply))
            if (
                own is None
                or not occurrences
                or not all(_is_address(reply, occurrence.span()) for occurrence in occurrences)
            ):
                return None
            for occurrence in reversed(occurrences):
                reply = reply[: occurrence.start()] + own + reply[occurrence.end() :]
        return reply


def _names(text: str, reply: str, *, only_repeated: bool = False) -> list[str]:
    """Words of `text` written like names there or, where the reply takes them up, in the reply."""
    names = [match[0] for match in _WORD.finditer(text) if _is_name(text, match)]
    in_reply = {fold(match[0]): match[0] for match in _WORD.finditer(reply) if match[0][:1].isupper()}
    repeated = [in_reply[word] for word in content_words(plain_words(text)) if word in in_reply]
    return repeated if only_repeated else list(dict.fromkeys([*repeated, *names]))


def _is_name(text: str, match: re.Match[str]) -> bool:
    word = match[0]
    written = word[:1].isupper() and word[1:].islower() and not is_common(fold(word))
    return written and not _SENTENCE_START.search(text[: match.start()])


def _is_address(reply: str, span: tuple[int, int]) -> bool:
    begin, end = span
    return bool(_VOCATIVE_BEFORE.search(reply[:begin]) and _VOCATIVE_AFTER.match(reply[end:]))


def _counterpart(name: str, stored: str, said: str) -> str | None:
    """The word of `said` that stands where `name` stands in the `stored` sentence; None unless the rest is alike."""
    theirs, ours = _WORD.findall(stored), _WORD.findall(said)
    matcher = SequenceMatcher(None, list(map(fold, theirs)), list(map(fold, ours)), autojunk=False)
    for kind, low, high, begin, end in matcher.get_opcodes():
        if kind == "replace" and high - low == end - begin == 1 and fold(theirs[low]) == fold(name):
            own: str = ours[begin]
            return own[:1].upper() + own[1:]
    return None
