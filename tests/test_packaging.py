"""What is built and installed: the wheel, its names, the pinned versions and the promises of the README."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.installing import build, new_environment, pip, site_of

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = ("engine", "tui", "corpora")
LEFT_OUT = ("tui/pictures/", "engine/pretrained/making/")


def run_python(*arguments: str, path: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Python in `folder`, with `path` before the installed packages and nothing of this checkout."""
    variables = {**os.environ, "PYTHONPATH": path, "GENCHAT_PLUGINS": "none"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def tracked(*folders: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True).stdout.splitlines()
    if not listed:
        pytest.skip("not a checkout")
    return [name for name in listed if (ROOT / name).exists()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds what the wheel installs."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)  # noqa: S202
    return folder


@pytest.fixture(scope="module")
def without_links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone as git makes it where there are no symbolic links: each is a small file that holds its target."""
    folder = tmp_path_factory.mktemp("clone")
    for name in tracked(*FOLDERS, "genchat", "pyproject.toml", "README.md", "LICENSE"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_symlink():
            target.write_text(os.readlink(ROOT / name))
        else:
            os.link(ROOT / name, target)
    return folder


def test_the_wheel_holds_genchat_with_every_file_of_its_folders_and_nothing_else(wheel: Path) -> None:
    names = names_in(wheel)
    expected = {f"genchat/{name}" for name in tracked(*FOLDERS) if not name.startswith(LEFT_OUT)}
    assert expected <= names
    assert {f"genchat/{name}" for name in ("__init__.py", "__main__.py", "py.typed", "testing.py")} <= names
    assert not [name for name in names if name.startswith(tuple(f"genchat/{part}" for part in LEFT_OUT))]
    roots = {name.split("/")[0] for name in names}
    assert roots == {"genchat", next(root for root in roots if root.endswith(".dist-info"))}


def test_a_clone_without_symbolic_links_gives_the_same_wheel(wheel: Path, without_links: Path, tmp_path: Path) -> None:
    assert names_in(build("wheel", without_links, tmp_path)) == names_in(wheel)


def test_a_clone_without_symbolic_links_runs_where_it_stands(without_links: Path, tmp_path: Path) -> None:
    done = run_python("-m", "genchat", "--version", path=str(without_links), folder=tmp_path)
    assert (done.stdout, done.stderr) == (f"genchat {PROJECT['project']['version']}\n", "")


def test_a_genchat_without_its_folders_says_what_to_do(tmp_path: Path) -> None:
    alone = tmp_path / "site" / "genchat"
    alone.mkdir(parents=True)
    for name in ("__init__.py", "__main__.py"):
        (alone / name).write_text((ROOT / "genchat" / name).read_text(encoding="utf-8"))
    done = run_python("-m", "genchat", "--help", path=str(alone.parent), folder=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (70, 1)
    assert "symbolic links" in done.stderr
    assert "pip install" in done.stderr


def test_the_sdist_gives_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    source = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(source) as archive:
        assert not [member.name for member in archive if member.issym()]
        archive.extractall(tmp_path / "unpacked", filter="data")
    unpacked = next((tmp_path / "unpacked").iterdir())
    assert names_in(build("wheel", unpacked, tmp_path / "wheel")) == names_in(wheel)


def test_the_installed_package_is_imported_and_run_under_its_own_name(installed: Path, tmp_path: Path) -> None:
    code = "import genchat; print(all(hasattr(genchat, name) for name in genchat.__all__), genchat.__file__)"
    imported = run_python("-c", code, path=str(installed), folder=tmp_path)
    assert imported.stdout.split() == ["True", str(installed / "genchat" / "__init__.py")], imported.stderr
    done = run_python("-m", "genchat", "--version", path=str(installed), folder=tmp_path)
    assert done.stdout == f"genchat {PROJECT['project']['version']}\n", done.stderr


def test_the_installed_package_finds_its_texts_and_models(installed: Path, tmp_path: Path) -> None:
    done = run_python("-m", "genchat", "-m", "ngram", "bom dia", "--no-log", path=str(installed), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


@pytest.mark.parametrize("name", ["engine.py", "engine/__init__.py", "tui/cli.py", "tui/__init__.py", "corpora.py"])
def test_files_of_the_person_that_have_names_of_ours_do_no_harm(installed: Path, tmp_path: Path, name: str) -> None:
    theirs = tmp_path / name
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text("raise SystemExit('this is not genchat')")
    done = run_python("-m", "genchat", "next", "Bom", "-m", "ngram", path=str(installed), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    script = tmp_path / "script.py"
    script.write_text("import genchat\nprint(genchat.generate.__module__)")
    done = run_python(str(script), path=str(installed), folder=tmp_path)
    assert done.stdout == "genchat.engine.decoding\n", done.stderr


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment whose Python also sees the libraries of this one, but not its genchat."""
    return new_environment(tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("libraries"))


def answers(environment: Path, folder: Path) -> bool:
    done = subprocess.run(
        [environment / "bin" / "genchat", "next", "Bom", "-m", "ngram"],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": ""},
    )
    return (done.returncode, done.stderr) == (0, "")


def strangers_wheel(folder: Path) -> Path:
    """A wheel of somebody else's whose packages are called engine, tui and corpora."""
    path = folder / "stranger-1.0-py3-none-any.whl"
    information = "stranger-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        for name in FOLDERS:
            archive.writestr(f"{name}/__init__.py", "")
            archive.writestr(f"{name}/errors.py", "raise ImportError('a stranger')")
        archive.writestr(f"{information}/METADATA", "Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
        archive.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{information}/RECORD", "".join(f"{name},,\n" for name in [*archive.namelist()]))
    return path


def test_genchat_stands_beside_packages_of_the_same_folder_names_and_outlives_them(
    wheel: Path, environment: Path, tmp_path: Path
) -> None:
    pip(environment, "install", str(wheel))
    assert answers(environment, tmp_path)
    pip(environment, "install", str(strangers_wheel(tmp_path)))
    assert answers(environment, tmp_path)
    pip(environment, "uninstall", "stranger")
    assert answers(environment, tmp_path)
    pip(environment, "uninstall", "genchat")
    assert not [path for path in site_of(environment).iterdir() if path.name in (*FOLDERS, "genchat")]


def test_an_editable_installation_runs_the_files_of_the_checkout(environment: Path, tmp_path: Path) -> None:
    pip(environment, "install", "-e", str(ROOT))
    assert answers(environment, tmp_path)
    code = "import genchat.engine.errors, genchat; print(genchat.__file__)"
    python = str(environment / "bin" / "python")
    printed = subprocess.run([python, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert Path(printed.strip()) == ROOT / "genchat" / "__init__.py"


def test_no_dependency_brings_a_package_of_our_names() -> None:
    owners = importlib.metadata.packages_distributions()
    for package in (*FOLDERS, "genchat"):
        assert set(owners.get(package, [])) <= {"genchat"}


def test_the_version_is_said_once() -> None:
    from genchat.engine import __version__

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
    from genchat.engine.errors import ExitCode
    from genchat.tui.cli.commands import COMMANDS

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)", readme, re.MULTILINE)) == {"genchat", *COMMANDS}
    for name, code in vars(ExitCode).items():
        if not name.startswith("_"):
            assert f"| {code} |" in readme, name
