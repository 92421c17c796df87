"""Where genchat keeps its files. GENCHAT_HOME puts everything under one folder (tests and portable installs do)."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders and files in use. Nothing is created by asking."""

    data: Path  # models, history
    config: Path
    cache: Path

    @property
    def models(self) -> Path:
        return self.data / "models"

    @property
    def history(self) -> Path:
        return self.data / "history.db"

    @property
    def settings(self) -> Path:
        return self.config / "settings.toml"

    @property
    def keys(self) -> Path:
        return self.config / "keys.json"


def paths() -> Paths:
    """The paths follow GENCHAT_HOME, else the platform's own folders."""
    home = os.environ.get("GENCHAT_HOME")
    if home:
        root = Path(home).expanduser()
        return Paths(root / "data", root / "config", root / "cache")
    from platformdirs import PlatformDirs

    places = PlatformDirs("genchat", appauthor=False)
    return Paths(Path(places.user_data_dir), Path(places.user_config_dir), Path(places.user_cache_dir))
