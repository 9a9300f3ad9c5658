"""Figures drawn once for light pages and once for dark ones, with text that says what they show."""

import html
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import matplotlib as mpl
import numpy as np
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette, without the colours that are too pale for a thin line on that ground.
LIGHT = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000")
DARK = ("#56B4E9", "#E69F00", "#2BC79A", "#E39AC3", "#F0E442")
LINES = ("-", "--", "-.", ":", (0, (6, 1.5, 1, 1.5, 1, 1.5)))
MARKERS = ("o", "s", "^", "D", "v")
# A phone shows 4.8 inches on 360 px, so that 11 points become 11.5 px there.
WIDTH, FONT = 4.8, 11.0

# The site marks <html data-theme>, JupyterLab <body data-jp-theme-light>; others mark nothing.
_STYLE = (
    "<style>html:not([data-theme]) img.only-dark{display:none}"
    "body[data-jp-theme-light=false] img.only-dark{display:inline!important}"
    "body[data-jp-theme-light=false] img.only-light{display:none}</style>"
)


@dataclass(frozen=True)
class Themed:
    """One figure as two SVG texts; a notebook shows the one that fits its theme."""

    alt: str
    light: str
    dark: str

    def _repr_html_(self) -> str:
        images = ((self.light, "only-light"), (self.dark, "only-dark"))
        return _STYLE + "".join(_image(svg, theme, self.alt) for svg, theme in images)

    def __repr__(self) -> str:
        return f"Figure: {self.alt}"


def themed(
    draw: Callable[[Any], object], alt: str, *, height: float = 3.1, rows: int = 1
) -> Themed:
    """Draw a figure twice, under a light and a dark style.

    draw: is called with one Axes, or with a list of them, one under another, when rows > 1. It runs
    twice: draw what was computed before, and let no chance enter. What it returns is not used.
    alt: the figure's message in one sentence, read aloud instead of it. height: inches a row, at
    a width of 4.8 inches. Raises ValueError for an empty alt or rows below 1.
    """
    alt = " ".join(alt.split())
    if not alt:
        raise ValueError("alt is empty: say in one sentence what the figure shows")
    if rows < 1:
        raise ValueError(f"rows is {rows}: a figure has at least one row")
    light, places = _svg(draw, style(), rows, height)
    return Themed(alt, light, _svg(draw, style(dark=True), rows, height, places)[0])


def style(dark: bool = False) -> dict[str, Any]:
    """Return the matplotlib settings of the course's figures, for `matplotlib.rc_context`.

    Lines differ by colour and by dash pattern. Palette: M. Okabe and K. Ito, Color Universal
    Design (2008), lightened where a dark ground asks for it.
    """
    ink, grid = ("#E8E8E8", "#4A4A4A") if dark else ("#1A1A1A", "#D0D0D0")
    inks = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    clear = ("figure.facecolor", "axes.facecolor", "savefig.facecolor", "legend.facecolor")
    return {
        **dict.fromkeys(inks, ink),
        **dict.fromkeys(clear, "none"),
        "axes.prop_cycle": cycler(color=DARK if dark else LIGHT) + cycler(linestyle=LINES),
        "axes.grid": True, "axes.axisbelow": True, "grid.color": grid, "grid.linewidth": 0.6,
        "axes.spines.top": False, "axes.spines.right": False,
        "font.family": "DejaVu Sans", "font.size": FONT, "axes.titlesize": FONT,
        "axes.labelsize": FONT, "legend.fontsize": FONT - 0.5, "legend.frameon": False,
        "xtick.labelsize": FONT - 0.5, "ytick.labelsize": FONT - 0.5, "lines.linewidth": 1.9,
        "svg.fonttype": "path", "svg.hashsalt": "labkit", "path.simplify_threshold": 0.2,
    }  # fmt: skip


def curves(
    ax: Axes, values: Mapping[str, Sequence[float]], x: Sequence[float] | None = None, log: str = ""
) -> Axes:
    """Draw one labelled line for each entry of values and return ax.

    x: shared abscissae, by default 0, 1, 2, ...; log: "x", "y" or "xy" for logarithmic axes. Few
    points also get a marker. Values that are not finite leave a gap. Raises ValueError when a
    line and x differ in length.
    """
    for i, (label, line) in enumerate(values.items()):
        y = np.asarray(line, dtype=float)
        at = np.arange(len(y)) if x is None else np.asarray(x, dtype=float)
        if at.shape != y.shape:
            raise ValueError(f"{label!r} has {len(y)} values, x has {len(at)}: make them equal")
        marker = MARKERS[i % len(MARKERS)] if len(y) <= 25 else None
        ax.plot(at, np.where(np.isfinite(y), y, np.nan), label=label, marker=marker, markersize=5)
    if len(values) > 1:
        ax.legend()
    return _log(ax, log)


def band(
    ax: Axes, x: Sequence[float], runs: Sequence[Sequence[float]], label: str, log: str = ""
) -> Axes:
    """Draw the median of several runs, and the range from the least to the greatest as a band.

    x: (n,) abscissae; runs: (seeds, n), one row a seed; log as in `curves`. Returns ax. Raises
    ValueError for fewer than 5 seeds (too few to speak of a spread) or rows of another length.
    """
    table = np.asarray(runs, dtype=float)
    if table.ndim != 2 or table.shape[1] != len(x):
        raise ValueError(f"runs has shape {table.shape}, expected (seeds, {len(x)})")
    if len(table) < 5:
        raise ValueError(f"runs holds {len(table)} seeds: give at least 5 to show a spread")
    (line,) = ax.plot(x, np.median(table, axis=0), label=label)
    ax.fill_between(x, table.min(axis=0), table.max(axis=0), color=line.get_color(), alpha=0.25,
                    linewidth=0)  # fmt: skip
    ax.legend()
    return _log(ax, log)


def contour(
    ax: Axes, f: Callable[[np.ndarray, np.ndarray], Any],
    xlim: tuple[float, float], ylim: tuple[float, float], levels: int | Sequence[float] = 10,
) -> Axes:
    """Draw the level lines of f over a rectangle and return ax.

    f: takes two (81, 81) arrays of coordinates and returns heights of that shape. levels: how many
    lines, or their heights in rising order.
    """
    x, y = np.meshgrid(np.linspace(*xlim, 81), np.linspace(*ylim, 81))
    ax.contour(x, y, np.asarray(f(x, y), dtype=float), levels=levels, colors="#808080",
               linestyles="-", linewidths=0.8)  # fmt: skip
    ax.grid(False)
    ax.set(xlim=xlim, ylim=ylim)
    return ax


def path(ax: Axes, points: Sequence[Sequence[float]], label: str | None = None) -> Axes:
    """Draw the way of an optimiser through a plane, a ring at its start, a dot at its end.

    points: (steps, 2). Returns ax. Raises ValueError for any other shape.
    """
    way = np.asarray(points, dtype=float)
    if way.ndim != 2 or way.shape[1] != 2:
        raise ValueError(f"points has shape {way.shape}, expected (steps, 2)")
    (line,) = ax.plot(*way.T, marker=".", markersize=4, linewidth=1.3, label=label)
    # Colour and line style are given, so that these points take no place in the cycle of lines.
    ends = {"color": line.get_color(), "linestyle": "none", "marker": "o"}
    ax.plot(*way[0], **ends, markersize=9, markerfacecolor="none")
    ax.plot(*way[-1], **ends, markersize=7)
    if label:
        ax.legend()
    return ax


def diagram(
    ax: Axes, places: Mapping[str, tuple[float, float]], arrows: Iterable[tuple[str, str]],
    bends: Mapping[tuple[str, str], float] | None = None,
) -> Axes:
    """Draw boxes with names and arrows from box to box, without axes, and return ax.

    places: where the middle of each box lies, about 1 apart. arrows: pairs of names, (from, to).
    bends: how far an arrow bows, as matplotlib's arc3 counts; 0 where none is given. Raises
    ValueError when an arrow or a bend names a box that has no place.
    """
    arrows, bends = list(arrows), dict(bends or {})
    if unknown := {name for pair in [*arrows, *bends] for name in pair} - set(places):
        raise ValueError(f"no place is given for {', '.join(sorted(unknown))}")
    frame = {"boxstyle": "round", "facecolor": "none", "edgecolor": "gray"}
    boxes = {name: ax.text(*place, name, ha="center", va="center", bbox=frame)
             for name, place in places.items()}  # fmt: skip
    for start, end in arrows:
        ax.annotate("", places[end], places[start], arrowprops={
            "arrowstyle": "-|>", "color": "C0", "shrinkA": 2, "shrinkB": 2,
            "connectionstyle": f"arc3,rad={bends.get((start, end), 0)}",
            "patchA": boxes[start].get_bbox_patch(), "patchB": boxes[end].get_bbox_patch(),
        })  # fmt: skip
    (left, low), (right, high) = np.min([*places.values()], 0), np.max([*places.values()], 0)
    ax.set(xlim=(left - 0.6, right + 0.6), ylim=(low - 0.4, high + 0.3))
    ax.axis("off")
    return ax


def reference(
    ax: Axes, text: str, *, x: float | None = None, y: float | None = None, at: float = 0.96
) -> Axes:
    """Draw one thin labelled line at x (upright) or y (level) to compare with, and return ax.

    at: where along the line its text ends, as a fraction of the axes. Raises ValueError unless
    exactly one of x and y is given.
    """
    if (x is None) == (y is None):
        raise ValueError("give x for an upright line or y for a level one, not both or neither")
    ink = mpl.rcParams["text.color"]
    if x is not None:
        ax.axvline(x, color=ink, linewidth=0.9, linestyle=(0, (2, 2)))
        ax.annotate(text, (x, at), xycoords=ax.get_xaxis_transform(), xytext=(-3, 0),
                    textcoords="offset points", rotation=90, ha="right", va="top")  # fmt: skip
    else:
        ax.axhline(y, color=ink, linewidth=0.9, linestyle=(0, (2, 2)))
        ax.annotate(text, (at, y), xycoords=ax.get_yaxis_transform(), xytext=(0, 3),
                    textcoords="offset points", ha="right", va="bottom")  # fmt: skip
    return ax


def _log(ax: Axes, log: str) -> Axes:
    if log not in ("", "x", "y", "xy"):
        raise ValueError(f'log is {log!r}: use "", "x", "y" or "xy"')
    ax.set(**{f"{axis}scale": "log" for axis in log})
    return ax


def _svg(
    draw: Callable[[Any], object], rc: dict[str, Any], rows: int, height: float,
    places: Sequence[Any] = (),
) -> tuple[str, Sequence[Any]]:
    # Figure instead of pyplot: nothing stays open, and no global figure is touched.
    with mpl.rc_context(rc):
        # Compressed, because contours often ask for equal axes, whose labels would be cut off.
        figure = Figure(figsize=(WIDTH, height * rows), layout="compressed")
        axes = figure.subplots(rows, squeeze=False)[:, 0].tolist()
        draw(axes[0] if rows == 1 else axes)
        if not places:
            figure.get_layout_engine().execute(figure)
            places = [ax.get_position(original=True) for ax in figure.axes]
        # Laying out costs more than drawing, and savefig would do it twice more.
        figure.set_layout_engine(None)
        for ax, place in zip(figure.axes, places, strict=True):
            ax.set_position(place)
        text = io.StringIO()
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    return text.getvalue(), places


def _image(svg: str, theme: str, alt: str) -> str:
    # Percent-encoded text compresses to half of what base64 does.
    source = "data:image/svg+xml," + quote(svg[svg.index("<svg") :], safe=" /:;=(),.-'@+&!*[]|?$~")
    return (
        f'<img class="{theme} dark-ok" alt="{html.escape(alt)}" src="{html.escape(source)}"'
        ' style="width:100%;max-width:34rem">'
    )
