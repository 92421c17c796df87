"""Decides which parts of the chat screen are shown, by the size of the terminal and the person's choice."""

from dataclasses import dataclass

LIST_FROM = 112  # columns
PANEL_FROM = 96
STRIP_FROM = 70
SPACIOUS_FROM = 160
SMALLEST = (40, 12)


@dataclass
class Arrangement:
    """An arrangement holds which parts the person switched on or off by key; None leaves it to the width."""

    list: bool | None = None
    panel: bool | None = None


def arrange(width: int, height: int, chosen: Arrangement) -> dict[str, bool]:
    """Return CSS classes of the screen, and whether each one is set."""
    roomy = width >= PANEL_FROM
    panel = roomy if chosen.panel is None else chosen.panel
    return {
        "-tiny": width < SMALLEST[0] or height < SMALLEST[1],
        "-spacious": width >= SPACIOUS_FROM,
        "-no-list": not (width >= LIST_FROM if chosen.list is None else chosen.list),
        "-no-panel": not panel,
        "-panel-only": panel and not roomy,
        "-strip": not panel and width >= STRIP_FROM and height >= 20,
    }
