"""The instructor's page says what the gradebook and status.csv say, and runs nothing."""

import re
import statistics
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from nbgrader.api import Gradebook
from sqlalchemy import Engine, event

from labkit.grading import report, status
from labkit.grading.status import Row

NAME = "lesson"
CELLS = {"test_mse": 1.0, "hidden_mse": 2.0, "test_step": 2.0, "hidden_step": 4.0, "test_sum": 1.0}
EVIL = "<script>alert(1)</script>"


def points(i: int) -> dict[str, float]:
    """What the tests give student i: nobody passes hidden_step, everybody test_sum."""
    return {"test_mse": float(i % 4 > 0), "hidden_mse": float(i % 3), "test_step": i % 5 / 2,
            "hidden_step": float(i % 4), "test_sum": 1.0}


MACHINE = [sum(points(i).values()) for i in range(9)]
TOTAL = [MACHINE[i] + i % 4 for i in range(6)]


def book(course: Path, given: dict[str, dict[str, float]],
         written: dict[str, float] | None = None) -> None:
    """A gradebook with an assignment, and the tests' and the human's points of students."""
    course.mkdir(parents=True, exist_ok=True)
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        for student in given:
            gradebook.add_student(student)
        for name in (NAME, "other"):  # the same cells elsewhere must not be counted
            gradebook.add_assignment(name)
            gradebook.add_notebook(name, name)
            for cell, worth in CELLS.items():
                gradebook.add_grade_cell(cell, name, name, max_score=worth, cell_type="code")
            gradebook.add_grade_cell("written", name, name, max_score=3, cell_type="markdown")
            gradebook.add_solution_cell("written", name, name)
            for student, auto in given.items():
                for grade in gradebook.add_submission(name, student).notebooks[0].grades:
                    grade.auto_score = auto.get(grade.name) if name == NAME else 0.0
                    if grade.name == "written" and name == NAME:
                        grade.manual_score = (written or {}).get(student)
                    grade.needs_manual_grade = {grade.auto_score, grade.manual_score} == {None}
        gradebook.db.commit()


def write(course: Path, rows: list[Row]) -> BeautifulSoup:
    path = report.write(course, NAME, {row.student_id: row for row in rows})
    assert path == course / "grades" / NAME / "report.html"
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def row(student: str, given: dict[str, float], written: float | None = None) -> Row:
    """The row of a submission whose tests ran; without the human's points it waits."""
    machine = sum(given.values())
    whole = None if written is None else machine + written
    return Row(student, status.HUMAN if whole is None else status.GRADED, "written", whole,
               machine, max_score=13)


def table(page: BeautifulSoup, section: str) -> list[list[str]]:
    """The text of a section's cells, row by row, without the heads of columns."""
    return [[cell.get_text(" ", strip=True) for cell in line.find_all(["th", "td"])]
            for line in page.select(f"#{section} tbody tr")]


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> tuple[BeautifulSoup, list[Row]]:
    """Nine that count (three wait for a human), and four whose points must not count."""
    course = tmp_path_factory.mktemp("lesson")
    given = {f"s{i}": points(i) for i in range(9)}
    written = {f"s{i}": i % 4 * 1.0 for i in range(6)}
    rows = [row(name, got, written.get(name)) for name, got in given.items()]
    for i, seconds in ((2, 93_600), (4, 61)):
        rows[i].status, rows[i].late_seconds = status.LATE, seconds
    rows[3].repaired = "test_mse (deleted)"
    bad = [Row("bad1", status.TAMPERED, "test_mse passes with an impostor", machine_score=7),
           Row("bad2", status.TIMED_OUT, "30 s", late_seconds=30, repaired="hidden_mse (copied)"),
           Row("bad3", status.CRASHED, "the kernel ended"), Row("bad4", status.HUMAN, "odd")]
    book(course, given | {one.student_id: dict.fromkeys(CELLS, 4.0) for one in bad}, written)
    rows += [*bad, Row("gone", status.MISSING)]
    return write(course, rows), rows


def test_counts_restored_cells_and_late_ones_whatever_their_status(lesson):
    page, _ = lesson
    text = page.select_one("#counts").get_text(" ", strip=True)
    assert text.startswith("14 students: 4 graded, 2 late, 1 missing, 1 crashed, 1 timed out, "
                           "1 tampered, 4 needs a human.")
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:]{8}[+-]\d\d:\d\d$", page.time["datetime"])
    assert table(page, "restored") == [["bad2", "timed out", "hidden_mse (copied)"],
                                       ["s3", "graded", "test_mse (deleted)"]]
    assert table(page, "late") == [["s2", "1 d 2 h", "late"], ["s4", "2 min", "late"],
                                   ["bad2", "1 min", "timed out"]]


def test_everybody_who_needs_a_human_is_named(lesson):
    page, rows = lesson
    named = {line.th.text: line.td.bdi.text for line in page.select("#people tbody tr")}
    assert named == {one.student_id: one.reason for one in rows
                     if one.status not in (*status.COUNTS, status.MISSING)}
    assert [item.text for item in page.select("#missing li")] == ["gone"]
    assert page.select_one("#people h3").text == "Tampered"  # most pressing first


def test_each_status_says_what_to_do(tmp_path):
    unsettled = {one for one in status.STATUSES if one not in status.COUNTS}
    page = write(tmp_path, [Row(f"ada {one}", one) for one in unsettled])
    said = {head.text.lower(): head.find_next("p").text for head in page.select("#people h3")}
    assert said == {one: report.NEXT[one].replace("`", "") for one in unsettled - {status.MISSING}}
    assert {code.text for code in page.select("#people td code")} == {
        f"labkit grade {NAME} --only 'ada {one}' --force" for one in report.AGAIN}


def test_summary_and_histogram_of_scores_against_numpy(lesson):
    page, _ = lesson
    rows = [line.find_all(["th", "td"]) for line in page.select("#summary tbody tr")]
    assert [line[0].text for line in rows] == ["By the tests", "Total"]
    for line, values in zip(rows, (MACHINE, TOTAL), strict=True):
        assert int(line[1].text) == len(values)
        assert [float(one.text) for one in line[2:]] == pytest.approx(
            np.percentile(values, [25, 50, 75]), abs=0.006)
    edges = [0, 2, 4, 6, 8, 10, 12, 99]
    expected = np.stack([np.histogram(values, edges)[0] for values in (MACHINE, TOTAL)], axis=1)
    lines = page.select("#histogram tbody tr")
    assert [lines[i].th.text for i in (1, -1)] == ["2 to under 4", "12 or more"]
    assert [[int(cell.text) for cell in line.select("td")] for line in lines] == expected.tolist()
    widths = [float(re.search(r"--part:([\d.]+)", bar["style"])[1])
              for line in lines for bar in line.select(".bar")]
    assert np.allclose(widths, expected.ravel() / expected.max(), atol=0.01)


def test_points_lost_by_task(lesson):
    page, _ = lesson
    tasks = {}
    for name, *numbers in table(page, "tasks"):
        if numbers[-1] == "":  # a task's own line has no n
            tasks[name] = inside = []
        else:
            inside.append(name)
            n = 6 if name == "written" else 9
            got, worth = [points(i).get(name, i % 4) for i in range(n)], CELLS.get(name, 3)
            shares = [100 * sum(one == most for one in got) / n for most in (worth, 0)]
            mean = statistics.mean(got)
            for shown, right, off in zip(numbers, [worth - mean, mean, worth, *shares, n],
                                         [0.006] * 3 + [0.06] * 3, strict=True):
                assert float(shown.removesuffix(" %")) == pytest.approx(right, abs=off)
    assert tasks == {"step": ["hidden_step", "test_step"], "written": ["written"],
                     "mse": ["hidden_mse", "test_mse"], "sum": ["test_sum"]}
    assert list(tasks) == ["step", "written", "mse", "sum"]  # 3.78, 1.83, 1.33 and 0 points lost
    assert table(page, "tasks")[0][:4] == ["step", "3.78", "2.22", "6"]


def test_a_humans_points_count_and_what_waits_does_not(tmp_path):
    book(tmp_path, {"a": points(1), "b": points(1), "c": points(1)}, {"a": 1.0, "b": 2.0})
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        by_hand = gradebook.find_grade("test_mse", NAME, NAME, "a")
        by_hand.manual_score, by_hand.extra_credit = 0.25, 0.5
        gradebook.find_grade("written", NAME, NAME, "b").needs_manual_grade = True  # newer text
        gradebook.db.commit()
    page = write(tmp_path, [row("a", points(1), 1.0), row("b", points(1)), row("c", points(1))])
    cells = {line[0]: line[1:] for line in table(page, "tasks")}  # a task first, then its cells
    assert cells["test_mse"][1:4] == ["0.92", "1", "66.7 %"]  # the mean of 0.75, 1 and 1
    assert (cells["written"][1], cells["written"][-1]) == ("1.00", "1")


@pytest.mark.parametrize(("size", "told"), [(4, False), (5, True)])
def test_tests_that_nobody_or_everybody_passes(tmp_path, size, told):
    given = {f"s{i}": points(i) for i in range(size)}
    del given["s2"]["hidden_mse"]  # nobody else passes it, but four are too few
    book(tmp_path, given)
    page = write(tmp_path, [row(name, got) for name, got in given.items()])
    for list_, name in (("#nobody", "hidden_step"), ("#everyone", "test_sum")):
        assert [one.text for one in page.select(f"{list_} code")] == [name] * told
    found = [part in page.select_one("#tests").text for part in ("0 of 5", "wrong", "too few")]
    assert found == [told, told, not told]


def test_what_students_wrote_is_shown_and_not_run(tmp_path):
    given = {EVIL: points(1), "<img src=x onerror=y>": points(2)}
    book(tmp_path, given)
    evil = [Row(one, kind, EVIL, machine_score=3, late_seconds=5, repaired=EVIL)
            for one, kind in zip(given, (status.LATE, status.HUMAN), strict=True)]
    evil.append(Row("caf\udce9", status.MALFORMED, "x" * 10**6))  # no text; and too long
    evil += [Row(f"{EVIL}{kind}", kind, EVIL) for kind in status.STATUSES if kind != status.GRADED]
    page = write(tmp_path, evil)
    assert len(str(page)) < 50_000 and page.find(string=re.compile("^caf"))
    tags = page.find_all(True)
    assert {tag.name for tag in tags}.isdisjoint({"script", "img", "iframe", "object", "link"})
    assert not any(key.startswith("on") for tag in tags for key in tag.attrs)
    assert {f"{EVIL}tampered", EVIL, "<img src=x onerror=y>"} <= {
        one.text for one in page.select("#people bdi")}
    assert all(EVIL in page.select_one(one).text for one in ("#restored", "#late", "#missing"))


def test_the_page_stands_alone_and_can_be_read_by_everybody(lesson):
    page, _ = lesson
    assert "default-src 'none'" in page.select_one("meta[http-equiv]")["content"]
    assert all(page.select_one(link["href"]) for link in page.find_all(href=True))  # own sections
    assert not page.find_all(src=True) and not re.search(r"https?:|url\(|@import", str(page))
    assert page.html["lang"] == "en" and page.select_one('meta[name="viewport"]')
    assert "prefers-color-scheme: dark" in page.style.text
    assert all(one.caption.text.strip() and one.parent["tabindex"] == "0"
               and one.parent["aria-label"] for one in page.find_all("table"))
    assert all(one.get("scope") in ("col", "row", "rowgroup") for one in page.find_all("th"))
    assert all(line.find("th") for line in page.find_all("tr"))
    assert all(bar.parent.get_text(strip=True) for bar in page.select(".bar"))
    assert len({tag["id"] for tag in page.find_all(id=True)}) == len(page.find_all(id=True)) > 7


@pytest.mark.parametrize("rows", [[], [Row("a", status.MISSING), Row("b", status.CRASHED, "gone")],
                                  [Row("a", status.GRADED, score=0, machine_score=0, max_score=0)]])
@pytest.mark.parametrize("gradebook", [False, True])
def test_nobody_to_count(tmp_path, rows, gradebook):
    if gradebook:
        book(tmp_path, {"a": {}, "b": {}} if rows else {})
    page = write(tmp_path, rows)
    text = {one["id"]: one.text for one in page.find_all(["section", "p"], id=True)}
    assert text["counts"].startswith(f"{len(rows)} student")
    assert "No submission has" in text["tasks"] and "too few" in text["tests"]
    assert ("No submission has" in text["scores"]) is not any(one.score == 0 for one in rows)
    assert len(table(page, "people")) == sum(one.status == status.CRASHED for one in rows)
    assert (tmp_path / "gradebook.db").exists() is gradebook


def test_one_query_however_many_students_and_nothing_written(tmp_path, request):
    statements: list[str] = []
    def note(*words):
        statements.append(words[2])
    def count(size: int) -> int:
        given = {f"s{i}": points(i) for i in range(size)}
        course = tmp_path / f"a # é {size}"  # an address has to quote these
        book(course, given)
        before = (course / "gradebook.db").read_bytes()
        statements.clear()
        page = write(course, [row(name, got) for name, got in given.items()])
        assert table(page, "tasks")[-1][-1] == str(size)  # n of the last cell
        assert (course / "gradebook.db").read_bytes() == before
        return len(statements)

    event.listen(Engine, "before_cursor_execute", note)
    request.addfinalizer(lambda: event.remove(Engine, "before_cursor_execute", note))
    assert count(2) == count(30) == 1
