"""In a conversation, what was answered to something similar comes to the front."""

import numpy as np
import pytest

from genchat.corpora import parse_dialogues
from genchat.engine.conversation import Message, Role, TurnTemplate
from genchat.engine.decoding import generate, score
from genchat.engine.local_backend import LocalBackend
from genchat.engine.ngram.chat import ChatNgramModel
from genchat.engine.ngram.sources import dialogue_sources
from genchat.engine.ngram.training import build_ngram
from genchat.engine.sampling import SamplingSettings

DIALOGUES = """\
### Capital
P: qual é a capital da França?
R: A capital da França é Paris.

### Café
P: o que tem no café da manhã?
R: Pão, fruta e iogurte.
P: e no jantar?
R: Sopa de legumes com pão.

### Chuva
P: vai chover amanhã?
R: Não sei, eu não vejo o tempo.

### Almoço
P: o que tem no almoço?
R: Arroz, feijão e salada.
P: e no jantar?
R: Um omelete bem simples.
"""


@pytest.fixture(scope="module")
def model() -> ChatNgramModel:
    model = build_ngram(dialogue_sources(parse_dialogues(DIALOGUES, "chat.txt", "pt")), "chat", min_count=1)
    assert isinstance(model, ChatNgramModel)
    return model


def asked(model: ChatNgramModel, *texts: str) -> list[int]:
    roles = (Role.USER, Role.ASSISTANT)
    messages = [Message(roles[index % 2], text) for index, text in enumerate(texts)]
    return list(LocalBackend(model).prompt(messages).tokens)


def answer(model: ChatNgramModel, *texts: str) -> str:
    stop = frozenset({model.tokenizer.special_tokens["<|end|>"]})
    steps = generate(model, asked(model, *texts), SamplingSettings(temperature=0), stop_tokens=stop)
    return "".join(step.text for step in steps)


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("Qual a capital da Franca", "A capital da França é Paris."),
        ("choverá?", "Não sei, eu não vejo o tempo."),
        ("O QUE TEM DE CAFÉ?", "Pão, fruta e iogurte."),
    ],
)
def test_a_similar_question_gets_its_reply_whatever_its_case_accents_and_endings(
    model: ChatNgramModel, question: str, reply: str
) -> None:
    assert answer(model, question) == reply


def test_a_short_follow_up_is_understood_from_the_turns_before(model: ChatNgramModel) -> None:
    lunch = answer(model, "o que tem no almoço?", "Arroz, feijão e salada.", "e no jantar?")
    breakfast = answer(model, "o que tem no café da manhã?", "Pão, fruta e iogurte.", "e no jantar?")
    assert (lunch, breakfast) == ("Um omelete bem simples.", "Sopa de legumes com pão.")


def test_a_question_like_no_other_leaves_the_counts_alone(model: ChatNgramModel) -> None:
    tokens = asked(model, "xyzzy blorp")
    np.testing.assert_array_equal(
        model.start(tokens).log_probs(), model.tables.log_probs(model.tables.state_after(tokens))
    )


def test_outside_a_reply_the_counts_alone_speak(model: ChatNgramModel) -> None:
    for tokens in (model.tokenizer.encode("A capital da"), asked(model, "qual a capital")[:-1], []):
        state = model.tables.state_after(tokens, begins=False)
        np.testing.assert_array_equal(model.start(tokens).log_probs(), model.tables.log_probs(state))


def test_a_text_of_no_conversation_is_priced_as_from_the_middle_of_one(model: ChatNgramModel) -> None:
    tokens = model.tokenizer.encode("A capital da")
    scored = model.score_tokens(tokens)
    assert scored[0] == model.tables.levels[0].log_probs[tokens[0]]
    assert scored[0] > model.tables.score(tokens)[0]
    assert scored[0] == model.start([]).log_probs()[tokens[0]]


def test_starting_in_the_middle_of_a_reply_equals_writing_it(model: ChatNgramModel) -> None:
    prompt = asked(model, "vai chover hoje?")
    cursor = model.start(prompt)
    written = model.tokenizer.encode("Não sei, acho que Paris")
    for index, token in enumerate(written):
        cursor.advance(token)
        there = model.start([*prompt, *written[: index + 1]])
        np.testing.assert_allclose(cursor.log_probs(), there.log_probs(), rtol=1e-5)


def test_scoring_a_conversation_at_once_equals_going_through_it(model: ChatNgramModel) -> None:
    template = TurnTemplate(model.tokenizer)
    turns = [
        (Role.USER, "qual é a capital?"),
        (Role.ASSISTANT, "A capital é Paris, não sei."),
        (Role.USER, "e o jantar?"),
        (Role.ASSISTANT, "Sopa."),
    ]
    tokens = [token for role, text in turns for token in template.turn(Message(role, text))]
    cursor = model.start([])
    for token, scored in zip(tokens, score(model, tokens).tolist(), strict=True):
        assert cursor.log_probs()[token] == pytest.approx(scored, abs=1e-4)
        cursor.advance(token)


def test_every_distribution_in_a_reply_sums_to_one(model: ChatNgramModel) -> None:
    cursor = model.start(asked(model, "o que tem?"))
    for token in model.tokenizer.encode("Arroz, xyz pão. Não"):
        assert np.exp(cursor.log_probs().astype(np.float64)).sum() == pytest.approx(1, abs=1e-5)
        cursor.advance(token)


def test_recall_grows_while_it_foretells_and_shrinks_when_it_does_not(model: ChatNgramModel) -> None:
    prompt = asked(model, "no almoço vai chover amanhã?")
    opened = model.reply_to(prompt)
    assert opened is not None
    followed = opened.after(9, voted=0.9, counted=0.1)
    left = opened.after(9, voted=0.0, counted=0.1)
    assert left.weight < opened.weight < followed.weight < 1
    assert left.weight > 0


def test_similarity_is_one_for_the_same_question_and_zero_for_a_foreign_one(model: ChatNgramModel) -> None:
    similarities = model.index.similarities(["qual é a capital da França?"])
    assert similarities.max() == pytest.approx(1, abs=1e-5)
    assert int(np.argmax(similarities)) == 0
    assert not model.index.similarities(["xyzzy"]).any()
    assert not model.index.similarities([]).any()


def test_a_courtesy_that_no_question_has_makes_none_less_alike(model: ChatNgramModel) -> None:
    plain = model.index.similarities(["vai chover amanhã?"])
    assert model.index.similarities(["vai chover amanhã, pfv?"]) == pytest.approx(plain)
    assert model.index.similarities(["vai chover amanhã, xyzzy?"]).max() < plain.max()


def test_while_a_reply_about_the_topic_may_speak_others_stay_silent() -> None:
    frames = "\n".join(f"### {n}\nP: pode me dizer de uma vez o que é {n}?\nR: Não é {n}.\n" for n in ("aipo", "anis"))
    text = f"### um\nP: o que é kiwi?\nR: Uma fruta.\n\n{frames}"
    found = build_ngram(dialogue_sources(parse_dialogues(text, "chat.txt", "pt")), "chat", min_count=1)
    assert isinstance(found, ChatNgramModel)
    opened = found.reply_to(asked(found, "pode me dizer de uma vez o que é kiwi?"))
    assert opened is not None
    assert opened.recall.replies.tolist() in ([0], [])
