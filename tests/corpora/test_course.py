"""The course's own knowledge: every term is explained, in both languages, by the documents and by the chat model.

The questions here are put in other words than those of the dialogues. All terms are asked in the slow part, some of
them always.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from genchat.corpora import dialogues, documents
from genchat.engine.answering.extractive import ExtractiveBackend
from genchat.engine.common_words import language_of
from genchat.engine.contract import Backend, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.local_backend import LocalBackend
from genchat.engine.ngram.builtin import default_chat_model
from genchat.engine.retrieval.library import Library
from genchat.engine.retrieval.retriever import Retriever
from genchat.engine.sampling import SamplingSettings

LANGUAGES = ("en", "pt")
ASKS = {
    "en": ("please, could you say what {} is?", "WHAT IS {} ???", "explain {} briefly, please", "hi! what is {}"),
    "pt": ("oi, vc pode me dizer o que é {}?", "O QUE É {} ???", "me explica {} pfv", "o que e {} mesmo"),
}
# Terms that every first course has, by a word that no answer about them can do without; Portuguese after the bar.
KEYWORDS = {
    "perceptron": "neuron|neurônio",
    "MLP": "layer|camada",
    "activation function|função de ativação": "nonlinear|não linear",
    "ReLU": "positive|positivo",
    "sigmoid|sigmoide": "S",
    "gradient descent|descida do gradiente": "step|passo",
    "backpropagation|retropropagação": "chain rule|regra da cadeia",
    "learning rate|taxa de aprendizado": "step|passo",
    "momentum": "previous|anterior",
    "AdaGrad": "squared|quadrados",
    "RMSprop": "moving average|média móvel",
    "Adam": "momentum",
    "epoch|época": "pass|passagem",
    "overfitting|sobreajuste": "training|treino",
    "dropout": "random|sorte",
    "CNN": "filter|filtro",
    "kernel|filtro": "grid|grade",
    "stride": "pixel",
    "padding": "border|borda",
    "pooling": "feature map|mapa de características",
    "RNN": "hidden state|estado oculto",
    "vanishing gradient|desaparecimento do gradiente": "zero",
    "LSTM": "memory|memória",
    "forget gate|portão de esquecimento": "cell state|estado da célula",
    "GRU": "reset",
    "tokenisation|tokenização": "vocabular|vocabulário",
    "BPE": "pair|par ",
    "stemming": "rules|regras",
    "lemmatisation|lematização": "dictionary|dicionário",
    "perplexity|perplexidade": "exponential|exponencial",
    "embedding": "vector|vetor",
    "cosine distance|distância do cosseno": "1 minus|1 menos",
    "GAN": "discriminator|discriminador",
    "VAE": "distribution|distribuição",
    "latent space|espaço latente": "code|código",
    "encoder|codificador": "input|entrada",
    "decoder|decodificador": "output|saída",
    "self-attention|autoatenção": "query|consulta",
    "multi-head attention|atenção multi-cabeça": "head|cabeça",
    "masked attention|atenção mascarada": "mask|máscara",
    "softmax": "sum|soma",
    "temperature|temperatura": "token",
    "RAG": "documents|documentos",
    "system prompt|prompt de sistema": "instruction|instrução",
    "quantisation|quantização": "bits",
}


@dataclass(frozen=True)
class Entry:
    """A term of the glossary: its names, and what stands under it."""

    names: tuple[str, ...]
    text: str


def glossary(language: str) -> list[Entry]:
    (document,) = documents("glossary", [language])
    found = []
    for part in document.text.split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        name, second = re.fullmatch(r"(.+?)(?: \((.+)\))?", heading).groups()  # type: ignore[union-attr]
        found.append(Entry((name, second) if second else (name,), text.strip()))
    return found


def answer(backend: Backend, question: str) -> str:
    settings = ReplySettings(SamplingSettings(seed=1), 400)
    return "".join(
        event.text for event in backend.reply([Message(Role.USER, question)], settings) if isinstance(event, Step)
    )


@pytest.fixture(scope="module")
def chat(tmp_path_factory: pytest.TempPathFactory) -> Backend:
    return LocalBackend(default_chat_model(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def quoting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with Library(Path(tmp_path_factory.mktemp("home")) / "history.db") as library:
        library.ensure_shipped()
        yield ExtractiveBackend(Retriever(library))


def in_language(pair: str, language: str) -> str:
    english, _, portuguese = pair.partition("|")
    return portuguese or english if language == "pt" else english


def wrong_answers(backend: Backend, terms: list[tuple[str, str]], language: str) -> list[str]:
    """Of the asks for each (term, keyword), those whose answer lacks the keyword or speaks the other language."""
    found = []
    for term, keyword in terms:
        for ask in ASKS[language]:
            question = ask.format(term.upper() if ask.isupper() else term)
            said = answer(backend, question)
            if keyword.casefold() not in said.casefold() or language_of(said) != language:
                found.append(f"{question}\n    {said}")
    return found


# -- the text itself --------------------------------------------------------------------------------------------


def test_both_languages_have_the_same_number_of_terms_in_the_same_order() -> None:
    english, portuguese = (glossary(language) for language in LANGUAGES)
    assert len(english) == len(portuguese) > 140
    shared = {"GAN", "LSTM", "ReLU", "softmax", "RAG"}
    for one, other in zip(english, portuguese, strict=True):
        assert (one.names[0] in shared) == (other.names[0] in shared), (one.names, other.names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_stands_by_itself_in_a_few_sentences(language: str) -> None:
    entries = glossary(language)
    assert len({name for entry in entries for name in entry.names[:1]}) == len(entries)
    for entry in entries:
        sentences = re.findall(r"[.!?](?=\s|$|\")", entry.text)
        assert 2 <= len(sentences) <= 5, entry.names
        assert any(name.casefold()[:6] in entry.text[:60].casefold() for name in entry.names), entry.names
        assert language_of(entry.text) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_dialogues_explain_every_term_as_the_glossary_does_to_three_questions_or_more(language: str) -> None:
    asked: dict[str, set[str]] = {}
    for dialogue in dialogues([language]):
        asked.setdefault(dialogue.turns[1].text, set()).add(dialogue.turns[0].text)
    for entry in glossary(language):
        assert len(asked.get(entry.text, ())) >= 5, entry.names


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_questions_of_these_tests_are_none_of_the_dialogues(language: str) -> None:
    spoken = {turn.text.casefold() for dialogue in dialogues([language]) for turn in dialogue.turns}
    questions = {
        ask.format(name).casefold() for entry in glossary(language) for name in entry.names for ask in ASKS[language]
    }
    assert not spoken & questions


# -- what answers make of it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("backend", ["chat", "quoting"])
def test_terms_of_a_first_course_are_explained(backend: str, language: str, request: pytest.FixtureRequest) -> None:
    terms = [(in_language(term, language), in_language(keyword, language)) for term, keyword in KEYWORDS.items()]
    wrong = wrong_answers(request.getfixturevalue(backend), terms, language)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_by_itself_is_explained_in_its_language(quoting: Backend, language: str) -> None:
    own = {"en": ("learning rate", "cell state", "top-p sampling"), "pt": ("taxa de aprendizado", "estado da célula")}
    for name in own[language]:
        assert language_of(answer(quoting, name)) == language


@pytest.mark.parametrize(("tag", "language"), [("en", "en"), ("pt-br", "pt")])
def test_a_name_that_both_languages_have_is_explained_in_that_of_the_screen(
    quoting: Backend, monkeypatch: pytest.MonkeyPatch, tag: str, language: str
) -> None:
    monkeypatch.setattr("genchat.engine.retrieval.questions.language_in_use", lambda: tag)
    for name in ("ReLU", "GAN", "padding", "VAE?"):
        assert language_of(answer(quoting, name)) == language


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_term_is_quoted_from_the_glossary(quoting: Backend, language: str) -> None:
    wrong = [
        f"{ask.format(entry.names[0])}\n    {said}"
        for entry in glossary(language)
        for ask in ASKS[language]
        if entry.text not in (said := answer(quoting, ask.format(entry.names[0])))
    ]
    # The explanations, which tell more of some terms, may answer a few.
    asks = len(glossary(language)) * len(ASKS[language])
    assert len(wrong) <= 0.01 * asks, f"{len(wrong)} of {asks}\n" + "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_term_is_explained_by_the_chat_model(chat: Backend, language: str) -> None:
    """As the glossary has it, or by another reply to a question that holds the term."""
    asked: dict[str, str] = {}
    for dialogue in dialogues([language]):
        for question, reply in zip(dialogue.turns[::2], dialogue.turns[1::2], strict=True):
            asked[reply.text] = f"{asked.get(reply.text, '')} {question.text.casefold()}"
    wrong = []
    for entry in glossary(language):
        for ask in ASKS[language]:
            said = answer(chat, ask.format(entry.names[0])).strip()
            if entry.names[0].casefold() not in asked.get(said, ""):
                wrong.append(f"{ask.format(entry.names[0])}\n    {said}")
    asks = len(glossary(language)) * len(ASKS[language])
    assert len(wrong) <= 0.03 * asks, f"{len(wrong)} of {asks}\n" + "\n".join(wrong)
