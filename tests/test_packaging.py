"""What is built and installed: the wheel, its names, the pinned versions and the promises of the README."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = ("engine", "tui", "corpora", "genchat")


def run_python(*arguments: str, path: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Python in `folder`, with `path` before the installed packages and nothing of this checkout."""
    variables = {**os.environ, "PYTHONPATH": path, "GENCHAT_PLUGINS": "none"}
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel installs."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "engine", "tui", "corpora"], cwd=ROOT, capture_output=True, text=True
    ).stdout.splitlines()
    if not tracked:
        pytest.skip("not a checkout")
    left_out = ("tui/shim/", "tui/pictures/")
    expected = {name for name in tracked if not name.startswith(left_out) and (ROOT / name).exists()}
    assert expected <= names
    assert {f"genchat/{name}" for name in ("__init__.py", "__main__.py", "py.typed")} <= names
    roots = {name.split("/")[0] for name in names}
    assert roots == {*PACKAGES, next(root for root in roots if root.endswith(".dist-info"))}


def test_the_installed_package_is_imported_and_run_under_its_own_name(installed: Path, tmp_path: Path) -> None:
    code = "import genchat; print(all(hasattr(genchat, name) for name in genchat.__all__), genchat.__file__)"
    imported = run_python("-c", code, path=str(installed), folder=tmp_path)
    assert imported.stdout.split() == ["True", str(installed / "genchat" / "__init__.py")], imported.stderr
    for module in ("genchat", "tui"):
        done = run_python("-m", module, "--version", path=str(installed), folder=tmp_path)
        assert done.stdout == f"genchat {PROJECT['project']['version']}\n", done.stderr


def test_the_installed_package_finds_its_texts_and_models(installed: Path, tmp_path: Path) -> None:
    done = run_python("-m", "genchat", "-m", "ngram", "bom dia", "--no-log", path=str(installed), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_a_stranger_in_the_place_of_the_engine_is_named(installed: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger" / "engine"
    stranger.mkdir(parents=True)
    (stranger / "__init__.py").write_text("")
    path = os.pathsep.join([str(stranger.parent), str(installed)])
    done = run_python("-m", "genchat", "--help", path=path, folder=tmp_path)
    assert done.returncode == 70
    assert done.stderr.count("\n") == 1
    assert str(stranger / "__init__.py") in done.stderr


def test_no_dependency_brings_a_package_of_our_names() -> None:
    owners = importlib.metadata.packages_distributions()
    for package in PACKAGES:
        assert set(owners.get(package, [])) <= {"genchat"}


def test_the_version_is_said_once() -> None:
    from engine import __version__

    assert __version__ == PROJECT["project"]["version"]


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    found = [re.fullmatch(r"([a-z0-9-]+)==([0-9A-Za-z.]+)", line) for line in lines if not line.startswith("#")]
    assert all(found), "a line of constraints.txt is not name==version"
    return {match[1]: match[2] for match in found if match}


def test_every_requirement_is_pinned_to_a_version_it_allows() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = [*PROJECT["project"]["dependencies"], *(each for extra in extras.values() for each in extra)]
    pinned = pins()
    for text in wanted:
        requirement = Requirement(text)
        version = pinned[canonicalize_name(requirement.name)]
        assert version in requirement.specifier, text
    assert pinned["torch"] == "2.13.0"


@pytest.mark.parametrize("name", ["pytest", "textual", "numpy", "typer"])
def test_the_pinned_versions_are_the_ones_tested_here(name: str) -> None:
    if importlib.metadata.version(name) != pins()[name]:
        pytest.skip(f"{name} is not the pinned one: these tests run in another environment")


def test_the_readme_gives_the_commands_that_are_tested() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    install = "python3 -m venv .venv && .venv/bin/pip install -c constraints.txt . && .venv/bin/genchat"
    test = "python3 -m venv .venv && .venv/bin/pip install -c constraints.txt '.[test]' && .venv/bin/pytest"
    assert install in readme
    assert test in readme
    assert "README.md" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_what_the_readme_points_at_is_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pointed = [*re.findall(r"\]\(([^)]+)\)", readme), *re.findall(r'(?:src|srcset)="([^"]+)"', readme)]
    assert len(pointed) >= 4
    for name in pointed:
        assert name.startswith("https://") or (ROOT / name).exists(), name


def test_the_pictures_fetch_nothing() -> None:
    pictures = sorted((ROOT / "tui" / "pictures").glob("*.svg"))
    assert pictures
    for picture in pictures:
        drawn = picture.read_text(encoding="utf-8")
        assert "url(http" not in drawn.replace('"', "")
        assert "<script" not in drawn


def test_the_readme_lists_every_command_and_every_exit_code() -> None:
    from engine.errors import ExitCode
    from tui.commands import COMMANDS

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)", readme, re.MULTILINE)) == {"genchat", *COMMANDS}
    for name, code in vars(ExitCode).items():
        if not name.startswith("_"):
            assert f"| {code} |" in readme, name
