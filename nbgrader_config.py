"""The course as nbgrader sees it: read by every nbgrader command and by the formgrader page.

The course is the folder that the command is run in, as ever with nbgrader. The classes of
labkit.grading mend, through nbgrader's own settings, what it gets wrong about a submission;
each names what it mends.
"""

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    ClearOutput,
    GetGrades,
    LimitOutput,
    OverwriteKernelspec,
    SaveAutoGrades,
)

from labkit.grading.cells import RepairMetadata, RestoreCells
from labkit.grading.export import Scores
from labkit.grading.outputs import (
    ForgiveWarnings,
    HideTests,
    KeepOutputs,
    safe_html,
    safe_markdown,
    safe_metadata,
)
from labkit.grading.sandboxed import AskHuman, Sandboxed
from labkit.grading.submission import Inspect

c = get_config()  # noqa: F821 - nbgrader defines it

c.CourseDirectory.course_id = "train-tune-shrink-ship"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"

c.ClearSolutions.code_stub = {
    "python": 'raise NotImplementedError("replace this line with your answer")'
}
c.ClearSolutions.text_stub = "Replace this line with your answer."

# Mends: students' code runs as the instructor, one submission at a time. An assignment takes a
# few seconds; a cell that takes longer than this hangs. `nbgrader --help-all` lists the limits.
c.Sandboxed.cell = 30
c.Sandboxed.total = 600

# Mends: links in a submission are followed; a copied, relabelled, edited, moved or deleted cell,
# another kernel's name.
c.Autograde.sanitize_preprocessors = [
    Inspect,
    KeepOutputs,
    ClearOutput,
    RepairMetadata,
    OverwriteKernelspec,
    RestoreCells,
]
c.OverwriteCells.add_missing_cells = True
# Each step checked the whole notebook anew; what is written is still checked.
c.Exporter.optimistic_validation = True

# Mends: a warning on stderr costs the points of a test; a silenced test gives them.
c.Autograde.autograde_preprocessors = [
    Sandboxed,
    ForgiveWarnings,
    LimitOutput,
    SaveAutoGrades,
    AskHuman,
    AssignLatePenalties,
]

# Mends: hidden tests, and the inputs in their tracebacks, are printed in feedback.
c.GenerateFeedback.preprocessors = [GetGrades, HideTests, CSSHTMLHeaderPreprocessor]

# Mends: a submission's HTML and scripts run in the browser of whoever opens it.
c.HTMLExporter.sanitize_html = True
c.HTMLExporter.filters = {"clean_html": safe_html, "get_metadata": safe_metadata,
                          "markdown2html": safe_markdown}

# Mends: a submission that was never graded is exported as 0.0.
c.ExportApp.plugin_class = Scores
