"""Every text keeps to the words and the rules of docs/terms.md."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter

import pytest

from genchat.engine.language import texts

ROOT = Path(__file__).parents[2]
AREAS = sorted(path.stem for path in (ROOT / "engine/language/en").glob("*.py") if path.stem != "__init__")
LANGUAGES = ("en", "pt-br")

# Kinds of wording, by language: what is never said, and why (the numbers are those of the rules).
BOTH = {
    r"\bfloat\b|\bint\b|[≥≤]": "a type or a sign of a programming language (6)",
    r"(?<=[\d}])\s%": "a space before the percent sign (8)",
    r"\^[A-Z]\b|\bCtrl-": "another form of a key's name than Ctrl+D (8)",
}
KINDS: Mapping[str, Mapping[str, str]] = {
    "en": BOTH
    | {
        r"\bgive\b": "give (3)",
        r"(?<!there )\b(is|are) no (?!longer\b)": "X is no Y (3)",
        r"\b(bits?|nats?|tokens?|windows?|steps?) an? (byte|token|letter|second|window|step)\b": "a for per (3)",
        r"\banew\b|\bfor want of\b|\bas at first\b|\brests? on\b|\bheed": "an archaism (4)",
        r"\bstands? (below|above|on|why)\b|\bthe (first|second|part) stands\b": "stands (4)",
        r"\bgo(es)? on with\b|\bgo(es)? on\b": "go on for continue (1)",
        r"\bcolor(?!\b)|\bfiber\b|\bquantiz|\boptimiz": "American spelling",
    },
    "pt-br": BOTH
    | {
        r"\bdê\b|\bdê-": "dê (9)",
        r"\bseria:? [\"{]": "seria for você quis dizer (9)",
        r"\b(?-i:TEXT|FILE|PATH|NAME|OPTIONS|COMMAND|WORD|QUESTION)\b": "an English placeholder",
        r"\bficheiro|\becrã|\butilizador": "European Portuguese",
        r"\bbits por palavra\b": "an unknown unit",
    },
}
# Names of placeholders, options, variables, addresses, commands and settings are no words of a text.
_NOT_WORDS = re.compile(
    r"(?<=\{)\w+(?=[:!}])|--[a-z-]+|\bGENCHAT_\w+|https?:\S+|genchat [a-z]+ [a-z]+|genchat [a-z]+|[\w-]+\.[\w-]+"
)
_COUNTS = "count|bytes|conversations|documents|messages|others|passages|steps|times|tokens|total|words|parameters"
_BARE_COUNT = re.compile(rf"\{{({_COUNTS})(:#)?\}} (?!million|milhões|more\b|mais\b)[a-záéíóúâêôãõç]{{3,}}", re.I)


def table() -> list[list[str]]:
    """The rows of the terms: concept, English, not, Portuguese, not."""
    text = (ROOT / "docs/terms.md").read_text(encoding="utf-8")
    rows = [line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def refused(tag: str) -> Iterator[str]:
    """The words that a language does not use."""
    for row in table():
        yield from (word.strip() for word in row[2 if tag == "en" else 4].split(";") if word.strip())


def faults(tag: str, text: str) -> list[str]:
    """What is wrong with a text."""
    spoken = _NOT_WORDS.sub("{}", text)
    problems = [why for pattern, why in KINDS[tag].items() if re.search(pattern, spoken, re.IGNORECASE)]
    for word in refused(tag):
        if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", spoken, re.IGNORECASE):
            problems.append(f"the word {word!r}")
    for _, name, spec, conversion in Formatter().parse(text):
        if name is not None and spec and "#" not in spec and "|" not in spec:
            problems.append(f"a format of Python's: {{{name}:{spec}}}")
        if name is not None and spec and "|" in spec and len(spec.split("|")) != 2:
            problems.append(f"a plural with more than two forms: {spec}")
        if conversion:
            problems.append(f"Python's own spelling of a value: {{{name}!{conversion}}}")
    if _BARE_COUNT.search(text):
        problems.append("a number whose word has no singular")
    return problems


@pytest.mark.parametrize("tag", LANGUAGES)
@pytest.mark.parametrize("area", AREAS)
def test_every_text_keeps_to_the_words_and_rules(tag: str, area: str) -> None:
    wrong = [f"{key}: {fault}" for key, text in texts(tag, area).items() for fault in faults(tag, text)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("tag", "text", "fault"),
    [
        ("en", "top-k is {value}; give 0 (off) or more", "give"),
        ("en", '"{word}" is no command', "is no"),
        ("en", "{loss} nats a token", "for per"),
        ("en", "use float or more", "a type"),
        ("en", "weight {weight} %", "percent"),
        ("en", "Enter keeps it · ^R", "key's name"),
        ("en", "{count} conversations deleted", "singular"),
        ("en", "{speed:,.0f} tokens/s", "format of Python's"),
        ("en", "check its rights", "its rights"),
        ("en", "the likeliest token", "likeliest"),
        ("en", "answers that rest on documents", "archaism"),
        ("pt-br", "dê um nome que esteja livre", "dê"),
        ("pt-br", 'seria "{near}"?', "seria"),
        ("pt-br", "portas e células", "portas"),
        ("pt-br", "{name} foi tirado do índice", "tirado"),
        ("pt-br", "TEXT é uma mensagem", "English placeholder"),
        ("pt-br", "{count} apagadas", "singular"),
        ("pt-br", "nota {score}", "nota"),
    ],
)
def test_each_kind_of_fault_is_seen(tag: str, text: str, fault: str) -> None:
    assert any(fault in problem for problem in faults(tag, text)), faults(tag, text)


@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_concept_has_one_word_and_a_word_one_concept(tag: str) -> None:
    column = 1 if tag == "en" else 3
    words = [row[column] for row in table()]
    assert len(words) > 45
    assert all(words)
    assert sorted(words) == sorted(set(words))
    assert not set(words) & set(refused(tag))


def test_the_words_of_the_table_are_in_use() -> None:
    """A word that no text uses would be a rule for nothing; the explanations count too."""
    for column, tag in ((1, "en"), (3, "pt-br")):
        folder = ROOT / "corpora/explanations" / tag[:2]
        said = " ".join(text for area in AREAS for text in texts(tag, area).values())
        said = (said + "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.md"))).lower()
        unused = [row[column] for row in table() if row[column].partition(", ")[0].rstrip("r").lower() not in said]
        assert not unused, unused


def test_no_code_of_the_interface_formats_a_number_by_itself() -> None:
    """Decimal and thousands marks belong to the language: engine/language/numbers.py writes them."""
    formats = re.compile(r"\{[^{}\"']*:[<>]?\d*(,|,?\.\d+[fg%])\}")
    own = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted((ROOT / "tui").rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if formats.search(line)
    ]
    assert not own, "\n".join(own)
