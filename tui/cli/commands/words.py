"""`genchat words`: show words as a machine sees them: their forms, and vectors learned from their contexts."""

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
from genchat.tui.cli.command_context import CommandContext, command_context
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
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="TEXT", help="cli.argument.text_or_stdin")],
    language: LanguageOption = None,
    model: Model = None,
    as_json: AsJson = False,
) -> None:
    """Show each word with its tokens, its folded form, its stem and its lemma."""
    from genchat.engine.retrieval.terms import detect_language
    from genchat.engine.words.forms import distinct, word_forms
    from genchat.tui.cli.inputs import given_text

    context = command_context(ctx)
    text = given_text(words)
    chosen = language or detect_language(text, _reader_language())
    backend = context.open_model(model)
    tokenizer = None if backend.capabilities.remote else backend.tokenizer
    forms_of_words = word_forms(text, chosen, tokenizer)
    if as_json:
        context.output.json(
            {
                "language": chosen,
                "words": [asdict(form) for form in forms_of_words],
                "distinct": distinct(forms_of_words),
            }
        )
        return
    out = context.output
    rows = [tuple(say(f"words.column_{name}") for name in ("text", "pieces", "folded", "stem", "lemma", "remark"))]
    for form in forms_of_words:
        remark = say("words.is_common") if form.common else "" if form.known else say("words.is_unknown")
        rows.append((form.text, "|".join(form.pieces), form.folded, form.stem, form.lemma, remark))
    if tokenizer is None:
        rows = [(row[0], *row[2:]) for row in rows]
    styles = ("bold", "dim", "dim", "accent", "", "dim")
    out.table(rows, styles=styles if tokenizer is not None else (styles[0], *styles[2:]))
    out.note(say("words.distinct", **distinct(forms_of_words)), "dim")
    if tokenizer is not None:
        out.note(say("words.tokens_of", name=safe_line(backend.info.name)), "dim")


@app.command("near", cls=GenchatCommand, help="words.near")
def near(
    ctx: typer.Context,
    word: Annotated[str, typer.Argument(metavar="WORD", help="words.word")],
    text: TextFile = None,
    corpus: Corpus = None,
    language: LanguageOption = None,
    top: Count = 10,
    as_json: AsJson = False,
) -> None:
    """Show the words that occur in the most similar contexts."""
    context = command_context(ctx)
    vectors = _vectors(context, (word,), text, corpus, language)
    _show(context, vectors, vectors.nearest(word, top), as_json)


@app.command("distance", cls=GenchatCommand, help="words.distance")
def distance(
    ctx: typer.Context,
    left: Annotated[str, typer.Argument(metavar="WORD", help="words.word")],
    right: Annotated[str, typer.Argument(metavar="WORD", help="words.word")],
    text: TextFile = None,
    corpus: Corpus = None,
    language: LanguageOption = None,
    as_json: AsJson = False,
) -> None:
    """Show the cosine and the Euclidean distance of two words."""
    context = command_context(ctx)
    comparison = _vectors(context, (left, right), text, corpus, language).compare(left, right)
    if as_json:
        context.output.json(
            {"left": left, "right": right, "cosine": comparison.cosine, "distance": comparison.distance}
        )
    else:
        context.output.line(
            say("words.distances", cosine=decimal(comparison.cosine, 3), distance=decimal(comparison.distance, 3))
        )


@app.command("analogy", cls=GenchatCommand, help="words.analogy")
def analogy(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help="words.analogy_first")],
    second: Annotated[str, typer.Argument(metavar="B", help="words.analogy_second")],
    third: Annotated[str, typer.Argument(metavar="C", help="words.analogy_third")],
    text: TextFile = None,
    corpus: Corpus = None,
    language: LanguageOption = None,
    top: Count = 5,
    as_json: AsJson = False,
) -> None:
    """Show what is to C as B is to A."""
    context = command_context(ctx)
    vectors = _vectors(context, (first, second, third), text, corpus, language)
    _show(context, vectors, vectors.analogy(first, second, third, top), as_json)


@app.command("map", cls=GenchatCommand, help="words.map")
def word_map(
    ctx: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="WORD", help="words.map_words")],
    text: TextFile = None,
    corpus: Corpus = None,
    language: LanguageOption = None,
    as_json: AsJson = False,
) -> None:
    """Draw words on a plane; for a single word, draw its neighbours."""
    from genchat.engine.words.picture import drawn, placed

    context = command_context(ctx)
    vectors = _vectors(context, words, text, corpus, language)
    chosen = list(dict.fromkeys(vectors.words[vectors.index(word)] for word in words))
    if len(chosen) == 1:
        chosen += [neighbour.word for neighbour in vectors.nearest(chosen[0], _MAP_NEIGHBOURS)]
    points = vectors.plane(chosen)
    if as_json:
        positions = [{"word": word, "x": x, "y": y} for word, (x, y) in zip(chosen, points.tolist(), strict=True)]
        context.output.json(positions)
        return
    size = shutil.get_terminal_size()
    width, height = max(size.columns, 40), max(min(size.lines - 2, _MAP_HEIGHT), 8)
    shown = placed(chosen, points, width, height)
    for line in drawn(shown, width, height):
        context.output.line(line)
    context.output.note(say("words.map_note", shown=len(shown), total=len(chosen)), "dim")


def _show(context: CommandContext, vectors: "WordVectors", neighbours: Sequence["Neighbour"], as_json: bool) -> None:
    if as_json:
        context.output.json([{**asdict(neighbour), "count": vectors.count(neighbour.word)} for neighbour in neighbours])
        return
    head = tuple(say(f"words.column_{name}") for name in ("word", "cosine", "distance", "count"))
    rows = [
        (
            neighbour.word,
            decimal(neighbour.cosine, 3),
            decimal(neighbour.distance, 3),
            whole(vectors.count(neighbour.word)),
        )
        for neighbour in neighbours
    ]
    context.output.table([head, *rows], right=(1, 2, 3), styles=("bold", "accent", "", "dim"))
    context.output.note(say("words.trained_on", name=vectors.name, words=len(vectors.words)), "dim")


def _vectors(
    context: CommandContext, words: Sequence[str], text: Path | None, corpus: str | None, language: Language | None
) -> "WordVectors":
    """Return vectors of the text that is named, or of all that ships with genchat; they are trained once, then stored.

    Shipped texts are those in the reader's language, unless one is named or only the other one knows all of `words`.
    """
    from genchat.engine.words.store import shipped_texts
    from genchat.tui.cli.inputs import read_text_file

    if text is not None and corpus is not None:
        raise UsageError("words_text_or_corpus")
    if corpus is not None:
        from genchat.engine.text_store import TextStore

        store = TextStore(context.paths.data / "texts")
        return _open(context, store.find(corpus).name, [read_text_file(store.path(corpus))])
    if text is not None:
        return _open(context, safe_line(text.name), [read_text_file(text)])
    preferred: Language = language or _reader_language()
    vectors = _open(context, say(f"words.shipped_{preferred}"), shipped_texts(preferred))
    if language is None and not _knows(vectors, words):
        other: Language = "en" if preferred == "pt" else "pt"
        other_vectors = _open(context, say(f"words.shipped_{other}"), shipped_texts(other))
        return other_vectors if _knows(other_vectors, words) else vectors
    return vectors


def _open(context: CommandContext, name: str, texts: list[str]) -> "WordVectors":
    from genchat.engine.words.store import open_vectors

    try:
        return open_vectors(
            texts, name, context.paths.cache, lambda share: context.output.progress(say("words.training"), share)
        )
    finally:
        context.output.end_progress()


def _knows(vectors: "WordVectors", words: Sequence[str]) -> bool:
    try:
        return all(vectors.index(word) >= 0 for word in words)
    except DocumentsError:
        return False


def _reader_language() -> Language:
    return "pt" if language_in_use() == "pt-br" else "en"
