"""The Python interface costs nothing before it is used, and its names are those that type checkers see."""

from pathlib import Path
from typing import assert_type

import pytest

import genchat
from tests.engine.test_imports import HEAVY, loaded_by


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


def test_type_checkers_see_what_is_given_and_returned() -> None:
    """Checked by mypy as much as by running: an ignored error that is none would be one."""
    model = genchat.open("ngram")
    assert_type(model, genchat.Model)
    assert_type(model.next("A capital do", top=3)[0].probability, float)
    assert_type(model.next([1, 2])[0].id, int)
    assert_type(model.score("a text").bits_per_byte, float)
    assert_type(model.tokens("a text").ids, list[int])
    reply = model.chat([{"role": "user", "content": "Hi"}], temperature=0, top_k=3)
    assert_type(reply, genchat.Reply)
    assert_type(next(reply), genchat.Step)
    assert_type(model.chat([*reply.messages, ("user", "Why?")], max_tokens=1).text, str)
    assert_type(genchat.models().names, list[str])
    with genchat.documents() as documents:
        assert_type(documents.search("protein")[0].text, str)
    with pytest.raises(genchat.GenchatError):
        model.chat(3)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        genchat.opne("ngram")  # type: ignore[attr-defined]
