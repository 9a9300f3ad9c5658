"""Hand-written pictures of the front page, as inline SVG in the colours of the page's theme."""


def _icon(label: str, body: str) -> str:
    """An icon of 64 by 48 units that draws with the colour of the text around it."""
    return (f'<svg class="station-icon" viewBox="0 0 64 48" role="img" aria-label="{label}" '
            'fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" '
            f'stroke-linejoin="round">{body}</svg>\n')


ICONS = {
    "train": _icon("A ball rolls down into a valley", (
        '<path d="M4 6 C14 50 42 50 60 10"/><circle cx="13" cy="18" r="3.5"/>'
        '<circle cx="20" cy="31" r="3.5"/><circle cx="31" cy="35" r="3.5" fill="currentColor"/>')),
    "tune": _icon("Three sliders", (
        '<path d="M14 4v40M32 4v40M50 4v40"/><g fill="currentColor"><circle cx="14" cy="30" r="5"/>'
        '<circle cx="32" cy="14" r="5"/><circle cx="50" cy="24" r="5"/></g>')),
    "shrink": _icon("A large frame becomes a small one", (
        '<rect x="4" y="4" width="40" height="40" rx="3" stroke-dasharray="5 5"/>'
        '<rect x="44" y="28" width="16" height="16" rx="3" fill="currentColor"/>'
        '<path d="M14 14 L34 26 M34 18 V26 H26"/>')),
    "ship": _icon("A box leaves with an arrow", (
        '<path d="M6 20 L24 12 L42 20 V38 L24 46 L6 38 Z M6 20 L24 28 L42 20 M24 28 V46"/>'
        '<path d="M44 14 L58 4 M48 4 H58 V14"/>')),
    "cases": _icon("A picture and a sound wave", (
        '<rect x="4" y="8" width="26" height="32" rx="3"/><path d="M4 32 L14 22 L30 38"/>'
        '<circle cx="22" cy="17" r="2.5"/><path d="M38 20v8M44 12v24M50 17v14M56 8v32M62 20v8"/>')),
    "beyond": _icon("A road that branches", (
        '<path d="M32 46 V30 M32 30 C32 18 14 20 14 6 M32 30 C32 18 50 20 50 6 M32 30 V6"/>'
        '<g fill="currentColor"><circle cx="14" cy="5" r="3"/><circle cx="32" cy="5" r="3"/>'
        '<circle cx="50" cy="5" r="3"/></g>')),
}


def descent(steps: int = 24, rate: float = 0.29, stretch: float = 6.0) -> str:
    """Gradient descent on (x^2 + stretch y^2) / 2, run here and drawn over its level lines."""
    walk = [(-2.6, 0.95)]
    for _ in range(steps):
        x, y = walk[-1]
        walk.append((x - rate * x, y - rate * stretch * y))
    heights = [x * x + stretch * y * y for x, y in walk[:8]]
    rings = "".join(f'<ellipse rx="{h ** 0.5 * 100:.0f}" ry="{(h / stretch) ** 0.5 * 100:.0f}"/>'
                    for h in heights)
    line = " ".join(f"{x * 100:.0f},{y * 100:.0f}" for x, y in walk)
    dots = "".join(f'<circle cx="{x * 100:.0f}" cy="{y * 100:.0f}" r="6"/>' for x, y in walk)
    alt = f"Gradient descent zigzags in {steps} steps down a long valley to its lowest point"
    return (f'<svg class="descent" viewBox="-380 -165 760 330" role="img" aria-label="{alt}">'
            f'<g class="levels">{rings}</g><polyline points="{line}"/><g class="walk">{dots}</g>'
            '</svg>\n')
