"""Which plug-ins are installed: entry points of the group "genchat.backends", and the packages that bring them.

See "Entry points specification" of the Python Packaging User Guide. The names of the packages are read only of those
that bring a backend, and a package whose metadata is damaged hides no other.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, EntryPoint, distributions

GROUP = "genchat.backends"
SWITCH = "GENCHAT_PLUGINS"  # "none" leaves all plug-ins out


@dataclass(frozen=True)
class Plugin:
    """This is one installed backend. `package` is the distribution that brings it, with its version."""

    name: str
    point: EntryPoint
    package: str


def installed_plugins() -> list[Plugin]:
    """The list is all plug-ins in the order of the module search path, whatever their names."""
    if os.environ.get(SWITCH, "").lower() == "none":
        return []
    plugins: dict[tuple[str, str], Plugin] = {}
    for distribution in distributions():
        for plugin in _plugins_of(distribution):
            plugins.setdefault((plugin.package.partition(" ")[0], plugin.name), plugin)
    return list(plugins.values())


def _plugins_of(distribution: Distribution) -> Iterator[Plugin]:
    try:
        points = [point for point in distribution.entry_points if point.group == GROUP]
        if points:
            package = f"{distribution.metadata['Name']} {distribution.version}"
    except Exception:  # damaged metadata of any package whatever
        return
    for point in points:
        yield Plugin(point.name, point, package)
