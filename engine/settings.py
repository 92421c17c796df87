"""One typed settings object: defaults < settings file < environment < flags.

The file is TOML (`engine.paths.paths().settings`); a key `temperature` in the table `[sampling]` is the setting
"sampling.temperature", and its environment variable is GENCHAT_SAMPLING_TEMPERATURE. Anything not understood is an
error that names the file and the line. Nothing is written unless `set_setting` or `unset_setting` is called.
What stands in `[plugins.NAME]` belongs to that plug-in and is understood by it alone (`engine/option_tables.py`); what
stands in `[keys]` gives keys of the screen another meaning (`engine/key_choices.py`).
"""

import math
import os
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin, get_type_hints

from genchat.engine.errors import GenchatError, SettingsError, UsageError
from genchat.engine.files import write_atomically
from genchat.engine.key_choices import KEYS, binding_of, forbidden_among, key_choices, keys_read
from genchat.engine.language import say
from genchat.engine.language.numbers import plain
from genchat.engine.number_input import read_number, read_whole_number
from genchat.engine.option_tables import ALLOWED, PLUGINS, option_path, option_tables, option_value, options_in
from genchat.engine.sampling.settings import SamplingSettings

if TYPE_CHECKING:
    from genchat.engine.contract import ReplySettings

Layer = Literal["default", "file", "environment", "flag"]
_PREFIX = "GENCHAT_"
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def _number(default: Any, low: float, high: float = math.inf, *, above: bool = False) -> Any:
    """A field that must lie between `low` and `high`; with `above`, `low` itself is not allowed."""
    return field(default=default, metadata={"low": low, "high": high, "above": above})


@dataclass(frozen=True, slots=True)
class ReplyChoices:
    """These settings say how long a reply may become."""

    max_tokens: int = _number(400, 1)


@dataclass(frozen=True, slots=True)
class HistoryChoices:
    """These settings say what is kept of a conversation."""

    keep: bool = True


@dataclass(frozen=True, slots=True)
class GeminiChoices:
    """These settings say how Gemini is reached. `address` is empty for Google's own; `timeout` is in seconds without a
    sign of life.
    """

    model: str = "gemini-flash-latest"
    sdk: Literal["google-genai", "google-generativeai"] = "google-genai"
    address: str = ""
    timeout: float = _number(120.0, 0, above=True)
    probabilities: bool = True
    embedding_model: str = "gemini-embedding-001"
    embedding_dimension: int = _number(768, 128, 3072)


@dataclass(frozen=True, slots=True)
class DocumentsChoices:
    """These say how documents are looked up and who answers. `model` "auto": Gemini with a key, else an imported one,
    else none.

    `collection` is empty for all of them; `passages` is how many the answer may rest on.
    """

    model: str = "auto"
    embedder: Literal["none", "e5", "gemini"] = "none"
    collection: str = ""
    passages: int = _number(5, 1, 50)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings are everything a person can choose once for all."""

    language: Literal["auto", "en", "pt-br"] = "auto"
    model: str = "ngram"
    color: Literal["auto", "always", "never"] = "auto"
    theme: str = "auto"  # of the screen: "auto", "dark", "light", or a name that tui/colours.py knows
    offline: bool = False
    precision: Literal["auto", "fp32", "bf16", "int8"] = "auto"  # of imported models
    sampling: SamplingSettings = field(default_factory=SamplingSettings)  # a field a setting of the table of stages
    reply: ReplyChoices = field(default_factory=ReplyChoices)
    history: HistoryChoices = field(default_factory=HistoryChoices)
    gemini: GeminiChoices = field(default_factory=GeminiChoices)
    documents: DocumentsChoices = field(default_factory=DocumentsChoices)
    plugin_timeout: float = _number(120.0, 0, above=True)  # seconds that a plug-in may take to open
    key_preset: Literal["none", "vim"] = "none"  # more keys that move about
    plugins: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False, metadata={"free": option_tables})
    keys: Mapping[str, str] = field(default_factory=dict, hash=False, metadata={"free": key_choices})

    def reply_settings(self) -> "ReplySettings":
        """A backend is asked to keep to these settings."""
        from genchat.engine.contract import ReplySettings

        return ReplySettings(self.sampling, self.reply.max_tokens)


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting is one leaf of the tree: its dotted name, type and bounds."""

    name: str
    kind: type | None  # None for a choice among words
    words: tuple[str, ...]
    optional: bool
    low: float
    high: float
    above: bool
    default: Any

    @property
    def variable(self) -> str:
        """The environment variable of this setting."""
        return _PREFIX + self.name.replace(".", "_").upper()

    @property
    def allowed(self) -> str:
        """The words say, in the language in use, what may be written: "a whole number, 1 or more"."""
        if self.words:
            return say("settings.one_of", first=", ".join(self.words[:-1]), last=self.words[-1])
        if self.kind is bool:
            return say("settings.one_of", first="true", last="false")
        if self.kind is str:
            return say("settings.text")
        return allowed_numbers(self.kind is int, self.low, self.high, above=self.above)


def allowed_numbers(whole: bool, low: float, high: float = math.inf, *, above: bool = False) -> str:
    """The numbers from `low` (with `above`: over it) to `high` in the reader's words: "a number from 0 to 1"."""
    kind = "whole" if whole else "number"
    if low == -math.inf:
        return say(f"settings.{kind}")
    if high == math.inf:
        return say(f"settings.{kind}_above" if above else f"settings.{kind}_from", low=plain(low))
    return say(f"settings.{kind}_above_to" if above else f"settings.{kind}_from_to", low=plain(low), high=plain(high))


@dataclass(frozen=True, slots=True)
class LayeredValue:
    """A value, the layer it came from and where exactly ("settings.toml:3", "GENCHAT_MODEL", "")."""

    value: Any
    layer: Layer
    where: str = ""


def known_settings() -> dict[str, Setting]:
    """The result is every setting by its dotted name, in the order they are shown."""
    return {setting.name: setting for setting in _walk(Settings, "")}


def _walk(owner: type, prefix: str) -> Iterator[Setting]:
    hints = get_type_hints(owner)
    defaults = owner()
    for spec in fields(owner):
        hint, name = hints[spec.name], prefix + spec.name
        if spec.metadata.get("free"):
            continue
        if is_dataclass(hint) and isinstance(hint, type):
            yield from _walk(hint, name + ".")
            continue
        optional = get_origin(hint) in (Union, types.UnionType)
        if optional:
            hint = next(part for part in get_args(hint) if part is not type(None))
        words = get_args(hint) if get_origin(hint) is Literal else ()
        bounds = spec.metadata
        yield Setting(
            name=name,
            kind=None if words else hint,
            words=words,
            optional=optional,
            low=bounds.get("low", -math.inf),
            high=bounds.get("high", math.inf),
            above=bounds.get("above", False),
            default=getattr(defaults, spec.name),
        )


def read_layers(
    file: Path, environment: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> dict[str, LayeredValue]:
    """The result is every setting with the layer that decided it. Flags of None are not given. Raises SettingsError."""
    known = known_settings()
    layered = {name: LayeredValue(setting.default, "default") for name, setting in known.items()}
    layered |= _from_file(file, known)
    variables = os.environ if environment is None else environment
    for name, setting in known.items():
        text = variables.get(setting.variable, "")
        if text:
            layered[name] = LayeredValue(_from_text(setting, text, setting.variable), "environment", setting.variable)
    for name, value in (flags or {}).items():
        if value is not None:
            flag = "--" + name.rpartition(".")[2].replace("_", "-")
            layered[name] = LayeredValue(_checked(known[name], value, flag), "flag", flag)
    return layered


def load_settings(
    file: Path, environment: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> Settings:
    """The settings in force. Raises SettingsError for anything not understood."""
    return build_settings({name: layered.value for name, layered in read_layers(file, environment, flags).items()})


def build_settings(values: Mapping[str, Any]) -> Settings:
    """A Settings object from values by dotted name; what is not given keeps its default."""
    return _build(Settings, "", values)  # type: ignore[no-any-return]


def _build(owner: type, prefix: str, values: Mapping[str, Any]) -> Any:
    hints = get_type_hints(owner)
    chosen = {}
    for spec in fields(owner):
        name = prefix + spec.name
        if spec.metadata.get("free"):
            chosen[spec.name] = spec.metadata["free"](values)
        elif is_dataclass(hints[spec.name]):
            chosen[spec.name] = _build(hints[spec.name], name + ".", values)
        elif name in values:
            chosen[spec.name] = values[name]
    return owner(**chosen)


def _from_file(file: Path, known: dict[str, Setting]) -> dict[str, LayeredValue]:
    text = _read(file)
    if not text:
        return {}
    import tomllib

    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        where = f"{file}:{line[1] if line else text.count(chr(10)) + 1}"
        raise SettingsError("settings_not_toml", where=where, reason=error) from None
    layered = {}
    try:
        options = dict(options_in(document.pop(PLUGINS, {})))
    except ValueError as error:
        name, value = error.args
        where = f"{file}:{_line_of(text, name)}"
        raise SettingsError("setting_wrong", where=where, name=name, value=value, allowed=ALLOWED) from None
    for name, value in options.items():
        layered[name] = LayeredValue(value, "file", f"{file}:{_line_of(text, name)}")
    table = document.pop(KEYS, {})
    for key, value in table.items() if isinstance(table, dict) else (("", table),):
        name = f"{KEYS}.{key}"
        where = f"{file}:{_line_of(text, name)}"
        layered[name] = LayeredValue(_keys_checked(name, value, where), "file", where)
    for name, value in _leaves(document, known):
        where = f"{file}:{_line_of(text, name)}"
        if name not in known:
            raise _unknown(name, where, known)
        layered[name] = LayeredValue(_checked(known[name], value, where), "file", where)
    return layered


def setting_location(file: Path, name: str) -> str:
    """The location is where a file gives a setting: "FILE:LINE". Raises SettingsError where the file cannot be read."""
    return f"{file}:{_line_of(_read(file), name)}"


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except UnicodeDecodeError as error:
        raise SettingsError("settings_not_utf8", file=file, byte=error.start) from None
    except OSError as error:
        raise SettingsError("settings_unreadable", file=file, reason=error.strerror or error) from None


def _leaves(table: Mapping[str, Any], known: dict[str, Setting], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        name = prefix + key
        if isinstance(value, dict) and name not in known and (any(k.startswith(name + ".") for k in known) and value):
            yield from _leaves(value, known, name + ".")
        elif not (isinstance(value, dict) and not value):
            yield name, value


def _line_of(text: str, name: str) -> int:
    """The 1-based line where the file gives `name`, dotted keys and table headers included; 1 if it is not found."""
    table = ""
    header_line = 1
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([^\[\]]+?)\s*\]", line)
        key = re.match(r"\s*([\w.\"' -]+?)\s*=", line)
        if header:
            table = _plain(header[1])
            if table == name:
                header_line = number
        elif key and ".".join(filter(None, (table, _plain(key[1])))) == name:
            return number
    return header_line


def _plain(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))


def _unknown(name: str, where: str, known: Mapping[str, Setting]) -> SettingsError:
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1, 0.5)
    if near:
        return SettingsError("setting_unknown_near", where=where, name=name, near=near[0])
    return SettingsError("setting_unknown", where=where, name=name)


def _checked(setting: Setting, value: Any, where: str) -> Any:
    key = "option_wrong" if where.startswith("--") else "setting_wrong"
    wrong = SettingsError(key, where=where, name=setting.name, value=_shown(value), allowed=setting.allowed)
    if value is None and setting.optional:
        return None
    if setting.words:
        if value not in setting.words:
            raise wrong
        return value
    if setting.kind is float and type(value) is int:
        value = float(value)
    if type(value) is not setting.kind:
        raise wrong
    if isinstance(value, int | float) and not isinstance(value, bool):
        below = value <= setting.low if setting.above else value < setting.low
        if below or value > setting.high or not math.isfinite(value):
            raise wrong
    return value


def _keys_checked(name: str, value: Any, where: str) -> str:
    """The keys of a binding as they are used."""
    keys = keys_read(value)
    if keys is None or binding_of(name) is None:
        raise SettingsError("setting_wrong", where=where, name=name, value=_shown(value), allowed=say("settings.keys"))
    forbidden = forbidden_among(keys)
    if forbidden is not None:
        raise SettingsError("key_forbidden", where=where, name=name, pressed=forbidden)
    return keys


def _from_text(setting: Setting, text: str, where: str) -> Any:
    """A value written outside TOML: in the environment or on the command line."""
    value: Any = text
    if setting.kind is bool:
        lowered = text.lower()
        value = lowered in _TRUE if lowered in _TRUE | _FALSE else text
    elif setting.kind in (int, float):
        name = where if where == setting.variable else setting.name
        try:
            value = read_whole_number(name, text) if setting.kind is int else read_number(name, text)
        except UsageError as error:
            raise SettingsError(error.key, **error.values) from None
    return _checked(setting, value, where)


def _shown(value: Any) -> Any:
    """A value for an error, as it would be typed: texts in quotation marks, true and false in small letters."""
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else value


def key_setting(name: str, text: str) -> str:
    """Keys for the setting "keys.ID", as they are used. Raises SettingsError for what is not understood."""
    return _keys_checked(name, text, "config set")


def set_setting(file: Path, name: str, text: str) -> Any:
    """Write one setting into the file, comments and order kept. Returns the value as understood."""
    option = option_path(name)
    if option is not None:
        _edit(file, option, understood := option_value(text))
        return understood
    if binding_of(name) is not None:
        _edit(file, name.split("."), keys := _keys_checked(name, text, "config set"))
        return keys
    known = known_settings()
    if name not in known:
        raise _unknown(name, "config set", known)
    value = _from_text(known[name], text, "config set")
    _edit(file, name.split("."), value)
    return value


def unset_setting(file: Path, name: str) -> bool:
    """Take one setting out of the file, so that its default holds again; returns whether it stood there.

    Takes out unknown names too. Raises SettingsError for one that is neither known nor there.
    """
    known = known_settings()
    option = option_path(name)
    there = _edit(file, option or name.split("."), None)
    if not there and name not in known and option is None and binding_of(name) is None:
        raise _unknown(name, "config unset", known)
    return there


def _edit(file: Path, path: Sequence[str], value: Any) -> bool:
    """Write a value, or None to take it out; returns whether the file was to change."""
    import tomlkit
    from tomlkit.exceptions import ParseError

    try:
        document = tomlkit.parse(_read(file))
    except ParseError as error:
        raise SettingsError("settings_not_toml", where=f"{file}:{error.line}", reason=error) from None
    *tables, key = path
    container: Any = document
    for table in tables:
        if table not in container:
            if value is None:
                return False
            container[table] = tomlkit.table()
        container = container[table]
    if value is not None:
        container[key] = value
    elif key in container:
        del container[key]
    else:
        return False
    try:
        target = Path(os.path.realpath(file))  # a link to the file stays a link
        write_atomically(target, tomlkit.dumps(document), mode=None if target.exists() else 0o600)
    except OSError as error:
        raise GenchatError("settings_not_written", file=file, reason=error.strerror or error) from None
    return True
