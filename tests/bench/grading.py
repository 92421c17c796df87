"""Puts the held-out questions to models and gathers the marks that people give the replies, blind.

    python -m tests.bench.grading ask --models ngram,gpt-chat --language pt --out sheet.jsonl
    python -m tests.bench.grading grade sheet.jsonl

`ask` writes three files: sheet.jsonl and sheet.second.jsonl, the same replies in two orders, for two passes of
grading; and sheet.key.json, which says whose each reply is and is not to be opened before both passes are done. A
grader puts 0, 1 or 2 for `mark`; tests/bench/heldout/README.md says what each means. `grade` prints the means.
"""

import argparse
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

from genchat.engine.contract import Backend, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.errors import GenchatError
from genchat.engine.paths import paths
from genchat.engine.registry import Registry
from genchat.engine.settings import load_settings
from tests.bench.heldout import LANGUAGES, Language, Wish, conversations, course_terms, prompts, wishes

SETS = ("prompts", "conversations", "terms", "wishes")
MARKS = (0, 1, 2)
_SEED = 7


@dataclass(frozen=True, slots=True)
class Item:
    """One or more turns of a person, put to a model one after the other; `expects` has one sentence a turn."""

    id: str
    part: str
    language: str
    turns: tuple[str, ...]
    expects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply to the last of `asked`, which `before` (turns of both sides) came ahead of."""

    item: Item
    model: str
    turn: int
    before: tuple[str, ...]
    reply: str


def items(part: str, language: Language) -> list[Item]:
    """What one of SETS asks in one language."""
    if part == "prompts":
        return [Item(row.id, part, language, (row.prompt,), (row.expects,)) for row in prompts(language)]
    if part == "conversations":
        rows = [row for row in conversations() if row.language == language]
        return [Item(row.id, part, language, row.turns, row.expects) for row in rows]
    if part == "terms":
        return [
            Item(f"{row.id}/{number}", part, language, (ask,), (_term_expects(row.must_say_one_of, row.must_not_say),))
            for row in course_terms()
            if row.language == language
            for number, ask in enumerate(row.asks, start=1)
        ]
    rows_of_food = [row for row in wishes() if row.language == language]
    return [Item(row.id, part, language, (row.wish,), (_wish_expects(row),)) for row in rows_of_food]


def _term_expects(say: Sequence[str], avoid: Sequence[str]) -> str:
    return f"True, and with an idea such as: {'; '.join(say)}. A sign of a wrong one: {'; '.join(avoid)}."


def _wish_expects(wish: Wish) -> str:
    parts = [
        f"kind: {wish.kind}",
        f"never: {', '.join(wish.must_not_contain)}" if wish.must_not_contain else "",
        f"with: {', '.join(wish.should_contain)}" if wish.should_contain else "",
        f"numbers: {wish.numbers}" if wish.numbers else "",
        f"names the condition and sends to a professional: {wish.condition}" if wish.condition else "",
        "says that the wish contradicts itself or settles it openly" if wish.contradiction else "",
    ]
    return "; ".join(part for part in parts if part)


def answers(model: str, backend: Backend, asked: Iterable[Item], settings: ReplySettings) -> Iterator[Answer]:
    """The replies of one model; in a conversation it is given its own earlier replies."""
    for item in asked:
        said: list[Message] = []
        for turn, text in enumerate(item.turns):
            before = tuple(message.text for message in said)
            said.append(Message(Role.USER, text))
            try:
                events = list(backend.reply(said, settings))
                reply = "".join(event.text for event in events if isinstance(event, Step)).strip()
            except GenchatError as error:
                reply = f"[no reply: {error}]"
            said.append(Message(Role.ASSISTANT, reply))
            yield Answer(item, model, turn, before, reply)


def write_sheets(given: Sequence[Answer], out: Path, seed: int) -> None:
    """Two sheets in two orders and the key. The same answers and seed give the same files."""
    order = list(range(len(given)))
    generator = random.Random(seed)
    generator.shuffle(order)
    names = {index: f"r{place:05d}" for place, index in enumerate(order, start=1)}
    _write(out, [_row(names[index], given[index]) for index in order])
    generator.shuffle(order)
    _write(_second(out), [_row(names[index], given[index]) for index in order])
    key = {
        names[index]: {"model": each.model, "language": each.item.language, "set": each.item.part, "item": each.item.id}
        for index, each in enumerate(given)
    }
    _key(out).write_text(json.dumps(dict(sorted(key.items())), indent=1) + "\n", encoding="utf-8")


def _row(name: str, answer: Answer) -> dict[str, Any]:
    return {
        "row": name,
        "before": list(answer.before),
        "asked": answer.item.turns[answer.turn],
        "expects": answer.item.expects[answer.turn],
        "reply": answer.reply,
        "mark": None,
    }


def _write(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _second(sheet: Path) -> Path:
    return sheet.with_suffix(".second" + sheet.suffix)


def _key(sheet: Path) -> Path:
    return sheet.with_suffix(".key.json")


def marks(sheet: Path) -> dict[str, int]:
    """The marks given in one sheet, by row; rows without one are left out. Raises ValueError for any other mark."""
    found: dict[str, int] = {}
    for line in sheet.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["mark"] is None:
            continue
        if row["mark"] not in MARKS or isinstance(row["mark"], bool):
            raise ValueError(f"{sheet.name}, {row['row']}: a mark is 0, 1 or 2")
        found[row["row"]] = row["mark"]
    return found


def summary(sheet: Path) -> list[str]:
    """A table: for each model, language and set the mean of the marks of both passes, and how often they agree."""
    key = json.loads(_key(sheet).read_text(encoding="utf-8"))
    passes = [marks(path) for path in (sheet, _second(sheet)) if path.exists()]
    groups: defaultdict[tuple[str, str, str], list[list[int]]] = defaultdict(list)
    for row, of in key.items():
        given = [found[row] for found in passes if row in found]
        for part in (of["set"], "all"):
            groups[of["model"], of["language"], part].append(given)
    head = f"{'model':20} {'language':8} {'set':14} {'replies':>7} {'marked':>7} {'mean':>6}"
    lines = [f"{head} {'0':>5} {'1':>5} {'2':>5} {'twice':>6} {'agree':>6}"]
    for (model, language, part), replies in sorted(groups.items()):
        marked = [given for given in replies if given]
        every = [mark for given in marked for mark in given]
        twice = [given for given in marked if len(given) == 2]
        shares = " ".join(f"{every.count(mark) / len(every):5.0%}" if every else f"{'-':>5}" for mark in MARKS)
        average = f"{mean(map(mean, marked)):6.3f}" if marked else f"{'-':>6}"
        agree = f"{sum(first == second for first, second in twice) / len(twice):6.0%}" if twice else f"{'-':>6}"
        start = f"{model:20} {language:8} {part:14} {len(replies):7} {len(marked):7} {average}"
        lines.append(f"{start} {shares} {len(twice):6} {agree}")
    return lines


def _ask(arguments: argparse.Namespace) -> None:
    settings = load_settings(paths().settings)
    default = settings.reply_settings()
    reply_settings = replace(default, sampling=replace(default.sampling, seed=arguments.seed))
    languages = LANGUAGES if arguments.language == "all" else (arguments.language,)
    asked = [item for language in languages for part in arguments.sets.split(",") for item in items(part, language)]
    registry = Registry(paths(), settings)
    given: list[Answer] = []
    for model in arguments.models.split(","):
        given += answers(model, registry.open(model), asked, reply_settings)
        print(f"{model}: {len(asked)} questions asked", file=sys.stderr, flush=True)
    write_sheets(given, arguments.out, arguments.seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.grading")
    commands = parser.add_subparsers(dest="command", required=True)
    ask = commands.add_parser("ask", help="put the questions to models and write sheets to mark")
    ask.add_argument("--models", required=True, help="names, with commas between them")
    ask.add_argument("--language", choices=(*LANGUAGES, "all"), default="all")
    ask.add_argument("--sets", default="prompts,conversations", type=_sets, help=f"of: {', '.join(SETS)}")
    ask.add_argument("--out", type=Path, required=True)
    ask.add_argument("--seed", type=int, default=_SEED)
    grade = commands.add_parser("grade", help="print the means of a marked sheet")
    grade.add_argument("sheet", type=Path)
    return parser


def _sets(value: str) -> str:
    unknown = set(value.split(",")) - set(SETS)
    if unknown:
        raise argparse.ArgumentTypeError(f"no set {', '.join(sorted(unknown))}; there are: {', '.join(SETS)}")
    return value


def main(words: Sequence[str] | None = None) -> None:
    """Do what the command line asks."""
    arguments = _parser().parse_args(words)
    if arguments.command == "ask":
        _ask(arguments)
    else:
        print("\n".join(summary(arguments.sheet)))


if __name__ == "__main__":
    main()
