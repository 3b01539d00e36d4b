"""Small plots as SVG in the page's own colours: bars and lines. Each carries its numbers as titles."""

import html
from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 640, 180, 36, 28, 22
_WIDEST_BAR = 48


def bars_svg(values: Sequence[tuple[str, int]], label: str) -> str:
    """Draw a bar for each named count; the first and the last name stand below.

    Args:
        values: names with counts.
        label: says what is counted.
    """
    if not values:
        return ""
    most = max(count for _, count in values) or 1
    step = (_WIDTH - _LEFT) / len(values)
    inner = _HEIGHT - _BOTTOM - _TOP
    shapes = []
    for place, (name, count) in enumerate(values):
        height = inner * count / most
        width = min(max(step * 0.8, 0.5), _WIDEST_BAR)
        shapes.append(
            f'<rect x="{_LEFT + place * step + step * 0.1:.1f}" y="{_HEIGHT - _BOTTOM - height:.1f}" '
            f'width="{width:.1f}" height="{height:.1f}"><title>{_t(name)}: {count}</title></rect>'
        )
    return _svg("".join([*shapes, *_axes(str(most), [name for name, _ in values])]), label, "nd-bars")


def lines_svg(series: Mapping[str, Sequence[tuple[str, float]]], label: str) -> str:
    """Draw a line of dots for each series of named shares between 0 and 1, in the order of the names.

    Args:
        series: name of a line -> points, each a name with a value.
        label: says what is shown.
    """
    names = sorted({name for points in series.values() for name, _ in points})
    if not names:
        return ""
    step = (_WIDTH - _LEFT - 20) / max(len(names) - 1, 1)
    place = {name: _LEFT + 10 + number * step for number, name in enumerate(names)}
    shapes = []
    for number, (line, points) in enumerate(series.items()):
        spots = [(place[name], _y(value), name, value) for name, value in sorted(points)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in spots)
        dots = "".join(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4"><title>{_t(line)}, {_t(name)}: {value:.3f}</title></circle>'
            for x, y, name, value in spots
        )
        last_x, last_y = spots[-1][:2]
        caption = f'<text x="{last_x - 6:.1f}" y="{last_y - 8:.1f}" text-anchor="end">{_t(line)}</text>'
        shapes.append(f'<g class="nd-line nd-line-{number % 4}"><polyline points="{path}"/>{dots}{caption}</g>')
    return _svg("".join([*shapes, *_axes("1.0", names)]), label, "nd-lines")


def _y(share: float) -> float:
    inner = _HEIGHT - _BOTTOM - _TOP
    return _HEIGHT - _BOTTOM - inner * min(max(share, 0.0), 1.0)


def _axes(top: str, names: Sequence[str]) -> list[str]:
    ground = _HEIGHT - _BOTTOM
    texts = [
        f'<text x="{_LEFT - 6}" y="{_TOP + 8}" text-anchor="end">{_t(top)}</text>',
        f'<text x="{_LEFT - 6}" y="{ground}" text-anchor="end">0</text>',
        f'<text x="{_LEFT}" y="{_HEIGHT - 8}">{_t(names[0])}</text>',
    ]
    if len(names) > 1:
        texts.append(f'<text x="{_WIDTH}" y="{_HEIGHT - 8}" text-anchor="end">{_t(names[-1])}</text>')
    return [f'<path class="nd-axis" d="M{_LEFT} {_TOP}V{ground}H{_WIDTH}"/>', *texts]


def _svg(content: str, label: str, kind: str) -> str:
    return (
        f'<svg class="nd-plot {kind}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{_t(label)}">'
        f"{content}</svg>"
    )


def _t(text: str) -> str:
    return html.escape(text, quote=True)
