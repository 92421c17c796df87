"""What a document may say instead of the words of a question, and what that may not do."""

import pytest

from genchat.corpora.thesaurus import read_thesaurus
from genchat.engine.retrieval.retriever import Retriever
from genchat.engine.retrieval.synonyms import spellings, synonyms
from genchat.engine.retrieval.terms import LANGUAGES, Language, stemmer
from tests.engine.document_fixtures import Add


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_group_of_the_thesaurus_has_no_word_twice(language: Language) -> None:
    groups = read_thesaurus(language)
    assert groups
    assert all(len(set(group)) == len(group) for group in groups)


def test_words_of_a_group_stand_for_each_other_and_never_for_themselves() -> None:
    stem = stemmer("pt")("apagar")
    assert stemmer("pt")("excluir") in synonyms("apagar", "pt")
    assert stem in synonyms("excluir", "pt")
    assert stem not in synonyms("apagar", "pt")
    assert synonyms("jabuticaba", "pt") == ()


@pytest.mark.parametrize(
    ("word", "language", "other"),
    [
        ("colour", "en", "color"),
        ("color", "en", "colour"),
        ("organise", "en", "organize"),
        ("diretorio", "pt", "directorio"),
        ("directorio", "pt", "diretorio"),
        ("excecao", "pt", "excepcao"),
    ],
)
def test_a_word_is_found_in_its_other_spelling(word: str, language: Language, other: str) -> None:
    assert other in spellings(word, language)


@pytest.mark.parametrize(("word", "language"), [("pato", "pt"), ("pacto", "pt"), ("colour", "pt"), ("tres", "en")])
def test_short_words_and_words_of_the_other_language_are_spelt_one_way(word: str, language: Language) -> None:
    assert not {"pacto", "pato", "color"} & set(spellings(word, language))


def test_both_spellings_are_looked_for_where_documents_have_both(add: Add) -> None:
    files = {"velho.txt": "O directório pessoal fica em /home.", "novo.txt": "O diretório raiz é o primeiro."}
    found = Retriever(add(files)).retrieve("Onde fica o diretório pessoal?")
    assert found.passages[0].source == "velho.txt"
    assert found.coverage == pytest.approx(1.0)


def test_of_two_sentences_the_one_with_a_synonym_is_marked(add: Add) -> None:
    text = "Com -x o programa pinta as fotos de azul. Com -r o programa elimina as fotos de vez."
    found = Retriever(add({"gato.txt": text, "outro.txt": "Eliminar custos é bom."})).retrieve("o programa apaga fotos")
    passage = found.passages[0]
    assert passage.highlight is not None
    assert "-r" in passage.text[slice(*passage.highlight)]
