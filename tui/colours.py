"""genchat's two themes, those of Textual in genchat's terms, and the styles that the painted widgets take from them.

Everything is neutral except one accent per backend family, which appears in three places only: the backend's name in
the header, the speaker's name, the bar of the token that was chosen. Faint writing of a theme of Textual is made as
strong as the contrast of WCAG 2.2 asks for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rich.style import Style
from textual.color import BLACK, WHITE, Color
from textual.theme import BUILTIN_THEMES, Theme

DARK = "genchat-dark"
LIGHT = "genchat-light"
_BODY, _SIGNS = 4.5, 3.0  # least contrast of writing, and of signs beside it
_STEPS = 20

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


def theme_names() -> list[str]:
    """Return the names of all themes that can be chosen, genchat's own first.

    Those that use the sixteen colours of the terminal are not among them: nothing is known of their contrast.
    """
    known = (name for name, theme in BUILTIN_THEMES.items() if not (theme.background or "").startswith("ansi"))
    return [DARK, LIGHT, *known]


def theme_called(name: str) -> Theme:
    """Return a theme by one of `theme_names()`, with the colours that genchat's screens need."""
    return _theme(name, _palette(name), _is_dark(name))


def _is_dark(name: str) -> bool:
    return name == DARK or (name != LIGHT and BUILTIN_THEMES[name].dark)


@cache
def _palette(name: str) -> Mapping[str, str]:
    """Return genchat's colours under a theme: its grounds and writing, all the rest between the two."""
    if name in (DARK, LIGHT):
        return _DARK if name == DARK else _LIGHT
    theme = BUILTIN_THEMES[name]
    own = _DARK if theme.dark else _LIGHT
    found = theme.to_color_system().generate()
    paper, sheet, raised = (Color.parse(found[part]) for part in ("background", "surface", "panel"))
    grounds = (paper, sheet)
    text = _readable(Color.parse(found["foreground"]), grounds, _BODY)

    def between(share: float, least: float = 0.0) -> str:
        return _readable(paper.blend(text, share), grounds, least, text).hex

    colours = {
        "paper": paper.hex,
        "sheet": sheet.hex,
        "raised": raised.hex,
        "text": text.hex,
        "muted": between(0.6, _BODY),
        "faint": between(0.4, _SIGNS),
        "rule": between(0.2),
        "bar": between(0.5, _SIGNS),
        "bar-gained": between(0.35),
        "bar-lost": between(0.18),
    }
    for kind in ("warning", "error"):
        colours[kind] = _readable(Color.parse(found[kind]), grounds, _BODY, text).hex
    for family in (key for key in own if key.startswith("family-")):
        colours[family] = _readable(Color.parse(own[family]), grounds, _BODY, text).hex
    hottest = Color.parse(own["heat-4"])
    shares = (step / _STEPS for step in range(_STEPS, 0, -1))
    strongest = next((share for share in shares if contrast(text, paper.blend(hottest, share)) >= _BODY), 1 / _STEPS)
    for level in range(1, 5):
        colours[f"heat-{level}"] = paper.blend(hottest, strongest * level / 4).hex
    return colours


def _readable(colour: Color, grounds: Sequence[Color], least: float, towards: Color | None = None) -> Color:
    """Return the colour, as much nearer to `towards`, or to black or white, as its contrast asks for."""
    ends = [end for end in (towards, BLACK if grounds[0].brightness > 0.5 else WHITE) if end is not None]
    for end in ends:
        for step in range(_STEPS + 1):
            found = colour.blend(end, step / _STEPS)
            if min(contrast(found, ground) for ground in grounds) >= least:
                return found
    return ends[-1]


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of WCAG 2.2 between two colours, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


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


def theme_styles(theme: Theme | bool, background: str = "paper") -> ThemeStyles:
    """Return the styles of a theme on `background` ("paper" or "sheet"); a bool is genchat's own, dark or light."""
    return _styles((DARK if theme else LIGHT) if isinstance(theme, bool) else theme.name, background)


@cache
def _styles(name: str, background: str) -> ThemeStyles:
    colours = _palette(name)
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
