"""The loss curves of a run as a small SVG picture, drawn without any library."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from genchat.engine.errors import GenchatError
from genchat.engine.language import say
from genchat.engine.language.numbers import decimal, plain

Curve = Sequence[tuple[int, float, float]]  # step, seconds, nats a token
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 400, 56, 16, 40, 40
_TICKS = 5


def plot_svg(train: Curve, held_out: Curve, name: str) -> str:
    """An SVG document: loss over seconds, training thin, held-out thick with points."""
    points = [*train, *held_out]
    last = max((seconds for _, seconds, _ in points), default=1.0) or 1.0
    low = min((loss for *_, loss in points), default=0.0)
    high = max((loss for *_, loss in points), default=1.0)
    spread = (high - low) or 1.0

    def x(seconds: float) -> float:
        return _LEFT + seconds / last * (_WIDTH - _LEFT - _RIGHT)

    def y(loss: float) -> float:
        return _TOP + (high - loss) / spread * (_HEIGHT - _TOP - _BOTTOM)

    def line(curve: Curve, style: str) -> str:
        path = " ".join(f"{x(seconds):.1f},{y(loss):.1f}" for _, seconds, loss in curve)
        return f'<polyline points="{path}" fill="none" {style}/>'

    marks = []
    for tick in range(_TICKS):
        share = tick / (_TICKS - 1)
        loss, seconds = low + share * spread, share * last
        marks.append(
            f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(loss):.1f}" y2="{y(loss):.1f}" stroke="#ccc"/>'
            f'<text x="{_LEFT - 6}" y="{y(loss) + 4:.1f}" text-anchor="end">{decimal(loss)}</text>'
            f'<text x="{x(seconds):.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{plain(seconds)}</text>'
        )
    dots = "".join(f'<circle cx="{x(s):.1f}" cy="{y(loss):.1f}" r="3" fill="#c2410c"/>' for _, s, loss in held_out)
    seconds_label = escape(say("training.plot_seconds"))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif"',
        'font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="18" font-size="14">{escape(say("training.plot_title", name=name))}</text>',
        f'<text x="{_LEFT}" y="34" fill="#2563eb">{escape(say("training.plot_train"))}</text>',
        f'<text x="{_LEFT + 110}" y="34" fill="#c2410c">{escape(say("training.plot_held_out"))}</text>',
        *marks,
        f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 6}" text-anchor="end">{seconds_label}</text>',
        line(train, 'stroke="#2563eb" stroke-width="1"'),
        line(held_out, 'stroke="#c2410c" stroke-width="2.5"'),
        dots,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def write_plot(path: Path, train: Curve, held_out: Curve, name: str) -> None:
    """Write the picture. Raises GenchatError when it cannot be written."""
    try:
        path.write_text(plot_svg(train, held_out, name), encoding="utf-8")
    except OSError as error:
        raise GenchatError("plot_not_written", file=path, reason=error.strerror or error) from None
