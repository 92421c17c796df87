"""Texts of other collections become dialogues and paragraphs without losing or inventing words."""

import json

from genchat.corpora.conversions import CONVERSIONS, clean_turn, self_dialogue, unwrap, write_dialogue


def test_a_dialogue_alternates_from_person_to_reply() -> None:
    assert write_dialogue("Oi", ["oi", "Olá!", "tudo bem?", "Tudo."]) == (
        "### Oi\nP: oi\nR: Olá!\nP: tudo bem?\nR: Tudo.\n"
    )


def test_invisible_characters_and_odd_apostrophes_are_cleaned() -> None:
    assert clean_turn("\ufeff it´s\u200b  fine\u200e ") == "it's fine"


def test_self_dialogues_end_with_a_reply_and_drop_empty_turns() -> None:
    text = "### music\nhello\n\u200b\nhi there\ndo you like jazz?\n\n### films\nonly one turn\n"
    assert self_dialogue(text) == "### music\nP: hello\nR: hi there\n"


def test_chatterbot_keeps_one_language_and_leaves_topics_out() -> None:
    rows = [
        {"lang": "pt", "topic": "greetings", "conv": 0, "turn": 0, "q": "oi", "a": "olá\nvocê", "n": 1},
        {"lang": "pt", "topic": "compliment", "conv": 0, "turn": 0, "q": "x", "a": "y", "n": 1},
        {"lang": "en", "topic": "greetings", "conv": 0, "turn": 0, "q": "hi", "a": "hello", "n": 1},
    ]
    text = "\n".join(map(json.dumps, rows))
    assert CONVERSIONS["chatterbot-pt"](text) == "### greetings\nP: oi\nR: olá você\n"


def test_wrapped_lines_join_until_a_sentence_ends_short_or_speech_begins() -> None:
    wrapped = (
        "CAPÍTULO PRIMEIRO\n"
        "Uma noite destas, vindo da cidade para o Engenho Novo, encontrei no trem da\n"
        "Central um rapaz aqui do bairro.\n"
        "— Continue, disse eu acordando.\n"
        "— Já acabei, murmurou ele.\n"
    )
    assert unwrap(wrapped).splitlines() == [
        "CAPÍTULO PRIMEIRO",
        "Uma noite destas, vindo da cidade para o Engenho Novo, encontrei no trem da Central um rapaz aqui do bairro.",
        "— Continue, disse eu acordando.",
        "— Já acabei, murmurou ele.",
    ]
