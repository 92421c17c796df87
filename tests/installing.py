"""Wheels and environments for tests of what is built and installed: nothing is fetched."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest


def build(kind: str, source: Path, folder: Path) -> Path:
    """The wheel or sdist that hatchling makes of `source`."""
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)],
        cwd=source,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return next(folder.iterdir())


def new_environment(folder: Path, libraries: Path) -> Path:
    """An empty environment whose Python also sees the libraries of this one, but not its genchat; returns `folder`."""
    venv.create(folder, symlinks=True)
    for path in Path(pytest.__file__).parents[1].iterdir():
        if "genchat" not in path.name:
            (libraries / path.name).symlink_to(path)
    (site_of(folder) / "libraries.pth").write_text(f"{libraries}\n")
    return folder


def site_of(environment: Path) -> Path:
    """Where packages of an environment lie."""
    return next(environment.glob("lib/python*/site-packages"))


def pip(environment: Path, *arguments: str) -> None:
    """Run pip on an environment, without the network."""
    quiet = ["--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check", "-q"]
    options = quiet if arguments[0] == "install" else ["-q", "-y"]
    command = [sys.executable, "-m", "pip", "--python", str(environment / "bin" / "python"), *arguments, *options]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""})
    assert done.returncode == 0, done.stderr
