"""nbgrader's autograde for one submission, as the runner needs it: it raises what it meets."""

import glob
import logging
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import rmtree
from traitlets.config import Config

from labkit.grading.submission import Malformed, inspect

# nbgrader logs what is right and what it mends, many lines a submission; status.csv has the words.
LOG = logging.getLogger("labkit.grading")
LOG.addHandler(logging.NullHandler())
LOG.propagate = False


class Grader(Autograde):
    """One student's submission; unlike nbgrader's own, it does not turn errors into log lines."""

    ran = False  # whether the submission was executed

    def __init__(self, config: Config, name: str, student: str) -> None:
        course = CourseDirectory(config=config, assignment_id=name, student_id=student)
        super().__init__(coursedir=course, config=config)
        self.force = True
        self.log = LOG

    def grade(self) -> dict[str, list[str]]:
        """Autograde it; return what was noticed (repaired, tampered, timed_out), by cell names.

        Raises Malformed, unit.Ended, BoxError, and whatever nbgrader meets.
        """
        name, student = self.coursedir.assignment_id, self.coursedir.student_id
        if glob.escape(student) != student or student.startswith("."):
            raise Malformed("the student's id has characters that nbgrader cannot take: "
                            "rename the folder in submitted/")
        folder = Path(self._format_source(name, student))
        if not (folder / f"{name}.ipynb").is_file():
            found = ", ".join(sorted(path.name for path in folder.glob("*.ipynb"))) or "none"
            raise Malformed(f"there is no {name}.ipynb in it (notebooks: {found[:200]})")
        inspect(folder)
        self.start()
        done = Path(self._format_dest(name, student), f"{name}.ipynb")
        return dict(nbformat.read(done, as_version=4).metadata.get("grading", {}))

    def convert_notebooks(self) -> None:
        """The steps of nbgrader for its one assignment; a failed one leaves nothing behind."""
        name, student = self.coursedir.assignment_id, self.coursedir.student_id
        (self.notebooks,) = map(sorted, self.assignments.values())
        try:
            self.init_destination(name, student)
            self.init_assignment(name, student)
            for notebook in self.notebooks:
                self.convert_single_notebook(notebook)
            self.set_permissions(name, student)
        except BaseException:
            self.remove()
            raise

    def _init_preprocessors(self) -> None:
        self.ran = not self._sanitizing
        super()._init_preprocessors()

    def remove(self) -> None:
        """Remove the graded notebook of a submission that failed, and take its machine grades back.
        """
        name, student = self.coursedir.assignment_id, self.coursedir.student_id
        graded = Path(self._format_dest(name, student))
        if graded.exists():
            rmtree(str(graded))
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            try:
                submission = gradebook.find_submission(name, student)
            except MissingEntry:
                return
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    grade.auto_score = None
            gradebook.db.commit()
