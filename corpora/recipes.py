"""How the files of a catalogue entry are put together into one text.

Every recipe takes the entry and the contents of its files, in the entry's order, and gives the text whose sha256 the
catalogue knows. What senders deliver is not trusted: contents that are not what the recipe expects raise BadFiles.
"""

import csv
import io
import json
import tarfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

from genchat.corpora.catalogue import CatalogueEntry

_FEWEST_TURNS = 4
_LEFT_OUT_TOPIC = "transition_music_movies"


class BadFiles(ValueError):
    """The files that arrived are not what the recipe of the entry expects."""


def assemble(entry: CatalogueEntry, files: Sequence[bytes]) -> str:
    """The function makes the text of `entry` from the contents of its files. Raises BadFiles."""
    try:
        return RECIPES[entry.recipe](entry, files)
    except (ValueError, KeyError, IndexError, EOFError, OSError, RecursionError, tarfile.TarError, csv.Error) as error:
        raise BadFiles(f"{entry.name}: {error}") from error


def _as_is(entry: CatalogueEntry, files: Sequence[bytes]) -> str:
    return b"".join(files).decode("utf-8")


def _join(entry: CatalogueEntry, files: Sequence[bytes]) -> str:
    """Each file without the lines cut from it, ended by one newline; a blank line stands between two."""
    return "\n".join(
        _piece(entry, name, content.decode("utf-8")) for name, content in zip(entry.files, files, strict=True)
    )


def _piece(entry: CatalogueEntry, name: str, text: str) -> str:
    lines = text.split("\n")
    if name in entry.cuts:
        first, last = entry.cuts[name]
        del lines[first - 1 : last]
    if name in entry.untitled:
        lines.insert(1, "")
    return "\n".join(lines).rstrip("\n") + "\n"


def _self_dialogue_archive(entry: CatalogueEntry, files: Sequence[bytes]) -> str:
    """The corpus's CSV tables -> `### topic` and one turn a line; blocked workers and fragments left out."""
    with tarfile.open(fileobj=io.BytesIO(files[0]), mode="r:gz") as archive:
        members = {member.name.partition("/")[2]: member for member in archive.getmembers() if member.isfile()}

        def content(name: str) -> str:
            stream = archive.extractfile(members[name])
            return "" if stream is None else stream.read().decode("utf-8")

        blocked = frozenset(content("blocked_workers.txt").split())
        tables = sorted(name for name in members if name.startswith("corpus/") and name.endswith(".csv"))
        return "\n".join(
            dialogue for name in tables for dialogue in _table_dialogues(content(name), name.split("/")[1], blocked)
        )


def _table_dialogues(table: str, topic: str, blocked: frozenset[str]) -> list[str]:
    if topic == _LEFT_OUT_TOPIC:
        return []
    dialogues = []
    for row in csv.DictReader(io.StringIO(table, newline="")):
        if row["WorkerId"] in blocked:
            continue
        answers = sorted(
            (column for column in row if column and column.startswith("Answer.sentence")),
            key=lambda column: int(column.removeprefix("Answer.sentence")),
        )
        turns = [" ".join((row[column] or "").split()) for column in answers]
        turns = [turn for turn in turns if turn not in ("", "{}")]
        if len(turns) >= _FEWEST_TURNS:
            dialogues.append("\n".join([f"### {topic}", *turns]) + "\n")
    return dialogues


def _chatterbot_tables(entry: CatalogueEntry, files: Sequence[bytes]) -> str:
    """YAML conversations -> one JSON line a pair of turns; a pair that recurs within a file is counted in `n`.

    The files' folder is not written down, so the language is the entry's ("pt-BR" is "pt").
    """
    language = entry.language.partition("-")[0]
    lines = []
    for name, content in zip(entry.files, files, strict=True):
        pairs: dict[tuple[str, str], dict[str, str | int]] = {}
        for number, turns in enumerate(_conversations(name, content)):
            chosen = entry.choices.get(name)
            one_question = chosen is not None and (not chosen or number in chosen)
            for turn, answer in enumerate(turns[1:]):
                at = 0 if one_question else turn
                pair = (turns[at], answer)
                if pair in pairs:
                    pairs[pair]["n"] = int(pairs[pair]["n"]) + 1
                    continue
                pairs[pair] = {"lang": language, "topic": PurePosixPath(name).stem, "conv": number, "turn": at}
                pairs[pair] |= {"q": pair[0], "a": pair[1], "n": 1}
        lines += [json.dumps(row, ensure_ascii=False) + "\n" for row in pairs.values()]
    return "".join(lines)


def _conversations(name: str, content: bytes) -> list[list[str]]:
    """The conversations of one file, turns stripped; a bare string in their place (a slip of the source) has none."""
    import yaml  # here, because nothing else of genchat reads YAML

    try:
        table = yaml.safe_load(content.decode("utf-8"))
    except yaml.YAMLError as error:
        raise BadFiles(f"{name}: {error}") from error
    listed = table.get("conversations") if isinstance(table, dict) else None
    if not isinstance(listed, list):
        raise BadFiles(f"{name}: no list of conversations")
    turns = [conversation if isinstance(conversation, list) else [] for conversation in listed]
    if not all(isinstance(turn, str) for conversation in turns for turn in conversation):
        raise BadFiles(f"{name}: a turn that is no text")
    return [[turn.strip() for turn in conversation] for conversation in turns]


RECIPES: Mapping[str, Callable[[CatalogueEntry, Sequence[bytes]], str]] = {
    "as-is": _as_is,
    "join": _join,
    "self-dialogue-archive": _self_dialogue_archive,
    "chatterbot-tables": _chatterbot_tables,
}
