"""What people kept with the program of the first storey opens with this one: history, models, settings, keys, runs."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from genchat.engine.keys import find_key, stored_keys
from genchat.engine.model_card import read_card, verify_files
from genchat.engine.registry import Registry
from genchat.engine.settings import Settings
from genchat.engine.training.recipes import Recipe, read_recipe
from genchat.engine.training.warm_start import read_beginning
from tests.first_storey import (
    SCORED,
    copy_home,
    places,
    read_history,
    read_models,
    read_settings,
    read_variables,
    run_genchat,
    settings_by_environment,
)

KEPT = Path(__file__).parent / "fixtures" / "first_storey"
CUTTERS = {"top-k", "top-p", "min-p", "greedy"}  # the stages that take candidates away
ONE_IN_8_BITS = 1e-3  # share by which processors differ in the products of whole numbers


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    """What the program that wrote the home read from it."""
    read: dict[str, Any] = json.loads((KEPT / "expected.json").read_text(encoding="utf-8"))
    return read


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The kept home, to be written in."""
    copy_home(KEPT / "home", tmp_path / "kept")
    return tmp_path / "kept"


def differences(found: Any, wanted: Any, where: str = "") -> list[str]:
    """Where two JSON values differ; numbers by more than float32 rounds."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        names = sorted({*found, *wanted})
        absent = object()
        return [
            line
            for name in names
            for line in differences(found.get(name, absent), wanted.get(name, absent), f"{where}.{name}")
        ]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = enumerate(zip(found, wanted, strict=True))
        return [line for index, (one, other) in pairs for line in differences(one, other, f"{where}[{index}]")]
    if isinstance(wanted, float) and isinstance(found, float):
        return [] if found == pytest.approx(wanted, rel=1e-5, abs=1e-7) else [f"{where}: {found} for {wanted}"]
    return [] if found == wanted else [f"{where}: {found!r} for {wanted!r}"]


class TestHistory:
    def test_every_conversation_branch_run_passage_and_token_is_read_as_it_was(
        self, home: Path, expected: dict[str, Any]
    ) -> None:
        assert differences(read_history(home), expected["history"]) == []

    def test_the_kept_traces_name_every_stage_that_cuts(self, expected: dict[str, Any]) -> None:
        messages = [message for each in expected["history"] for message in each["messages"]]
        named = {
            candidate["cut_by"]
            for message in messages
            for step in message.get("steps", ())
            for candidate in step.get("candidates", ())
        }
        assert named == {None, *CUTTERS}
        assert {message["status"] for message in messages} == {"done", "stopped", "error", "interrupted"}

    def test_the_program_lists_shows_and_searches_it(self, home: Path, expected: dict[str, Any]) -> None:
        listed = json.loads(run_genchat(home, "history", "list", "--json", "--limit", "100").stdout)
        wanted = [(each["id"], each["title"], each["kind"], len(each["messages"])) for each in expected["history"]]
        assert [(each["id"], each["title"], each["kind"], each["messages"]) for each in listed] == wanted
        found = json.loads(run_genchat(home, "history", "search", "cardapio", "--json").stdout)
        assert any("Monte um cardápio fitness" in hit["excerpt"] for hit in found)
        checked = json.loads(run_genchat(home, "history", "check", "--json").stdout)
        assert checked["sound"] is True
        assert checked["conversations"] == len(wanted)

    def test_the_program_exports_branches_and_traces(self, home: Path, expected: dict[str, Any]) -> None:
        branched = max(expected["history"], key=lambda each: len(each["messages"]))
        told = json.loads(run_genchat(home, "history", "export", branched["id"]).stdout)["messages"]
        assert [(each["id"], each["parent"], each["text"]) for each in told] == [
            (each["id"], each["parent"], each["text"]) for each in branched["messages"]
        ]
        for one, other in zip(told, branched["messages"], strict=True):
            assert [token["token"] for token in one.get("tokens", ())] == other.get("tokens", [])
            for step in other.get("steps", ()):
                rows = one["tokens"][step["position"]]["candidates"]
                cut = [(row["token"], row["piece"], row["cut_by"]) for row in step_rows(rows, step)]
                assert cut == [(row["token"], row["label"], row["cut_by"]) for row in step["candidates"]]


def step_rows(rows: list[dict[str, Any]], step: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the exported rows that are among the candidates looked at."""
    looked_at = {row["token"] for row in step["candidates"]}
    return [row for row in rows if row["token"] in looked_at]


class TestModels:
    def test_every_model_is_listed_opens_and_believes_what_it_believed(
        self, home: Path, expected: dict[str, Any]
    ) -> None:
        found = read_models(home)
        assert list(found) == list(expected["models"])
        for name, wanted in expected["models"].items():
            assert found[name].pop("bits") == pytest.approx(wanted["bits"], abs=1e-4 * len(SCORED)), name
            if "bits_int8" in wanted:
                assert found[name].pop("bits_int8") == pytest.approx(wanted["bits_int8"], rel=ONE_IN_8_BITS)
            assert differences(found[name], {key: value for key, value in wanted.items() if "bits" not in key}) == []

    def test_their_files_are_whole(self, home: Path, expected: dict[str, Any]) -> None:
        for name in expected["models"]:
            folder = places(home).models / name
            verify_files(folder, read_card(folder))

    def test_the_program_lists_them_and_scores_with_one(self, home: Path, expected: dict[str, Any]) -> None:
        listed = {each["name"]: each for each in json.loads(run_genchat(home, "models", "--json").stdout)}
        for name, wanted in expected["models"].items():
            assert (listed[name]["family"], listed[name]["origin"]) == (wanted["family"], wanted["origin"])
            assert listed[name]["problem"] is None
        scored = json.loads(run_genchat(home, "score", SCORED, "-m", "my-mixture", "--summary", "--json").stdout)
        assert scored["bits"] == pytest.approx(expected["models"]["my-mixture"]["bits"], abs=1e-3)

    def test_a_new_run_may_begin_from_one(self, home: Path) -> None:
        for name in ("my-gpt", "my-gpt-more", "my-lstm"):
            entry = Registry(places(home), Settings()).entry(name)
            assert entry.folder is not None
            assert entry.card is not None
            beginning = read_beginning(entry.folder, entry.card, entry.family)
            recipe = beginning.applied_to(Recipe(family="lstm" if entry.family == "lstm" else "gpt"))
            assert (recipe.layers, recipe.width) == (1, 16)


class TestUnfinishedRuns:
    @pytest.mark.parametrize("family", ["gpt", "lstm"])
    def test_an_interrupted_run_goes_on(self, family: str, home: Path, tmp_path: Path) -> None:
        shutil.copytree(KEPT / "texts", tmp_path / "texts")
        name = f"unfinished-{family}"
        card = read_card(places(home).models / name)
        words = card.command.split()[1:]
        done = int(card.results["steps"])
        words[words.index("--steps") + 1] = str(done + 3)
        went_on = run_genchat(home, *words, "--resume", "--json", folder=tmp_path)
        assert went_on.returncode == 0, went_on.stderr
        assert json.loads(went_on.stdout)["steps"] == done + 3

    def test_a_recipe_file_is_understood(self) -> None:
        recipe = read_recipe(KEPT / "texts" / "recipe.toml")
        assert (recipe.layers, recipe.width, recipe.seed, recipe.precision) == (1, 16, 11, "fp32")
        assert (recipe.learning_rate, recipe.weight_decay, recipe.evaluations) == (0.02, 0.01, 3)


class TestSettings:
    def test_every_setting_of_the_file_is_read(self, home: Path, expected: dict[str, Any]) -> None:
        assert differences(read_settings(home), expected["settings"]) == []

    def test_every_variable_of_the_environment_is_read(self, expected: dict[str, Any]) -> None:
        variables = read_variables(KEPT / "environment.txt")
        assert differences(settings_by_environment(variables), expected["environment"]) == []
        assert len(variables) == len(expected["settings"])

    def test_the_program_tells_them(self, home: Path, expected: dict[str, Any]) -> None:
        told = json.loads(run_genchat(home, "config", "--json").stdout)
        kept = {name: each["value"] for name, each in told.items() if each["from"] == "file"}
        assert differences(kept, expected["settings"]) == []

    def test_the_stored_key_is_found(self, home: Path) -> None:
        file = places(home).keys
        assert list(stored_keys(file)) == ["gemini"]
        key = find_key("gemini", file, {})
        assert key is not None
        assert key.value == "this-is-no-key-but-a-fixture-0000"
        told = json.loads(run_genchat(home, "keys", "--json").stdout)
        assert told == [{"service": "gemini", "source": str(file), "hint": "…0000"}]


def test_the_texts_of_the_person_are_still_here(home: Path, expected: dict[str, Any]) -> None:
    told = json.loads(run_genchat(home, "corpus", "list", "--json").stdout)
    assert told["here"] == expected["texts"]


def test_the_documents_of_the_person_are_still_indexed(home: Path, expected: dict[str, Any]) -> None:
    told = json.loads(run_genchat(home, "docs", "list", "--collection", "club", "--json").stdout)["documents"]
    found = [{name: each[name] for name in expected["documents"][0]} for each in told]
    assert found == expected["documents"]
    why = run_genchat(home, "docs", "why", "quanto pesa o remo", "--json", env={"GENCHAT_DOCUMENTS_EMBEDDER": "none"})
    assert "dois quilos e meio" in why.stdout, why.stderr
