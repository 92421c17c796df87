"""Greetings, thanks and questions about genchat itself: nothing that documents could answer."""

import re

from genchat.engine.retrieval.terms import Language
from genchat.engine.text import fold

_TAIL = (
    r"(?:[\s,!.?…]*(?:genchat|tudo (?:bem|bom)|como vai(?: voce)?|pessoal|gente|voce|how are you|there|all|everyone))*"
)
_COURTESIES: tuple[tuple[str, Language, re.Pattern[str]], ...] = (
    ("greeting", "pt", re.compile(rf"(ola|oi+e?|e ai|opa|alo|bom dia|boa tarde|boa noite|saudacoes){_TAIL}")),
    ("greeting", "en", re.compile(rf"(hello|hi|hey|good (morning|afternoon|evening)){_TAIL}")),
    (
        "thanks",
        "pt",
        re.compile(
            r"(muito |mto )?(obrigad[oa]|obg|brigad[oa]|valeu|grat[oa]|agradeco|agradecid[oa])"
            r"( (a voce|mesmo|demais|por tudo|pela \w+|pelo \w+))?"
        ),
    ),
    ("thanks", "en", re.compile(r"(many )?(thanks|thank you|thx|cheers)( (a lot|so much|very much|for .{1,30}))?")),
    ("goodbye", "pt", re.compile(r"tchau|ate (logo|mais|amanha|breve)|adeus|falou")),
    ("goodbye", "en", re.compile(r"bye|goodbye|see you( later)?")),
    (
        "about",
        "pt",
        re.compile(
            r"quem (e|es) (voce|tu)|o que (voce|vc) (sabe|faz|pode|consegue)( fazer)?|como (voce|vc) funciona"
            r"|em que (voce|vc) pode( me)? ajudar|(me )?ajud[ae]|o que (eu )?posso (te )?perguntar"
        ),
    ),
    (
        "about",
        "en",
        re.compile(r"who are you|what (can|do) you (do|know)|how do you work|what can i ask( you)?|help( me)?"),
    ),
)
_LONGEST = 60  # characters
_AROUND = " \t\n!.?…,;:-"


def courtesy(text: str) -> tuple[str, Language] | None:
    """Which courtesy `text` is, if it is nothing else, and in which language."""
    folded = " ".join(fold(text).split()).strip(_AROUND)
    if not folded or len(folded) > _LONGEST:
        return None
    return next(((name, language) for name, language, said in _COURTESIES if said.fullmatch(folded)), None)
