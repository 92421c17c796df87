"""genchat's two themes, and the styles that the painted widgets take from them.

Everything is neutral except one accent per backend family, which appears in three places only: the backend's name in
the header, the speaker's name, the bar of the token that was chosen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from rich.style import Style
from textual.theme import Theme

DARK = "genchat-dark"
LIGHT = "genchat-light"

_DARK = {
    "paper": "#101419",
    "sheet": "#151a21",
    "raised": "#1e252e",
    "text": "#d9dee5",
    "muted": "#8b97a6",
    "faint": "#566272",
    "rule": "#2b343f",
    "bar": "#71839a",
    "bar-gained": "#465568",
    "bar-lost": "#2b3440",
    "warning": "#e5b567",
    "error": "#f0868c",
    "family-ngram": "#e3b062",
    "family-lstm": "#6fcfae",
    "family-gpt": "#b9a0f5",
    "family-gemini": "#7fb0fa",
    "family-mixture": "#f093b4",
    "family-plugin": "#a5c9d6",
    "heat-1": "#2a2a22",
    "heat-2": "#453a1e",
    "heat-3": "#66451b",
    "heat-4": "#8a3f1f",
}
_LIGHT = {
    "paper": "#fdfcf9",
    "sheet": "#f5f3ee",
    "raised": "#e9e6de",
    "text": "#20262d",
    "muted": "#5f6975",
    "faint": "#98a0a9",
    "rule": "#d9d6cd",
    "bar": "#8494a6",
    "bar-gained": "#b9c3ce",
    "bar-lost": "#dedfe0",
    "warning": "#8a5a00",
    "error": "#b3262f",
    "family-ngram": "#9a5a00",
    "family-lstm": "#08735a",
    "family-gpt": "#6b3fc9",
    "family-gemini": "#1d5fc7",
    "family-mixture": "#b02a5b",
    "family-plugin": "#2f6475",
    "heat-1": "#f7f0d8",
    "heat-2": "#f8e3ae",
    "heat-3": "#f7c98a",
    "heat-4": "#f3a583",
}


def _theme(name: str, colours: Mapping[str, str], dark: bool) -> Theme:
    return Theme(
        name=name,
        primary=colours["muted"],
        secondary=colours["muted"],
        accent=colours["text"],
        foreground=colours["text"],
        background=colours["paper"],
        surface=colours["sheet"],
        panel=colours["raised"],
        boost=colours["raised"],
        warning=colours["warning"],
        error=colours["error"],
        success=colours["text"],
        dark=dark,
        variables={
            **{f"genchat-{key}": value for key, value in colours.items()},
            "block-cursor-background": colours["raised"],
            "block-cursor-foreground": colours["text"],
            "block-cursor-text-style": "bold",
            "block-cursor-blurred-background": colours["raised"],
            "block-cursor-blurred-foreground": colours["text"],
            "border": colours["faint"],
            "border-blurred": colours["rule"],
            "footer-background": colours["paper"],
            "footer-item-background": colours["paper"],
            "footer-key-background": colours["paper"],
            "footer-description-background": colours["paper"],
            "footer-key-foreground": colours["text"],
            "footer-description-foreground": colours["muted"],
            "input-cursor-background": colours["text"],
            "input-cursor-foreground": colours["paper"],
            "scrollbar": colours["rule"],
            "scrollbar-hover": colours["faint"],
            "scrollbar-active": colours["muted"],
            "scrollbar-background": colours["paper"],
            "scrollbar-background-hover": colours["paper"],
            "scrollbar-background-active": colours["paper"],
            "scrollbar-corner-color": colours["paper"],
        },
    )


def themes() -> tuple[Theme, Theme]:
    """Return the dark and the light theme."""
    return _theme(DARK, _DARK, True), _theme(LIGHT, _LIGHT, False)


@dataclass(frozen=True)
class ThemeStyles:
    """These are the foreground styles of painted lines, and the background colours behind them."""

    text: Style
    strong: Style
    muted: Style
    faint: Style
    rule: Style
    warning: Style
    error: Style
    selected: Style  # the token under the cursor
    bar: str
    bar_gained: str
    bar_lost: str
    background: str
    families: Mapping[str, str]
    heat: tuple[Style, ...]  # grounds for surprise, mild to strong

    def family(self, name: str) -> Style:
        """Return the accent of a backend family."""
        return Style(color=self.family_colour(name), bold=True)

    def family_colour(self, name: str) -> str:
        """Return the colour of a backend family alone, for bars."""
        return self.families.get(name, self.families["plugin"])


@cache
def theme_styles(dark: bool, background: str = "paper") -> ThemeStyles:
    """Return the styles of the dark or light theme on `background` ("paper" or "sheet")."""
    colours = _DARK if dark else _LIGHT
    back = colours[background]

    def foreground(name: str, bold: bool = False) -> Style:
        return Style(color=colours[name], bgcolor=back, bold=bold or None)

    return ThemeStyles(
        text=foreground("text"),
        strong=foreground("text", bold=True),
        muted=foreground("muted"),
        faint=foreground("faint"),
        rule=foreground("rule"),
        warning=foreground("warning"),
        error=foreground("error"),
        selected=Style(color=colours["paper"], bgcolor=colours["text"]),
        bar=colours["bar"],
        bar_gained=colours["bar-gained"],
        bar_lost=colours["bar-lost"],
        background=back,
        families={key.removeprefix("family-"): value for key, value in colours.items() if key.startswith("family-")},
        heat=tuple(Style(bgcolor=colours[f"heat-{level}"]) for level in range(1, 5)),
    )
