"""Only replies to the same question speak; where there are none, the model says that it does not know."""

import pytest

from genchat.corpora import parse_dialogues
from genchat.engine.conversation import Message, Role
from genchat.engine.decoding import generate
from genchat.engine.evidence import NgramEvidence
from genchat.engine.local_backend import LocalBackend
from genchat.engine.ngram.chat import ChatNgramModel
from genchat.engine.ngram.relevance import content_words, is_about_oneself, is_question, plain_words, same_word
from genchat.engine.ngram.sources import dialogue_sources
from genchat.engine.ngram.training import build_ngram
from genchat.engine.sampling import SamplingSettings

DIALOGUES = """\
### Nothing alike, English
P: …
R: I don't know that.

### Nada parecido
P: …
R: Não sei isso.

### Carinha
P: :(
R: O que houve?

### Token
P: o que é um token?
R: É um pedaço de texto.

### A token
P: what is a token?
R: It is a piece of text.

### LSTM
P: o que é LSTM?
R: É uma rede que carrega uma memória.

### Nome
P: meu nome é Júlia
R: Prazer, Júlia! Como vai?

### Qual é o nome
P: qual é o meu nome?
R: Ainda não sei o seu nome.

### Cidade
P: eu moro em Recife
R: Recife tem praias lindas.

### Capital
P: qual é a capital da França?
R: A capital da França é Paris.

### Conta
P: quanto é 7 vezes 8?
R: São 56.

### Nove
P: quanto é 9 vezes 9?
R: São 81.

### Continentes
P: quantos continentes existem?
R: Seis ou sete.

### Planetas
P: o sol tem planetas e mais planetas
R: Tem oito.

### Triste
P: estou triste
R: Sinto muito. Quer conversar?

### Achado
P: a chave foi achada por quem?
R: Pela Rita, no sábado.

### Jabuti
P: Tenho uma jabuti chamada Velocidade e outra chamada Luz.
R: Nomes exatos!
"""


@pytest.fixture(scope="module")
def model() -> ChatNgramModel:
    model = build_ngram(dialogue_sources(parse_dialogues(DIALOGUES, "chat.txt", "")), "chat", min_count=1)
    assert isinstance(model, ChatNgramModel)
    return model


def tokens_of(model: ChatNgramModel, *texts: str) -> list[int]:
    roles = (Role.USER, Role.ASSISTANT)
    messages = [Message(roles[index % 2], text) for index, text in enumerate(texts)]
    return list(LocalBackend(model).prompt(messages).tokens)


def answer(model: ChatNgramModel, *texts: str) -> str:
    stop = frozenset({model.tokenizer.special_tokens["<|end|>"]})
    steps = generate(model, tokens_of(model, *texts), SamplingSettings(temperature=0), stop_tokens=stop)
    return "".join(step.text for step in steps)


@pytest.mark.parametrize(
    ("prompt", "reply"),
    [
        ("o que é GAN?", "Não sei isso."),
        ("what is a GAN?", "I don't know that."),
        ("qual a velocidade da luz?", "Não sei isso."),
        ("quanto é 7 vezes 9?", "Não sei isso."),
        ("qual é a capital da Mongólia?", "Não sei isso."),
        ("eu moro em Goiânia", "Não sei isso."),
        ("por quem foi machada?", "Não sei isso."),
        ("capital moldava", "Não sei isso."),
        ("quanto é 9 vezes 7?", "Não sei isso."),
        ("quantos planetas existem?", "Não sei isso."),
    ],
)
def test_what_the_training_text_does_not_answer_is_not_answered(model: ChatNgramModel, prompt: str, reply: str) -> None:
    assert answer(model, prompt) == reply


@pytest.mark.parametrize(
    ("prompt", "reply"),
    [
        ("O QUE É UM TOKEN", "É um pedaço de texto."),
        ("what is a tokne?", "It is a piece of text."),
        ("vc pode explicar o que eh lstm?", "É uma rede que carrega uma memória."),
        ("to trisste", "Sinto muito. Quer conversar?"),
        ("estouuuu tristeeee", "Sinto muito. Quer conversar?"),
        ("quanto é 7 vezes 8", "São 56."),
        ("qual a capital da franca", "A capital da França é Paris."),
    ],
)
def test_capitals_accents_slips_and_held_keys_do_not_derail(model: ChatNgramModel, prompt: str, reply: str) -> None:
    assert answer(model, prompt) == reply


def test_a_reply_is_in_the_language_of_the_prompt_or_of_what_was_said_before(model: ChatNgramModel) -> None:
    assert answer(model, "o que é um token?").startswith("É")
    assert answer(model, "what is a token?").startswith("It")
    assert answer(model, "what is that?", "I don't know that.", "a token?").startswith("It")
    assert answer(model, "o que é isso?", "Não sei isso.", "um token?").startswith("É")


def test_a_person_is_addressed_by_the_own_name_or_by_none(model: ChatNgramModel) -> None:
    assert answer(model, "meu nome é João") == "Prazer, João! Como vai?"
    assert answer(model, "meu nome é joão") == "Prazer, João! Como vai?"
    assert "Júlia" in answer(model, "meu nome é Júlia")


def test_what_is_said_of_one_place_is_not_said_of_another(model: ChatNgramModel) -> None:
    assert answer(model, "eu moro em Recife") == "Recife tem praias lindas."
    assert "praias" not in answer(model, "eu moro em Brasília")


def test_a_question_without_words_gets_the_reply_to_the_same_signs(model: ChatNgramModel) -> None:
    assert answer(model, ":(") == "O que houve?"
    assert answer(model, "🎈🎈") in ("Não sei isso.", "I don't know that.")


def test_the_evidence_names_the_words_that_no_question_has(model: ChatNgramModel) -> None:
    evidence = model.start(tokens_of(model, "o que é GAN?")).evidence()
    assert isinstance(evidence, NgramEvidence)
    assert evidence.recall is not None
    assert evidence.recall.unmatched == ("gan",)
    known = model.start(tokens_of(model, "o que é um token?")).evidence()
    assert isinstance(known, NgramEvidence)
    assert known.recall is not None
    assert known.recall.unmatched == ()


def test_without_replies_that_say_so_the_counts_speak_alone() -> None:
    text = DIALOGUES[DIALOGUES.index("### Token") :]
    model = build_ngram(dialogue_sources(parse_dialogues(text, "chat.txt", "")), "chat", min_count=1)
    assert isinstance(model, ChatNgramModel)
    assert model.reply_to(tokens_of(model, "o que é GAN?")) is None


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("choveu", "chover", True),
        ("triste", "tristeza", True),
        ("gradient", "gradiente", True),
        ("photosynthesis", "photos", False),
        ("blockchain", "blocked", False),
        ("gan", "gana", False),
    ],
)
def test_forms_of_a_word_are_one_word(first: str, second: str, same: bool) -> None:
    assert same_word(first, second) is same
    assert same_word(second, first) is same


def test_words_that_say_nothing_about_the_subject_are_left_out() -> None:
    assert content_words(plain_words("Oiiii, vc pode me explicar o que é um TOKEN, pfv?")) == ["token"]
    assert content_words(plain_words("Can you please tell me what a token is?")) == ["token"]
    assert content_words(plain_words("What's the idea behind tokens?")) == ["tokens"]


def test_a_question_is_told_from_a_statement() -> None:
    assert is_question("o que é isso")
    assert is_question("and now?")
    assert not is_question("meu nome é Ana")
    assert is_about_oneself("meu nome é Ana")
    assert not is_about_oneself("explica o que é um token")
    assert not is_about_oneself("my name is what?")
