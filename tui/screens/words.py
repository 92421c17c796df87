"""The screen that shows words as a machine sees them: tokens, stems, lemmas, nearest words, and a map of them.

One word brings its neighbours; several bring their forms and their distances; a line such as "A : B = C"
looks for the fourth of an analogy. The vectors are those of one text: of genchat's own, or of one the person fetched.
"""

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Input, Static

from genchat.engine.errors import DocumentsError, GenchatError
from genchat.engine.language import language_in_use, say
from genchat.engine.language.numbers import decimal, rounded_percentage
from genchat.engine.paths import paths
from genchat.engine.text import safe, safe_line
from genchat.engine.text_store import TextCard, TextStore
from genchat.tui.keys import bind
from genchat.tui.screens.layout import SMALLEST
from genchat.tui.widgets.key_bar import KeyBar
from genchat.tui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from genchat.engine.contract import Tokenizer
    from genchat.engine.words.forms import WordForms
    from genchat.engine.words.vectors import Neighbour, WordVectors

Language = Literal["pt", "en"]
_LANGUAGES: tuple[Language, ...] = ("pt", "en")
_CELL = (14, 18, 12, 14)  # word, tokens, stem, lemma
_NARROW = 90
_NEIGHBOURS = 14
_ON_MAP = 24
_ANALOGY = re.compile(r"\s*(\w+)\s*:\s*(\w+)\s*=\s*(\w+)\s*")


@dataclass(frozen=True)
class TextChoice:
    """Vectors can be learned from this text: genchat's own in a language, or `corpus`, one fetched or added."""

    language: Language
    corpus: str = ""

    @property
    def title(self) -> str:
        """Return the title of the text."""
        return safe_line(self.corpus, 40) if self.corpus else say(f"words.shipped_{self.language}")


@dataclass(frozen=True)
class Findings:
    """The findings for one line are the forms of its words, their neighbours, and positions on the plane."""

    forms: "tuple[WordForms, ...]" = ()
    neighbours: "tuple[Neighbour, ...]" = ()
    heading: str = ""
    words: tuple[str, ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    unknown: tuple[str, ...] = ()


class WordsScreen(Screen[None]):
    """This screen looks up a line when it is sent."""

    CSS_PATH = "documents.tcss"
    AUTO_FOCUS = "#words-input"
    HELP_TITLE = "tui.help.words"
    HELP_TEXTS = ("words.hint",)
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("escape", "back", "docs_back", show=True, priority=True),
        bind("f2", "text", "words_text", show=True, priority=True),
    ]

    @dataclass
    class Ready(Message):
        """The vectors are ready."""

        vectors: "WordVectors"
        choice: TextChoice

    @dataclass
    class LookedUp(Message):
        """A line was looked up."""

        findings: Findings

    @dataclass
    class StatusMessage(Message):
        """This line reports how far the learning is, or what went wrong."""

        text: str
        wrong: bool = False

    def __init__(self, tokenizer: "Tokenizer | None" = None) -> None:
        """`tokenizer` belongs to the model in use, whose tokens are shown."""
        super().__init__()
        self._tokenizer = tokenizer
        preferred: Language = "pt" if language_in_use() == "pt-br" else "en"
        self._choices = [TextChoice(language) for language in sorted(_LANGUAGES, key=preferred.__ne__)]
        self._choices += [TextChoice(_language_of(card), card.name) for card in _texts().cards()]
        self._vectors: WordVectors | None = None
        self._findings = Findings()
        self._title = Static("", id="words-title", markup=False)
        self._input = LineInput(placeholder=say("words.placeholder"), id="words-input")
        self._table = Static("", id="table", markup=False)
        self._map = Static("", id="map", markup=False)
        self._message = Static("", id="words-message", markup=False)

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._input
        with Horizontal(id="words-body"):
            yield VerticalScroll(self._table, id="table-box")
            yield self._map
        yield self._message
        yield KeyBar(id="keys")
        yield Static(say("tui.too_small"), id="too-small", markup=False)

    def on_mount(self) -> None:
        self._table.update(Content.styled(say("words.hint"), "$genchat-muted"))
        self._learn()

    def on_resize(self, event: events.Resize) -> None:
        width, height = self.app.size
        self.set_class(width < SMALLEST[0] or height < SMALLEST[1], "-tiny")
        self.set_class(width < _NARROW, "-narrow")
        self.call_after_refresh(self._draw)

    # -- work in threads ----------------------------------------------------------------------------------------

    def _learn(self) -> None:
        self._vectors = None
        self._title.update(Content.assemble((say("words.title"), "bold")))
        work = partial(self._open_vectors, self._choices[0])
        self.run_worker(work, thread=True, exclusive=True, group="vectors", exit_on_error=False)

    def _open_vectors(self, choice: TextChoice) -> None:
        from genchat.engine.words.store import open_vectors, shipped_texts
        from genchat.tui.cli.inputs import read_text_file

        def tell(share: float) -> None:
            self.post_message(self.StatusMessage(f"{say('words.training')} {rounded_percentage(share)}"))

        try:
            texts = [read_text_file(_texts().path(choice.corpus))] if choice.corpus else shipped_texts(choice.language)
            self.post_message(self.Ready(open_vectors(texts, choice.title, paths().cache, tell), choice))
        except GenchatError as error:
            self.post_message(self.StatusMessage(str(error), wrong=True))

    def _look_up(self, line: str, language: Language, vectors: "WordVectors | None") -> None:
        try:
            self.post_message(self.LookedUp(look_up(line, language, vectors, self._tokenizer)))
        except GenchatError as error:
            self.post_message(self.StatusMessage(str(error), wrong=True))

    # -- what comes back ----------------------------------------------------------------------------------------

    @on(Ready)
    def _ready(self, message: Ready) -> None:
        if message.choice != self._choices[0]:
            return
        self._vectors = message.vectors
        about = say("words.trained_on", name=message.vectors.name, words=len(message.vectors.words))
        self._title.update(Content.assemble((say("words.title"), "bold"), "   ", (about, "$genchat-muted")))
        self._tell("")
        if self._input.value.strip():
            self._start(self._input.value)

    @on(LookedUp)
    def _looked_up(self, message: LookedUp) -> None:
        self._findings = message.findings
        self._table.update(findings_content(message.findings))
        self.query_one("#table-box", VerticalScroll).scroll_home(animate=False)
        unknown = ", ".join(map(safe_line, message.findings.unknown))
        self._tell(say("words.not_known", words=unknown) if unknown else "")
        self._draw()

    @on(StatusMessage)
    def _show_status(self, message: StatusMessage) -> None:
        if message.wrong:  # what stands there answers another line
            self._findings = Findings()
            self._table.update("")
            self._draw()
        self._tell(message.text, message.wrong)

    def _tell(self, text: str, wrong: bool = False) -> None:
        self._message.set_class(wrong, "-error")
        self._message.update(Content(safe(text)))

    def _draw(self) -> None:
        import numpy as np

        from genchat.engine.words.picture import drawn, placed

        width, height = self._map.content_size
        findings = self._findings
        if not findings.words or width < 20 or height < 4:
            self._map.update("")
            return
        points = np.array(findings.points, dtype=np.float32)
        lines = drawn(placed([safe_line(word) for word in findings.words], points, width, height), width, height)
        self._map.update(Content("\n".join(lines)))

    # -- what the person does -----------------------------------------------------------------------------------

    @on(Input.Submitted, "#words-input")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self._start(event.value)

    def _start(self, line: str) -> None:
        work = partial(self._look_up, line, self._choices[0].language, self._vectors)
        self.run_worker(work, thread=True, exclusive=True, group="line", exit_on_error=False)

    def action_back(self) -> None:
        """Go back to the chat."""
        self.dismiss(None)

    def action_text(self) -> None:
        """Change to the vectors of the next text."""
        self._choices = [*self._choices[1:], self._choices[0]]
        self._learn()


def _texts() -> TextStore:
    return TextStore(paths().data / "texts")


def _language_of(card: TextCard) -> Language:
    return "en" if card.language.casefold().startswith("en") else "pt"


def look_up(
    line: str, language: Language, vectors: "WordVectors | None", tokenizer: "Tokenizer | None" = None
) -> Findings:
    """Return everything that can be shown for a line. Raises DocumentsError for an analogy with unknown words."""
    from genchat.engine.words.forms import word_forms

    analogy = _ANALOGY.fullmatch(line)
    if analogy is not None and vectors is not None:
        first, second, third = analogy.groups()
        near = vectors.analogy(first, second, third, _NEIGHBOURS)
        words = [vectors.words[vectors.index(word)] for word in (first, second, third)]
        return _with_map(
            Findings((), tuple(near), f"{first} : {second} = {third} : …"), vectors, words + _names(near[:5])
        )
    forms = tuple(word_forms(line, language, tokenizer))
    if vectors is None:
        return Findings(forms)
    known, unknown = [], []
    # Words such as "the" stand beside everything; their distances say nothing, unless there are no others.
    for form in [form for form in forms if not form.common] or forms:
        try:
            known.append(vectors.words[vectors.index(form.text)])
        except DocumentsError:
            unknown.append(form.text)
    known = list(dict.fromkeys(known))
    if len(known) == 1:
        near = vectors.nearest(known[0], _ON_MAP)
        findings = Findings(forms, tuple(near[:_NEIGHBOURS]), known[0], unknown=tuple(unknown))
        return _with_map(findings, vectors, known + _names(near))
    compared = tuple(vectors.compare(known[0], other) for other in known[1:])
    findings = Findings(forms, compared, known[0] if known else "", unknown=tuple(unknown))
    return _with_map(findings, vectors, known)


def _names(near: "list[Neighbour]") -> list[str]:
    return [neighbour.word for neighbour in near]


def _with_map(findings: Findings, vectors: "WordVectors", words: list[str]) -> Findings:
    if len(words) < 2:
        return findings
    chosen = list(dict.fromkeys(words))
    points = tuple((float(x), float(y)) for x, y in vectors.plane(chosen))
    return Findings(findings.forms, findings.neighbours, findings.heading, tuple(chosen), points, findings.unknown)


def findings_content(findings: Findings) -> Content:
    """Return forms, then neighbours or distances, as two small tables."""
    parts: list[tuple[str, str] | str] = []
    if findings.forms:
        with_tokens = any(form.pieces for form in findings.forms)
        names = ("text", "pieces", "stem", "lemma")
        parts.append((_forms_row([say(f"words.column_{name}") for name in names], with_tokens), "$genchat-muted"))
        for form in findings.forms:
            cells = [form.text, "|".join(form.pieces), form.stem, form.lemma]
            parts.append((_forms_row(cells, with_tokens), "$genchat-faint" if form.common else ""))
    if findings.neighbours:
        head = _cell(say("words.column_word"), 20) + say("words.column_cosine").rjust(8)
        parts += ["\n", (safe_line(findings.heading, 40) + "\n", "bold")]
        parts.append((head + say("words.column_distance").rjust(12) + "\n", "$genchat-muted"))
        for neighbour in findings.neighbours:
            parts += [_cell(neighbour.word, 20), decimal(neighbour.cosine, 3).rjust(8)]
            parts.append((decimal(neighbour.distance, 3).rjust(12) + "\n", "$genchat-muted"))
    return Content.assemble(*parts)


def _forms_row(cells: list[str], with_tokens: bool) -> str:
    shown = [_cell(text, width) for text, width in zip(cells, _CELL, strict=True)]
    return "".join(shown if with_tokens else [shown[0], *shown[2:]]).rstrip() + "\n"


def _cell(text: str, width: int) -> str:
    return safe_line(text, width - 1).ljust(width)
