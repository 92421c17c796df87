"""The Python interface costs nothing before it is used, and its names are those that type checkers see."""

import builtins
import subprocess
import sys
from pathlib import Path

import genchat
from tests.engine.test_imports import HEAVY, loaded_by

USER = """
import genchat

model: genchat.Model = genchat.open("ngram")
row = model.next("A capital do", top=3)[0]
identity: int = row.id
probability: float = row.probability
bits: float = model.score([1, 2]).bits_per_byte
reply: genchat.Reply = model.chat([{"role": "user", "content": "Hi"}], temperature=0, top_k=3)
for step in reply:
    text: str = step.text
ids: list[int] = model.tokens("x").ids
names: list[str] = genchat.models().names
trained: genchat.Model = genchat.train("ngram", "a\\nb", name="x", order=3)
with genchat.history() as history, genchat.documents() as documents:
    title: str = history.list()[0].title
    passage: str = documents.search("x")[0].text
reveal_type(genchat.open)
"""
WRONG = """
import genchat

genchat.open("ngram").next(b"bytes")
genchat.open("ngram").chat(3)
genchat.opne("ngram")
"""


def mypy(tmp_path: Path, code: str) -> str:
    file = tmp_path / "user.py"
    file.write_text(code)
    root = Path(genchat.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", tmp_path / "cache", file],
        cwd=root,
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_importing_genchat_loads_no_library(tmp_path: Path) -> None:
    assert loaded_by("import genchat\ndir(genchat)\ngenchat.open\ngenchat.train\ngenchat.models", tmp_path) == set()


def test_the_counting_model_is_used_without_torch(tmp_path: Path) -> None:
    code = "import genchat\nmodel = genchat.open('ngram')\nmodel.next('a')._repr_html_()\nmodel.chat('Hi').text\n"
    code += "model.score('abc')\nmodel.explain('abc')\ngenchat.train('ngram', 'a b\\nc d\\n', name='t').next('a')"
    assert not loaded_by(code, tmp_path).intersection(HEAVY)


def test_every_name_that_is_listed_is_there() -> None:
    assert dir(genchat) == sorted(dir(genchat))
    for name in dir(genchat):
        assert getattr(genchat, name) is not None
    assert {"open", "models", "history", "train", "documents", "Model"} <= set(dir(genchat))


def test_importing_all_names_leaves_pythons_own_open_alone() -> None:
    names: dict[str, object] = {}
    exec("from genchat import *", names)  # noqa: S102
    assert names["models"] is genchat.models
    assert "open" not in names
    assert names["__builtins__"] is not None
    assert builtins.open is not genchat.open


def test_type_checkers_see_what_is_given_and_returned(tmp_path: Path) -> None:
    said = mypy(tmp_path, USER)
    assert said.count("error:") == 0, said
    assert "genchat.engine.interface.model.Model" in said


def test_type_checkers_see_what_is_wrong(tmp_path: Path) -> None:
    assert mypy(tmp_path, WRONG).count("error:") == 3
