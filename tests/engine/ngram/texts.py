"""Small texts for tests of the statistical model, written for them."""

from genchat.engine.conversation import Role
from genchat.engine.ngram.sources import DialogueSource, SourceTurn, plain_source

POEM = plain_source(
    "poem.txt",
    """O rio passa, o rio não volta,
a pedra fica, a água se solta.
Bom dia, rio! Bom dia, ponte!
O sol já nasce atrás do monte.

O rio passa, o barco também,
quem fica na ponte não vai além.
Bom dia, barco! Para onde vai?
Vou com a água, que nunca cai.
""",
)

DIALOGUES = DialogueSource(
    "talk.txt",
    (
        (
            SourceTurn(Role.USER, "bom dia", 2),
            SourceTurn(Role.ASSISTANT, "Bom dia! Tudo bem?", 3),
            SourceTurn(Role.USER, "tudo bem, e você?", 4),
            SourceTurn(Role.ASSISTANT, "Tudo bem também. O que vamos ler hoje?", 5),
        ),
        (
            SourceTurn(Role.USER, "good morning", 8),
            SourceTurn(Role.ASSISTANT, "Good morning! How are you?", 9),
            SourceTurn(Role.USER, "fine, and you?", 10),
            SourceTurn(Role.ASSISTANT, "Fine too. What shall we read today?", 11),
        ),
    ),
)
