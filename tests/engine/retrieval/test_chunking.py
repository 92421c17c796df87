"""Chunks are exact, ordered, complete, whole where a section fits, and never longer than promised."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from genchat.corpora import documents
from genchat.engine.retrieval.chunking import LIMIT, WHOLE, Chunk, chunk_markdown, chunk_plain

WORDS = ("água", "pão", "casa.", "Bom dia!", "x" * 40, "fim.", "e", "o Dr. Silva")
MARKDOWN = st.lists(
    st.one_of(
        st.builds("{} {}".format, st.sampled_from(["#", "##", "###"]), st.sampled_from(WORDS)),
        st.lists(st.sampled_from(WORDS), max_size=300).map(" ".join),
        st.sampled_from(["", "```", "- item", "Título\n===", "---", "a | b"]),
    ),
    max_size=20,
).map("\n".join)


def check(text: str, chunks: list[Chunk], limit: int) -> None:
    at = 0
    for chunk in chunks:
        assert not text[at : chunk.start].strip(), "something was dropped"
        piece = text[chunk.start : chunk.end]
        assert piece == piece.strip() != ""
        assert len(piece) <= limit
        assert chunk.line == text.count("\n", 0, chunk.start) + 1
        at = chunk.end
    assert not text[at:].strip(), "the end was dropped"


@given(MARKDOWN)
@settings(deadline=None, max_examples=60)
def test_markdown_chunks_are_exact_ordered_and_complete(text: str) -> None:
    check(text, chunk_markdown(text), WHOLE)


@given(st.lists(st.sampled_from([*WORDS, "\n", "\n\n", "y" * 2000]), max_size=400).map(" ".join))
@settings(deadline=None, max_examples=60)
def test_plain_chunks_are_exact_ordered_complete_and_short(text: str) -> None:
    check(text, chunk_plain(text), LIMIT)


def test_every_shipped_document_is_cut_without_loss() -> None:
    texts = [each.text for each in documents("explanations") if each.source.endswith(".md")]
    texts += [each.text for each in documents("fitness") if each.source.endswith(".md")]
    assert len(texts) > 20
    for text in texts:
        check(text, chunk_markdown(text), WHOLE)


def test_a_recipe_stays_whole_under_its_path() -> None:
    text = next(each.text for each in documents("fitness") if each.source.endswith("receitas_cafe.md"))
    recipes = [chunk for chunk in chunk_markdown(text) if len(chunk.heading) == 2]
    assert recipes[0].heading == ("Receitas de café da manhã", "Mingau de aveia com banana e canela")
    for recipe in recipes:
        body = text[recipe.start : recipe.end]
        assert "### Ingredientes" in body
        assert "### Modo de preparo" in body
        assert "Refeição:" in body


def test_a_long_paragraph_falls_into_pieces_of_about_the_same_length() -> None:
    text = " ".join(f"Esta é a frase número {number} do parágrafo." for number in range(60))
    lengths = [chunk.end - chunk.start for chunk in chunk_plain(text)]
    assert len(lengths) == -(-len(text) // LIMIT)
    assert max(lengths) - min(lengths) < 100


def test_pieces_end_where_sentences_do() -> None:
    text = " ".join(f"Frase {number} com algumas palavras a mais." for number in range(80))
    for chunk in chunk_plain(text):
        assert text[chunk.start : chunk.end].endswith("a mais.")


def test_hashes_inside_a_fenced_block_are_no_headings() -> None:
    text = "# Um\n\n```\n# comentário\n```\n\n" + "palavra " * 300
    assert {chunk.heading for chunk in chunk_markdown(text)} == {("Um",)}


def test_underlined_headings_count() -> None:
    text = "Título\n======\n\n" + "texto " * 200 + "\n\nParte\n-----\n\noutro texto"
    assert [chunk.heading for chunk in chunk_markdown(text)][-1] == ("Título", "Parte")


def test_a_heading_without_text_goes_with_what_follows() -> None:
    long = "palavra " * 200
    text = f"# Documento\n\n## Vazio\n\n### Cheio\n\n{long}\n\n## Outro\n\n{long}"
    chunks = chunk_markdown(text)
    assert text[chunks[0].start :].startswith("# Documento\n\n## Vazio\n\n### Cheio")


def test_a_text_without_spaces_is_still_cut() -> None:
    chunks = chunk_plain("z" * 5000)
    assert len(chunks) == 6
    assert sum(chunk.end - chunk.start for chunk in chunks) == 5000


def test_lines_of_two_chunks_never_run_backwards() -> None:
    text = "\n\n".join("Linha de texto. " * 40 for _ in range(10))
    for one, other in pairwise(chunk_plain(text)):
        assert one.line <= other.line
        assert one.end <= other.start
