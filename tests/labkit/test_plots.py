"""Figures: both themes, repeatable, readable, described. Checked against matplotlib and WCAG."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from urllib.parse import unquote

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from labkit import plots


class Images(HTMLParser):
    """Collect the attributes of every <img>, read by the library's own parser."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.found.append({key: value or "" for key, value in attrs})


def axes() -> object:
    return Figure().subplots()


def line(ax: object) -> object:
    return plots.curves(ax, {"a": [1, 2, 4], "b": [1, 3, 9]})


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two colours (relative luminance, its definition)."""

    def light(colour: str) -> float:
        rgb = np.array(mpl.colors.to_rgb(colour))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_html_holds_one_image_a_theme_with_the_message() -> None:
    alt = 'Loss < 1 & "falls"\n in 3 steps'
    light, dark = Images(plots.themed(line, alt)._repr_html_()).found
    assert light["class"].split() == ["only-light", "dark-ok"]
    assert dark["class"].split() == ["only-dark", "dark-ok"]
    assert light["alt"] == dark["alt"] == 'Loss < 1 & "falls" in 3 steps'


def test_data_uri_decodes_to_the_svg_and_asks_no_host() -> None:
    figure = plots.themed(line, "x")
    light, _ = Images(figure._repr_html_()).found
    kind, _, data = light["src"].partition(",")
    assert kind == "data:image/svg+xml"
    assert unquote(data) == figure.light[figure.light.index("<svg") :]
    assert ET.fromstring(unquote(data)).tag.endswith("svg")
    assert not re.search(r'(?:href|src)="https?:', figure.light)
    assert '"' not in light["src"] and "#" not in light["src"]


def test_both_themes_lie_alike_with_every_label_inside() -> None:
    def two(axes: list) -> None:
        line(axes[0]).set(ylabel="a name", xlabel="steps", title="above")
        axes[0].set_yticks([1, 9], ["one, to begin with", "nine"])
        image = axes[1].imshow(np.arange(4.0).reshape(2, 2))
        axes[1].figure.colorbar(image, ax=axes[1], label="beside")

    figure = plots.themed(two, "x", rows=2)
    frames = [re.findall(r'<clipPath id="\w+">\s*<rect ([^/]*)/>', svg)
              for svg in (figure.light, figure.dark)]  # fmt: skip
    assert frames[0] == frames[1] and len(frames[0]) == 2
    width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', figure.light).groups())
    words = re.findall(r'<g [^>]*transform="translate\((\S+) (\S+)\) ', figure.light)
    assert len(words) > 10
    assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in words)


def test_same_drawing_gives_the_same_bytes_and_no_date() -> None:
    one, two = plots.themed(line, "x"), plots.themed(line, "x")
    assert one == two and one.light != one.dark
    assert "dc:date" not in one.light


def test_ground_is_transparent() -> None:
    root = ET.fromstring(plots.themed(line, "x").dark.partition("<svg")[2].join(["<svg", ""]))
    patch = next(g for g in root.iter() if g.get("id") == "patch_1")
    assert "fill: none" in patch[0].get("style", "") or "opacity: 0" in patch[0].get("style", "")


def test_repr_is_the_message_where_no_html_is_shown() -> None:
    assert repr(plots.themed(line, "Loss falls")) == "Figure: Loss falls"


def test_rows_are_drawn_as_a_list_one_under_another() -> None:
    seen: list[int] = []
    tall = plots.themed(lambda ax: seen.append(len(ax)), "x", rows=2, height=2)
    assert seen == [2, 2]
    assert 'height="288pt"' in tall.light and 'width="345.6pt"' in tall.light


@pytest.mark.parametrize("alt", ["", " \n"])
def test_empty_alt_is_refused(alt: str) -> None:
    with pytest.raises(ValueError, match="say in one sentence"):
        plots.themed(line, alt)


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one row"):
        plots.themed(line, "x", rows=0)


def test_settings_are_left_as_they_were() -> None:
    before = dict(mpl.rcParams)
    plots.themed(line, "x")
    with pytest.raises(ZeroDivisionError):
        plots.themed(lambda ax: 1 / 0, "x")
    assert dict(mpl.rcParams) == before


@pytest.mark.parametrize(("dark", "ground"), [(False, "#FFFFFF"), (True, "#121212")])
def test_every_ink_stands_out(dark: bool, ground: str) -> None:
    rc = plots.style(dark)
    for colour in rc["axes.prop_cycle"].by_key()["color"]:
        assert contrast(colour, ground) >= 3.0, colour  # WCAG 1.4.11, graphics
    assert contrast(rc["text.color"], ground) >= 4.5  # WCAG 1.4.3, text


def test_contrast_agrees_with_the_published_examples() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_lines_differ_without_colour() -> None:
    with mpl.rc_context(plots.style()):
        ax = plots.curves(axes(), {str(i): range(40) for i in range(5)})
    assert len({str(drawn.get_linestyle()) + str(drawn._dash_pattern) for drawn in ax.lines}) == 5


def test_text_is_legible_on_a_phone() -> None:
    rc = plots.style()
    pixels_a_point = 360 / plots.WIDTH / 72
    sizes = [rc[k] for k in rc if k.endswith(("labelsize", "fontsize", "titlesize", "font.size"))]
    assert min(sizes) * pixels_a_point >= 10.5


def test_curves_keep_values_mark_few_points_and_leave_gaps() -> None:
    ax = plots.curves(axes(), {"a": [1, np.inf, 3], "b": [3, 2, 1]}, x=[1, 10, 100], log="xy")
    first = ax.lines[0]
    assert np.allclose(first.get_xdata(), [1, 10, 100])
    assert np.isnan(first.get_ydata()[1]) and first.get_ydata()[2] == 3
    assert first.get_marker() != "None"
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["a", "b"]


def test_curves_refuse_other_lengths_and_unknown_axes() -> None:
    with pytest.raises(ValueError, match="'a' has 2 values, x has 3"):
        plots.curves(axes(), {"a": [1, 2]}, x=[1, 2, 3])
    with pytest.raises(ValueError, match="log is 'z'"):
        plots.curves(axes(), {"a": [1, 2]}, log="z")


def test_band_is_median_and_range_of_numpy() -> None:
    runs = np.random.default_rng(0).normal(size=(7, 4))
    ax = plots.band(axes(), range(4), runs, "runs")
    assert np.allclose(ax.lines[0].get_ydata(), np.percentile(runs, 50, axis=0))
    heights = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert heights.min() == runs.min() and heights.max() == runs.max()


def test_band_refuses_few_seeds_and_wrong_rows() -> None:
    with pytest.raises(ValueError, match="at least 5"):
        plots.band(axes(), range(3), np.zeros((4, 3)), "x")
    with pytest.raises(ValueError, match=r"expected \(seeds, 3\)"):
        plots.band(axes(), range(3), np.zeros((5, 2)), "x")


def test_contour_lies_on_the_level() -> None:
    ax = plots.contour(axes(), lambda x, y: x**2 + y**2, (-2, 2), (-2, 2), levels=[1.0])
    points = ax.collections[0].get_paths()[0].vertices
    assert np.allclose(np.hypot(*points.T), 1, atol=2e-3)


def test_path_marks_start_and_end() -> None:
    ax = plots.path(axes(), [[0, 0], [1, 2], [3, 4]], "way")
    way, start, end = ax.lines
    assert np.allclose(way.get_xydata(), [[0, 0], [1, 2], [3, 4]])
    assert start.get_xydata().tolist() == [[0, 0]] and start.get_markerfacecolor() == "none"
    assert end.get_xydata().tolist() == [[3, 4]]
    with pytest.raises(ValueError, match=r"expected \(steps, 2\)"):
        plots.path(axes(), [1, 2, 3])


def test_second_path_takes_the_second_colour() -> None:
    with mpl.rc_context(plots.style()):
        ax = axes()
        for i in range(2):
            plots.path(ax, [[0, i], [1, i]], str(i))
    assert [ax.lines[i].get_color() for i in (0, 3)] == list(plots.LIGHT[:2])


def test_reference_line_is_where_it_says() -> None:
    ax = plots.reference(axes(), "limit", x=2.0)
    assert list(ax.lines[0].get_xdata()) == [2.0, 2.0] and ax.texts[0].get_text() == "limit"
    assert list(plots.reference(axes(), "limit", y=3.0).lines[0].get_ydata()) == [3.0, 3.0]
    for both in ({}, {"x": 1.0, "y": 1.0}):
        with pytest.raises(ValueError, match="not both or neither"):
            plots.reference(axes(), "limit", **both)


def test_diagram_draws_each_box_and_each_arrow_from_edge_to_edge() -> None:
    places = {"data": (0, 2), "loss": (0, 1), "step": (1, 0)}
    arrows = {("data", "loss"): 0.0, ("data", "step"): 0.5}
    ax = plots.diagram(axes(), places, arrows, {("data", "step"): 0.5})
    boxes = {text.get_text(): text for text in ax.texts if text.get_text()}
    assert {name: box.get_position() for name, box in boxes.items()} == places
    drawn = [text for text in ax.texts if isinstance(text, Annotation)]
    assert len(drawn) == len(arrows)
    for text, ((start, end), bend) in zip(drawn, arrows.items(), strict=True):
        assert (text.xyann, text.xy) == (places[start], places[end])  # its head is at xy
        arrow = text.arrow_patch
        assert arrow.get_connectionstyle().rad == bend
        assert (arrow.patchA, arrow.patchB) == (boxes[start].get_bbox_patch(),
                                                boxes[end].get_bbox_patch())
    assert not ax.axison and ax.get_xlim()[0] < 0 < 1 < ax.get_xlim()[1]
    assert ax.get_ylim()[0] < 0 < 2 < ax.get_ylim()[1]


def test_diagram_names_the_box_that_has_no_place() -> None:
    for arrows, bends in (([("a", "b")], {}), ([], {("b", "a"): 0.3})):
        with pytest.raises(ValueError, match=r"no place is given for b$"):
            plots.diagram(axes(), {"a": (0, 0)}, arrows, bends)
