"""Finding messages: accents, case, any text as a query, excerpts whose offsets hold."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genchat.engine.conversation import Role
from genchat.engine.history import HistoryStore, SearchHit
from genchat.engine.history.search import match_expression
from genchat.engine.text import fold
from tests.engine.history.makers import answer, ask, run, words


def marked(hit: SearchHit) -> list[str]:
    return [hit.excerpt[start:end] for start, end in hit.highlights]


def test_accents_and_case_do_not_matter(store: HistoryStore) -> None:
    question = ask(store, "Qual é a melhor ação de MANHÃ?")
    for query in ("acao", "AÇÃO", "manha", "ação manhã", "aca"):
        (hit,) = store.search(query)
        assert hit.message == question.id
        assert hit.conversation == question.conversation
        assert hit.role is Role.USER
    assert marked(store.search("acao")[0]) == ["ação"]
    assert store.search("acaoo") == ()


def test_all_words_must_be_there_and_only_the_last_may_go_on(store: HistoryStore) -> None:
    ask(store, "ovos com aveia e banana")
    assert store.search("banana ove") == ()
    assert store.search("ove banana") == ()
    assert store.search("aveia ban")
    assert store.search("banana aveia")
    assert store.search('"com aveia"')
    assert store.search('"aveia com"') == ()
    assert store.search('"ban"') == ()


def test_newest_first_and_limited(store: HistoryStore) -> None:
    questions = [ask(store, f"pergunta número {number}") for number in range(10)]
    hits = store.search("pergunta", limit=3)
    assert [hit.message for hit in hits] == [question.id for question in reversed(questions[-3:])]
    assert store.search("pergunta", limit=0) == ()


def test_within_one_conversation(store: HistoryStore) -> None:
    first, second = ask(store, "café"), ask(store, "café")
    assert {hit.message for hit in store.search("cafe")} == {first.id, second.id}
    assert {hit.message for hit in store.search("cafe", conversation=second.conversation)} == {second.id}


def test_a_title_is_found_and_a_renamed_one_by_its_new_name_only(store: HistoryStore) -> None:
    question = ask(store, "primeira pergunta")
    store.rename(question.conversation, "Treino de força")
    (hit,) = store.search("forca")
    assert (hit.message, hit.role, hit.title) == (None, None, "Treino de força")
    assert marked(hit) == ["força"]
    store.rename(question.conversation, "Corrida")
    assert store.search("forca") == ()


def test_a_reply_is_found_when_it_is_finished(store: HistoryStore) -> None:
    recorder = store.begin_reply(ask(store), run())
    recorder.add(next(words("jabuticaba")))
    recorder.checkpoint()
    assert store.search("jabuticaba") == ()
    message = recorder.finish("done")
    assert [hit.message for hit in store.search("jabuticaba")] == [message.id]


def test_what_was_interrupted_is_found(store: HistoryStore) -> None:
    recorder = store.begin_reply(ask(store), run())
    recorder.add(next(words("jabuticaba")))
    recorder.checkpoint()
    store.close()
    assert store.path is not None
    with HistoryStore.open(store.path) as again:
        (hit,) = again.search("jabuticaba")
        assert hit.message == recorder.message.id
        assert again.check().sound


def test_what_was_deleted_is_not_found(store: HistoryStore) -> None:
    question = ask(store, "jabuticaba")
    store.delete(question.conversation)
    assert store.search("jabuticaba") == ()


@pytest.mark.parametrize(
    "query", ["", "   ", '"', '""', "C++", "AND", "NOT x", "a OR", "(", "*", "x*y", "-", "^", "{", ":"]
)
def test_operators_are_plain_text(store: HistoryStore, query: str) -> None:
    ask(store, "C++ and more")
    store.search(query)
    assert store.search("c++")
    assert match_expression("C++") == '"C++"*'


def test_marks_in_the_text_are_not_taken_for_highlights(store: HistoryStore) -> None:
    ask(store, "\x02aveia\x03 [bold]aveia[/] …")
    (hit,) = store.search("aveia")
    assert hit.excerpt == "\x02aveia\x03 [bold]aveia[/] …"
    assert marked(hit) == ["aveia", "aveia"]


def test_the_excerpt_of_a_long_message_is_short_and_around_the_word(store: HistoryStore) -> None:
    ask(store, "nada " * 500 + "jabuticaba " + "nada " * 500)
    (hit,) = store.search("jabut")
    assert len(hit.excerpt) < 300
    assert marked(hit) == ["jabuticaba"]


@given(st.text(max_size=40))
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_a_valid_query(store: HistoryStore, query: str) -> None:
    store.search(query)


@given(st.lists(st.sampled_from(["ação", "é", "Manhã", "über", "naïve", "pão", "x", "12", "C++", "olá!"]), min_size=1))
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_message_is_found_by_every_word_of_it_without_accents(store: HistoryStore, chosen: list[str]) -> None:
    question = ask(store, " ".join(chosen))
    for word in chosen:
        assert question.id in {hit.message for hit in store.search(fold(word), limit=1000)}


def test_the_index_agrees_with_the_messages_after_all_kinds_of_changes(store: HistoryStore) -> None:
    questions = [ask(store, f"pergunta {number}") for number in range(5)]
    for question in questions[:3]:
        answer(store, question)
    store.rename(questions[0].conversation, "outro")
    store.delete(questions[1].conversation)
    assert store.check().problems == ()
    store.purge()
    assert store.check().problems == ()
    assert {hit.message for hit in store.search("pergunta")} == {question.id for question in questions} - {
        questions[1].id
    }
