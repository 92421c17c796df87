"""The registry: which models there are, how they are opened, and what is said of those that cannot be."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from genchat.engine.contract import Backend, ReplySettings, Step
from genchat.engine.conversation import Message, Role
from genchat.engine.errors import GenchatError, ModelDamaged, ModelNotFound, UsageError
from genchat.engine.local_backend import LocalBackend
from genchat.engine.model_card import ModelCard, read_card, write_model
from genchat.engine.open_request import FolderRequest
from genchat.engine.paths import Paths, paths
from genchat.engine.registry import Registry, check_name, language_model
from genchat.engine.settings import Settings, build_settings
from tests.fakes import HashModel, ScriptModel


@pytest.fixture
def places() -> Paths:
    return paths()


@pytest.fixture
def registry(places: Paths, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("GENCHAT_PLUGINS", "none")
    return Registry(places, Settings())


def install(places: Paths, name: str, *, family: str = "fake", command: str = "", created: str = "2026") -> Path:
    card = ModelCard(name, family, created, command, chat=True)

    def write_files(folder: Path) -> None:
        (folder / "weights").write_bytes(b"12345")

    write_model(places.models / name, card, write_files)
    return places.models / name


@pytest.fixture
def fake_family(monkeypatch: pytest.MonkeyPatch) -> None:
    """A room engine.fake whose models are ScriptModels."""
    room, loading = ModuleType("genchat.engine.fake"), ModuleType("engine.fake.loading")
    room.__path__ = []
    room.__spec__ = loading.__spec__ = __import__("importlib").machinery.ModuleSpec("genchat.engine.fake", None)
    loading.open_model = lambda request: ScriptModel("hi", request.card.name)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "genchat.engine.fake", room)
    monkeypatch.setitem(sys.modules, "genchat.engine.fake.loading", loading)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A distribution with one backend that works and one that does not."""
    info = tmp_path / "site" / "stranger-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[genchat.backends]\ngood = stranger_backends:good\nbad = stranger_backends:bad\nabsent = no_such_module:x\n"
    )
    (tmp_path / "site" / "stranger_backends.py").write_text(
        "from tests.fakes import HashModel\ngood = HashModel\ndef bad(): raise ValueError('no luck')\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path / "site"))


def test_built_in_models_say_what_they_are(registry: Registry) -> None:
    entries = [entry for entry in registry.models() if entry.origin == "built-in"]
    assert "ngram" in [entry.name for entry in entries]
    assert all(entry.description for entry in entries)


def test_trained_and_imported_models_are_listed_with_what_is_known(places: Paths, registry: Registry) -> None:
    install(places, "mine", command="genchat train fake x.txt")
    install(places, "theirs", command="genchat import x.gguf")
    entries = {entry.name: entry for entry in registry.models()}
    assert (entries["mine"].origin, entries["theirs"].origin) == ("trained", "imported")
    assert entries["mine"].chat
    size = entries["mine"].size
    assert size is not None
    assert size > 5


@pytest.mark.usefixtures("fake_family")
def test_a_model_is_opened_by_its_family_and_answers(places: Paths, registry: Registry) -> None:
    install(places, "mine")
    backend = registry.open("mine")
    steps = [event for event in backend.reply([Message(Role.USER, "x")], ReplySettings()) if isinstance(event, Step)]
    assert backend.info.name == "mine"
    assert steps
    assert language_model(backend).info == backend.info


@pytest.mark.usefixtures("fake_family")
def test_a_room_is_given_settings_progress_and_a_way_to_other_models(
    places: Paths, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(places, "inner")
    reports: list[tuple[str, float]] = []

    def open_model(request: FolderRequest) -> Backend:
        request.tell(request.card.name, 0.5)
        assert request.settings == Settings()
        assert request.paths == places
        if request.card.name == "outer":
            return request.models.open("ngram", request.progress)
        return LocalBackend(HashModel())

    monkeypatch.setattr(sys.modules["genchat.engine.fake.loading"], "open_model", open_model)
    folder = install(places, "outer")
    assert (
        registry.open("inner", lambda key, share: reports.append((key, share))).info.family == HashModel().info.family
    )
    assert registry.open_folder(folder, read_card(folder), lambda *work: reports.append(work)).info.family == "ngram"
    assert reports[:2] == [("inner", 0.5), ("outer", 0.5)]
    assert {key.partition(".")[0] for key, _ in reports[2:]} <= {"ngram"}


def test_an_unknown_name_brings_the_list_and_the_nearest(places: Paths, registry: Registry) -> None:
    install(places, "shakespeare")
    with pytest.raises(ModelNotFound, match='did you mean "shakespeare"') as near:
        registry.open("shakespear")
    with pytest.raises(ModelNotFound) as far:
        registry.open("q")
    assert "shakespeare" in str(far.value)
    assert near.value.exit_code == far.value.exit_code == 2


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../x", "/etc", "a\0b", ".hidden", "a b", "x" * 65, "ação"])
def test_names_that_lead_elsewhere_are_refused(registry: Registry, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be called"):
        check_name(name)
    with pytest.raises(UsageError):
        registry.remove(name)
    with pytest.raises(UsageError):
        registry.new_folder(name)


def test_a_model_that_cannot_be_read_is_listed_with_its_problem_and_can_be_removed(
    places: Paths, registry: Registry
) -> None:
    folder = install(places, "broken")
    (folder / "card.json").write_text("{")
    assert registry.entry("broken").problem
    with pytest.raises(ModelDamaged, match="genchat models rm broken"):
        registry.open("broken")
    registry.remove("broken")
    assert not folder.exists()


def test_a_model_of_an_unknown_family_is_said(places: Paths, registry: Registry) -> None:
    install(places, "alien", family="martian")
    with pytest.raises(ModelDamaged, match="martian"):
        registry.open("alien")


@pytest.mark.parametrize("family", ["../lstm", "os", "history", "ngram.loading", ""])
def test_a_card_cannot_name_a_module_that_is_no_family(places: Paths, registry: Registry, family: str) -> None:
    install(places, "odd", family=family)
    with pytest.raises(ModelDamaged):
        registry.open("odd")


def test_removing_takes_the_folder_away_and_nothing_else(places: Paths, registry: Registry) -> None:
    first, second = install(places, "first"), install(places, "second")
    assert registry.remove("first") == first
    assert not first.exists()
    assert second.exists()


def test_half_written_folders_are_not_listed(places: Paths, registry: Registry) -> None:
    before = registry.names()
    (places.models / ".mine-abc").mkdir(parents=True)
    (places.models / ".mine-abc" / "card.json").write_text("{}")
    (places.models / "no-card").mkdir()
    assert registry.names() == before


def test_a_built_in_name_cannot_be_taken_or_removed(registry: Registry) -> None:
    with pytest.raises(UsageError):
        registry.new_folder("ngram")
    with pytest.raises(UsageError, match="comes with genchat"):
        registry.remove("ngram")


@pytest.mark.usefixtures("fake_family")
def test_the_default_of_a_family_is_the_chosen_one_else_the_newest(places: Paths, registry: Registry) -> None:
    assert registry.default_for("fake") is None
    install(places, "old", created="2025")
    install(places, "new", created="2026")
    newest = registry.default_for("fake")
    chosen = Registry(places, build_settings({"model": "old"})).default_for("fake")
    assert newest is not None
    assert chosen is not None
    assert (newest.name, chosen.name) == ("new", "old")
    assert registry.open("fake").info.name == "new"
    with pytest.raises(ModelNotFound):  # what is deleted must be named
        registry.remove("fake")


@pytest.mark.usefixtures("plugin")
def test_plugins_are_listed_and_opened(places: Paths) -> None:
    registry = Registry(places, Settings())
    assert registry.entry("good").origin == "plug-in"
    assert isinstance(registry.open("good"), LocalBackend)


@pytest.mark.usefixtures("plugin")
@pytest.mark.parametrize(("name", "reason"), [("bad", "no luck"), ("absent", "no_such_module")])
def test_a_plugin_that_fails_is_named_and_the_others_stay(places: Paths, name: str, reason: str) -> None:
    registry = Registry(places, Settings())
    with pytest.raises(GenchatError, match=reason) as caught:
        registry.open(name)
    assert name in str(caught.value)
    assert "good" in registry.names()


@pytest.mark.usefixtures("plugin")
def test_plugins_can_be_switched_off(places: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENCHAT_PLUGINS", "none")
    assert "good" not in Registry(places, Settings()).names()


def test_a_backend_without_a_model_cannot_score() -> None:
    class Remote:
        info = HashModel("far away").info

    remote: Backend = Remote()  # type: ignore[assignment]
    with pytest.raises(UsageError, match="far away cannot score"):
        language_model(remote)
