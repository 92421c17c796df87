"""What kind of thing a question asks for, by its interrogative, and whether a text holds such a thing.

Interrogatives are a closed class, so a few patterns cover them; what is no such question expects nothing. A kind is
looked for by its form (a figure, a date, a capital letter inside a sentence, a dash before a word), never by meaning.
"""

import re
from typing import Literal

from genchat.engine.text import fold

Kind = Literal["number", "date", "person", "place", "option", "command", "definition", "reason", "path", "name", ""]

_QUESTIONS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "date",
        re.compile(
            r"\b(quando|desde quando|ate quando|em que (ano|data|mes|dia|epoca|seculo)"
            r"|(qual|que) (o |a |e a |e o |foi o |foi a )?(ano|data|dia|mes|seculo)|when|since when|until when"
            r"|(what|which) (year|date|day|month|census))\b"
        ),
    ),
    (
        "number",
        re.compile(
            r"\b(quant[oa]s?|how (many|much|often|long|old|tall|high|heavy|far|big|large|fast)|numero de|number of"
            r"|(qual|que|what|which)( e| foi| era| is| was)?( [oa]| the)? (\w+ )?"
            r"(numero|quantidade|porcentagem|percentual|proporcao|taxa|idade|altura|peso|preco|valor|media|total|area"
            r"|populacao|distancia|extensao|ip|umask|codigo|status|faixa"
            r"|number|amount|percentage|share|rate|proportion|age|height|weight|price|value|mean|average|total|area"
            r"|population|distance|length|size|range|code|error code|exit code))\b"
        ),
    ),
    (
        "option",
        re.compile(
            r"\b((qual|quais|que|which|what)( \w+){0,2} (opcao|opcoes|parametro|parametros|flag|flags|option|options"
            r"|parameter|parameters|switch|simbolo|teste|argumento|argument)|(opcao|parametro|option|parameter|flag)"
            r" (para|to|for|que|that))\b"
        ),
    ),
    (
        "command",
        re.compile(
            r"\b((qual|quais|que|which|what)( \w+){0,2} (comando|comandos|command|commands|funcao|funcoes|function"
            r"|functions|metodo|method|atalho|shortcut))\b"
        ),
    ),
    (
        "path",
        re.compile(
            r"\b(em (que|qual)|qual|que|como se chama|nome d|in (what|which)|what|which|name of)( ?[oa]| the)?"
            r" (pasta|diretorio|arquivo|ficheiro|caminho|folder|directory|file|path)\b"
        ),
    ),
    ("person", re.compile(r"\b(quem|de quem|who|whom|whose)\b")),
    (
        "place",
        re.compile(
            r"\b(onde|aonde|where|em (que|qual) (pais|cidade|estado|lugar|regiao|local|universidade)"
            r"|in (what|which) (country|city|state|place|region))\b"
        ),
    ),
    ("reason", re.compile(r"\b(por que|porque|por qual (motivo|razao)|why)\b")),
    (
        "definition",
        re.compile(
            r"\b(o que (e|sao|era|eram|significa|significam|quer dizer|querem dizer)|que e|defina|definicao de"
            r"|(para que|de que|a que) (serv\w+|us\w+)"
            r"|(qual|quais) (e |sao |era |eram )?(a |o |as |os )?(principa\w+ )?(utilidade|finalidade|funcao|funcoes"
            r"|objetivo|objetivos|caracteristica|caracteristicas|papel|significado|definicao|diferenca|importancia)"
            r"|(what|which) (is|are|was|were) (the )?(main )?(purpose|use|function|role|difference|meaning)"
            r"|what (is|are|was|were)( an?| the)?|what does \w+ mean|meaning of|define|definition of)\b"
        ),
    ),
    ("name", re.compile(r"\b(qual|quais|como se chama|which|what)\b")),
)
_NUMBERS = (
    "um uma dois duas tres quatro cinco seis sete oito nove dez onze doze treze quatorze catorze quinze dezesseis"
    " dezessete dezoito dezenove vinte trinta quarenta cinquenta sessenta setenta oitenta noventa cem cento duzentos"
    " trezentos quinhentos mil milhao milhoes bilhao bilhoes metade dobro triplo terco quarto nenhum nenhuma"
    " unico unica"
    " one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million billion half"
    " twice once none no every"
)
_NUMBER = re.compile(rf"(?<!\w)\d|\b({'|'.join(_NUMBERS.split())})\b")
_SPELT_ALONE = frozenset(("um", "uma", "one", "no"))
_MONTHS = (
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro january february march"
    " april may june july august september october november december"
)
_DATE = re.compile(
    rf"\b(1\d{{3}}|20\d\d)\b|\b\d{{1,2}}[/.-]\d{{1,2}}([/.-]\d{{2,4}})?\b|\b({'|'.join(_MONTHS.split())})\b"
    r"|\bseculos? [ivx]+\b|\b\d{1,2}(st|nd|rd|th)? century\b|\bdecada\b|\b\d{1,2}h(\d\d)?\b"
    r"|\b(semana|week|dias?|days?|hours?|horas?|meses|months?|anos?|years?|ontem|hoje|amanha|today|yesterday|tomorrow|antes|depois|apos|before|after|durante|during)\b"
)
_CAPITAL = re.compile(r"(?<=[\w,;:)][ \n])[\"“'(]?([^\W\d_a-zà-öø-ÿ]\w*)")
_FULL_NAME = re.compile(
    r"[A-ZÀ-Ý][a-zà-ÿ]+(?:\s+(?:d[aeo]s?|e|von|van|[A-Z]\.))*\s+[A-ZÀ-Ý][a-zà-ÿ]+|\b[A-Z]\.\s?(?:[A-Z]\.\s?)*[A-ZÀ-Ý][a-zà-ÿ]+"
)
_OPTION = re.compile(r"(?:^|[\s,(\[`'\"“|])(--?[A-Za-z][\w-]*|\w+=\w+)|:\s*(?:str|int|bool|float)\b")
_COMMAND = re.compile(r"`[^`]+`|^\s*\$ |\b\w+\(|\b\w+_\w+\b|\^\w|\b(?:ctrl|alt)[-+ ]", re.IGNORECASE | re.MULTILINE)
_PATH = re.compile(r"(?:^|\s)[~/][\w./-]+")
_FILE = re.compile(r"\b\w[\w-]*\.[a-z][a-z0-9]{1,5}\b|[\w.-]+/[\w.-]+")
_REASON = re.compile(
    r"\b(porque|pois|por causa|devido|ja que|uma vez que|para (que|evitar)|because|since|due to|so that|in order|as a"
    r" result|therefore|assim|portanto|causad[oa]s?|caused|motivos?|raz(ao|oes)|reasons?)\b"
)
_DEFINES = re.compile(
    r"\b(e|sao|era|foi|significa|refere-se|consiste|chama-se|serve|is|are|was|were|means|refers|stands for|consists"
    r"|a kind of)\b|:| - | – "
)


def expected(question: str) -> tuple[Kind, frozenset[str]]:
    """The kind of thing asked for, empty where nothing has a form of its own; and the folded words that say so."""
    asked = _asked(question)
    return (asked[0], frozenset(asked[1].split())) if asked else ("", frozenset())


def counted(question: str) -> tuple[str, ...]:
    """The folded words from where a number is asked for, what is counted among the first; none for another question."""
    asked = _asked(question)
    if asked is None or asked[0] != "number":
        return ()
    return tuple(re.findall(r"\w+", f"{asked[1]}{asked[2]}"))


def _asked(question: str) -> tuple[Kind, str, str] | None:
    """The kind, the words that say so, and what follows them; folded."""
    folded = " ".join(fold(question).split())
    found = [
        (match.start(), place, kind, match)
        for place, (kind, asked) in enumerate(_QUESTIONS)
        if (match := asked.search(folded))
    ]
    specific = [each for each in found if each[2] not in ("name", "definition")]
    if not found:
        return None
    _, _, kind, said = min(specific or found)
    return kind, said[0], folded[said.end() :]


def holds(kind: Kind, text: str, asked: frozenset[str] = frozenset()) -> bool:
    """Whether `text` has something of that kind; the folded words `asked` are the question's own and count for none."""
    if kind in ("", "name"):
        return True
    folded = fold(text)
    if kind == "number":
        found = [match[0] for match in _NUMBER.finditer(folded)]
        return any(each not in _SPELT_ALONE for each in found) and bool(_own_figures(folded, asked))
    if kind == "date":
        return any(match[0] not in asked for match in _DATE.finditer(folded))
    if kind == "person":
        return any(not asked >= set(fold(match[0]).split()) for match in _FULL_NAME.finditer(text))
    if kind == "place":
        return bool(_PATH.search(text)) or any(fold(match[1]) not in asked for match in _CAPITAL.finditer(text))
    if kind == "path":
        return bool(_PATH.search(text) or _FILE.search(text))
    if kind == "option":
        return bool(_OPTION.search(text))
    if kind == "command":
        return bool(_COMMAND.search(text) or _OPTION.search(text))
    return bool((_REASON if kind == "reason" else _DEFINES).search(folded))


def _own_figures(folded: str, asked: frozenset[str]) -> list[str]:
    figures = re.findall(r"(?<!\w)\d[\d.,]*", folded)
    spelt = [match[0] for match in _NUMBER.finditer(folded) if not match[0][0].isdigit()]
    return [each for each in (*figures, *spelt) if each.strip(".,") not in asked]
