"""The three worked changes of CONTRIBUTING.md, followed to the letter on a copy of the repository."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SECTIONS = {"stage": "A stage of sampling", "command": "A command", "family": "A model family"}
COPIED = ("genchat", "engine", "tui", "corpora", "tests", "docs", "pyproject.toml", "README.md", ".ci")
LEFT_OUT = re.compile(r".*\.safetensors|tui/pictures/.*|tests/fixtures/.*")
DIALOGUES = 3  # files of a language that are copied: enough for a model, and counted sooner
VIOLATIONS = """
from pathlib import Path
from tests.rooms import House, Table
print(*House.of("genchat", Table.read(Path("pyproject.toml"))).violations(), sep="\\n")
"""
_BLOCK = re.compile(r"^```(?P<kind>\w+)(?: title=(?P<title>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Change:
    """What a section of the page says: blocks that name a file, in their order, and the commands that follow."""

    files: Sequence[tuple[str, str, str]]  # kind, path, text
    commands: Sequence[str]

    @classmethod
    def of(cls, heading: str) -> "Change":
        section = re.split(r"^#{1,3} ", PAGE.split(f"### {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
        blocks = list(_BLOCK.finditer(section))
        files = [(block["kind"], block["title"], block["text"]) for block in blocks if block["title"]]
        return cls(files, [block["text"] for block in blocks if block["kind"] == "sh"])

    def touched(self) -> dict[str, list[str]]:
        """Its files, by what they are."""
        paths = [path for _, path, _ in self.files]
        texts = [path for path in paths if path.startswith("engine/language/")]
        tests = [path for path in paths if path.startswith("tests/")]
        pages = [path for path in paths if path.endswith((".md", ".toml"))]
        code = [path for path in paths if path not in {*texts, *tests, *pages}]
        return {"code": code, "texts": texts, "tests": tests, "pages and tables": pages}


CHANGES = {name: Change.of(heading) for name, heading in SECTIONS.items()}


@dataclass(frozen=True)
class Copy:
    """A copy of the repository, and the programs that its commands call."""

    folder: Path
    programs: Path
    home: Path

    def apply(self, kind: str, name: str, text: str) -> None:
        """Write a new file, or put the new lines of a diff where the lines around them stand."""
        path = self.folder / name
        if kind != "diff":
            assert not path.exists(), name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        lines = text.splitlines(keepends=True)
        assert all(line[0] in " +" for line in lines), name
        before = "".join(line[1:] for line in lines if line[0] == " ")
        content = path.read_text(encoding="utf-8")
        assert content.count(before) == 1, f"{name}: {before}"
        path.write_text(content.replace(before, "".join(line[1:] for line in lines)), encoding="utf-8")

    def with_change(self, name: str, without: str = "") -> Change:
        """Apply the blocks of a change, all but those of the file `without`."""
        change = CHANGES[name]
        for block in change.files:
            if block[1] != without:
                self.apply(*block)
        return change

    def run(self, commands: str) -> subprocess.CompletedProcess[str]:
        """Commands as somebody types them in a shell."""
        variables = {
            "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.folder),
            "GENCHAT_HOME": str(self.home),
            "GENCHAT_LANGUAGE": "en",
        }
        return subprocess.run(
            ["bash", "-e", "-c", commands],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if name != "GENCHAT_PLUGINS"} | variables,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )


def tracked() -> list[str]:
    """The files of the repository that a copy needs."""
    listed = subprocess.run(["git", "ls-files", *COPIED], cwd=ROOT, capture_output=True, text=True).stdout.splitlines()
    if not listed:
        pytest.skip("not a checkout")
    kept = [name for name in listed if not LEFT_OUT.fullmatch(name) and (ROOT / name).exists()]
    dialogues: dict[str, list[str]] = {}
    for name in kept:
        if name.startswith("corpora/dialogues/"):
            dialogues.setdefault(str(Path(name).parent), []).append(name)
    spared = {name for names in dialogues.values() for name in names[DIALOGUES:]}
    return [name for name in kept if name not in spared]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    folder = tmp_path_factory.mktemp("copy")
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name, follow_symlinks=False)
    programs = tmp_path_factory.mktemp("programs")
    for name, module in {"genchat": "genchat", "pytest": "pytest", "python": ""}.items():
        called = f"-m {module} " if module else ""
        quiet = "-q -p no:cacheprovider " if module == "pytest" else ""
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {called}{quiet}"$@"\n')
        (programs / name).chmod(0o755)
    return Copy(folder, programs, tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def stage(copy: Copy) -> Change:
    """The stage, in the copy."""
    return copy.with_change("stage")


@pytest.fixture(scope="module")
def command(copy: Copy) -> Change:
    """The command, in the copy."""
    return copy.with_change("command")


@pytest.fixture(scope="module")
def refused(copy: Copy) -> Sequence[str]:
    """What the table of rooms has against the family while its entry is missing."""
    copy.with_change("family", without="pyproject.toml")
    return copy.run(f"python -c {shlex.quote(VIOLATIONS)}").stdout.splitlines()


@pytest.fixture(scope="module")
def family(copy: Copy, refused: Sequence[str]) -> Change:
    """The family, in the copy."""
    change = CHANGES["family"]
    copy.apply(*next(block for block in change.files if block[1] == "pyproject.toml"))
    return change


def followed(copy: Copy, change: Change) -> str:
    """What the commands of a change print; its code has to look as the rest of the code does."""
    written = " ".join(path for _, path, _ in change.files if path.endswith(".py"))
    looks = f"python -m ruff check {written}\npython -m ruff format --check {written}"
    done = copy.run("\n".join([*change.commands, looks]))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_stage_is_a_flag_a_setting_and_draws(copy: Copy, stage: Change) -> None:
    printed = followed(copy, stage)
    told = json.loads(printed[printed.index("{") : printed.rindex("}") + 1])
    assert [done["name"] for done in told["tokens"][0]["stages"]] == ["epsilon"]
    assert {row["cut_by"] for token in told["tokens"] for row in token["top"]} == {"epsilon", None}
    setting = json.loads(copy.run("GENCHAT_SAMPLING_EPSILON=0.2 genchat config --json").stdout)["sampling.epsilon"]
    assert (setting["value"], setting["where"]) == (0.2, "GENCHAT_SAMPLING_EPSILON")


def test_the_command_answers(copy: Copy, command: Change) -> None:
    assert re.search(r"^8 characters   8 bytes   \d tokens$", followed(copy, command), re.MULTILINE)
    assert "count the characters, bytes and tokens" in copy.run("genchat --help").stdout


def test_a_family_whose_room_is_not_listed_is_refused(refused: Sequence[str]) -> None:
    assert "engine.unigram has no entry" in refused
    assert {line.split(" ")[0] for line in refused} == {"engine.unigram"}


def test_the_family_passes_the_contract_and_opens_from_a_folder(copy: Copy, family: Change) -> None:
    assert re.search(r"^[34]\d passed", followed(copy, family), re.MULTILINE)
    listed = {model["name"]: model for model in json.loads(copy.run("genchat models --json").stdout)}
    assert (listed["letters"]["family"], listed["letters"]["problem"]) == ("unigram", None)
    reply = json.loads(copy.run("genchat -m letters 'Bom dia!' --seed 1 -n 8 --json").stdout)
    assert 0 < len(reply["tokens"]) <= 8


@pytest.mark.slow
@pytest.mark.usefixtures("stage", "command", "family")
def test_the_new_files_are_typed_as_strictly_as_the_others(copy: Copy) -> None:
    new = [path for change in CHANGES.values() for kind, path, _ in change.files if kind == "python"]
    done = copy.run(
        "python -m mypy " + " ".join(name if name.startswith("tests/") else f"genchat/{name}" for name in new)
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.usefixtures("stage")
def test_two_pictures_show_the_new_stage(copy: Copy) -> None:
    pictures = sorted((copy.folder / "tests/tui/__snapshots__/test_snapshots").iterdir())
    before = [path.read_bytes() for path in pictures]
    command = "pytest tests/tui/test_snapshots.py"
    assert command + " --snapshot-update" in PAGE
    copy.run(command + " --snapshot-update")
    done = copy.run(command)
    assert done.returncode == 0, done.stdout
    changed = [path.name for path, content in zip(pictures, before, strict=True) if path.read_bytes() != content]
    assert changed == ["test_sampling_bench.svg", "test_sampling_dialog.svg"]


@pytest.mark.parametrize(
    ("name", "code", "texts", "tests", "pages"),
    [("stage", 1, 2, 1, 1), ("command", 2, 2, 1, 1), ("family", 3, 0, 1, 1)],
)
def test_each_change_touches_few_files(name: str, code: int, texts: int, tests: int, pages: int) -> None:
    touched = CHANGES[name].touched()
    print(name, touched)
    assert [len(paths) for paths in touched.values()] == [code, texts, tests, pages]
