"""`genchat words`: what words are to a machine. Their forms, and vectors learned from the company they keep."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from genchat.engine.errors import DocumentsError, UsageError
from genchat.engine.language import language_in_use, say
from genchat.engine.language.numbers import decimal, whole
from genchat.engine.text import safe_line
from genchat.tui.cli.command_context import Surroundings, surroundings
from genchat.tui.cli.options import AsJson, Model
from genchat.tui.cli.parser import GenchatCommand, group

if TYPE_CHECKING:
    from genchat.engine.words.vectors import Neighbour, WordVectors

app = group("words", "words.help")
Language = Literal["pt", "en"]
LanguageOption = Annotated[Language | None, typer.Option("--language", "-l", metavar="TAG", help="words.language")]
TextFile = Annotated[Path | None, typer.Option("--text", "-t", metavar="FILE", help="words.text")]
Corpus = Annotated[str | None, typer.Option("--corpus", metavar="NAME", help="words.corpus")]
Count = Annotated[int, typer.Option("--top", metavar="N", min=1, help="words.top")]
_MAP_NEIGHBOURS = 24
_MAP_HEIGHT = 24


@app.command("forms", cls=GenchatCommand, help="words.forms")
def forms(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="TEXT", help="cli.argument.text_or_stdin")],
    language: LanguageOption = None,
    model: Model = None,
    as_json: AsJson = False,
) -> None:
    """Each word with the tokens that a model reads, its folded form, stem and lemma."""
    from genchat.engine.retrieval.terms import detect_language
    from genchat.engine.words.forms import distinct, word_forms
    from genchat.tui.cli.inputs import given_text

    around = surroundings(context)
    text = given_text(words)
    chosen = language or detect_language(text, _own_language())
    backend = around.open_model(model)
    tokenizer = None if backend.capabilities.remote else backend.tokenizer
    found = word_forms(text, chosen, tokenizer)
    if as_json:
        around.output.json({"language": chosen, "words": [asdict(form) for form in found], "distinct": distinct(found)})
        return
    out = around.output
    rows = [tuple(say(f"words.column_{name}") for name in ("text", "pieces", "folded", "stem", "lemma", "remark"))]
    for form in found:
        remark = say("words.is_common") if form.common else "" if form.known else say("words.is_unknown")
        rows.append((form.text, "|".join(form.pieces), form.folded, form.stem, form.lemma, remark))
    if tokenizer is None:
        rows = [(row[0], *row[2:]) for row in rows]
    styles = ("bold", "dim", "dim", "accent", "", "dim")
    out.table(rows, styles=styles if tokenizer is not None else (styles[0], *styles[2:]))
    out.note(say("words.distinct", **distinct(found)), "dim")
    if tokenizer is not None:
        out.note(say("words.tokens_of", name=safe_line(backend.info.name)), "dim")


@app.command("near", cls=GenchatCommand, help="words.near")
def near(
    context: typer.Context,
    word: Annotated[str, typer.Argument(metavar="WORD", help="words.word")],
    text: TextFile = None,
    corpus: Corpus = None,
    language: LanguageOption = None,
    top: Count = 10,
    as_json: AsJson = False,
) -> None:
    """The words that keep the most similar company."""
    around = surroundings(context)
    vectors = _vectors(around, (word,), text, corpus, language)
    _show(around, vectors, vectors.nearest(word, top), as_json)


@app.command("distance", cls=GenchatCommand, help="words.distance")
def distance(
    context: typer.Context,
    left: Annotated[str, typer.Argument(metavar="WORD", help="words.word")],
    right: Annotated[str, typer.Argument(metavar="WORD", help="words.word")],
    text: TextFile = None,
    corpus: Corpus = None,
    language: LanguageOption = None,
    as_json: AsJson = False,
) -> None:
    """Cosine and Euclidean distance of two words."""
    around = surroundings(context)
    found = _vectors(around, (left, right), text, corpus, language).compare(left, right)
    if as_json:
        around.output.json({"left": left, "right": right, "cosine": found.cosine, "distance": found.distance})
    else:
        around.output.line(say("words.distances", cosine=decimal(found.cosine, 3), distance=decimal(found.distance, 3)))


@app.command("analogy", cls=GenchatCommand, help="words.analogy")
def analogy(
    context: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help="words.analogy_first")],
    second: Annotated[str, typer.Argument(metavar="B", help="words.analogy_second")],
    third: Annotated[str, typer.Argument(metavar="C", help="words.analogy_third")],
    text: TextFile = None,
    corpus: Corpus = None,
    language: LanguageOption = None,
    top: Count = 5,
    as_json: AsJson = False,
) -> None:
    """What is to C as B is to A."""
    around = surroundings(context)
    vectors = _vectors(around, (first, second, third), text, corpus, language)
    _show(around, vectors, vectors.analogy(first, second, third, top), as_json)


@app.command("map", cls=GenchatCommand, help="words.map")
def word_map(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="WORD", help="words.map_words")],
    text: TextFile = None,
    corpus: Corpus = None,
    language: LanguageOption = None,
    as_json: AsJson = False,
) -> None:
    """Words on a plane; of a single word, its neighbours."""
    from genchat.engine.words.picture import drawn, placed

    around = surroundings(context)
    vectors = _vectors(around, words, text, corpus, language)
    chosen = list(dict.fromkeys(vectors.words[vectors.place(word)] for word in words))
    if len(chosen) == 1:
        chosen += [each.word for each in vectors.nearest(chosen[0], _MAP_NEIGHBOURS)]
    points = vectors.plane(chosen)
    if as_json:
        places = [{"word": word, "x": x, "y": y} for word, (x, y) in zip(chosen, points.tolist(), strict=True)]
        around.output.json(places)
        return
    size = shutil.get_terminal_size()
    width, height = max(size.columns, 40), max(min(size.lines - 2, _MAP_HEIGHT), 8)
    shown = placed(chosen, points, width, height)
    for line in drawn(shown, width, height):
        around.output.line(line)
    around.output.note(say("words.map_note", shown=len(shown), total=len(chosen)), "dim")


def _show(around: Surroundings, vectors: "WordVectors", found: Sequence["Neighbour"], as_json: bool) -> None:
    if as_json:
        around.output.json([{**asdict(each), "count": vectors.count(each.word)} for each in found])
        return
    head = tuple(say(f"words.column_{name}") for name in ("word", "cosine", "distance", "count"))
    rows = [
        (each.word, decimal(each.cosine, 3), decimal(each.distance, 3), whole(vectors.count(each.word)))
        for each in found
    ]
    around.output.table([head, *rows], right=(1, 2, 3), styles=("bold", "accent", "", "dim"))
    around.output.note(say("words.trained_on", name=vectors.name, words=len(vectors.words)), "dim")


def _vectors(
    around: Surroundings, words: Sequence[str], text: Path | None, corpus: str | None, language: Language | None
) -> "WordVectors":
    """Vectors of the text that is named, or of all that ships with genchat; trained once, then kept.

    Of what ships, the reader's language, unless one is named or only the other one knows all of `words`.
    """
    from genchat.engine.words.store import shipped_texts
    from genchat.tui.cli.inputs import read_text_file

    if text is not None and corpus is not None:
        raise UsageError("words_text_or_corpus")
    if corpus is not None:
        from genchat.engine.text_store import TextStore

        store = TextStore(around.paths.data / "texts")
        return _open(around, store.find(corpus).name, [read_text_file(store.path(corpus))])
    if text is not None:
        return _open(around, safe_line(text.name), [read_text_file(text)])
    own: Language = language or _own_language()
    vectors = _open(around, say(f"words.shipped_{own}"), shipped_texts(own))
    if language is None and not _knows(vectors, words):
        other: Language = "en" if own == "pt" else "pt"
        others = _open(around, say(f"words.shipped_{other}"), shipped_texts(other))
        return others if _knows(others, words) else vectors
    return vectors


def _open(around: Surroundings, name: str, texts: list[str]) -> "WordVectors":
    from genchat.engine.words.store import open_vectors

    try:
        return open_vectors(
            texts, name, around.paths.cache, lambda share: around.output.progress(say("words.training"), share)
        )
    finally:
        around.output.end_progress()


def _knows(vectors: "WordVectors", words: Sequence[str]) -> bool:
    try:
        return all(vectors.place(word) >= 0 for word in words)
    except DocumentsError:
        return False


def _own_language() -> Language:
    return "pt" if language_in_use() == "pt-br" else "en"
