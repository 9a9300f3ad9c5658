"""Small faults put into a reference by machine: what a grader should notice.

Comparisons, signs, constants, dropped lines and dropped updates, one at a time.
"""

import ast
import copy
from collections.abc import Callable, Iterator

_OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
              ast.Pow: ast.Mult, ast.MatMult: ast.Mult}
_COMPARISONS = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
                ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}


def mutants(code: str) -> Iterator[tuple[str, str]]:
    """(id, code) of every mutant; an id is line, column and what changed, e.g. "3:8 Add>Sub"."""
    tree = ast.parse(code)
    for number, node in enumerate(ast.walk(tree)):
        for what, change in _changes(node):
            mutant = copy.deepcopy(tree)
            change(next(n for i, n in enumerate(ast.walk(mutant)) if i == number))
            text = ast.unparse(ast.fix_missing_locations(mutant))
            if text != ast.unparse(tree):
                yield f"{node.lineno}:{node.col_offset} {what}", text


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable]]:
    """What can go wrong in one node: its name, and the change."""
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _OPERATORS:
        other = _OPERATORS[type(node.op)]
        yield f"{type(node.op).__name__}>{other.__name__}", lambda n: setattr(n, "op", other())
    elif isinstance(node, ast.Compare):
        for place, op in enumerate(node.ops):
            if other := _COMPARISONS.get(type(op)):
                yield (f"{type(op).__name__}>{other.__name__}",
                       lambda n, p=place, o=other: n.ops.__setitem__(p, o()))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "drop minus", lambda n: setattr(n, "op", ast.UAdd())
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield f"{node.value}>{node.value + 1}", lambda n: setattr(n, "value", n.value + 1)
    elif isinstance(node, ast.FunctionDef | ast.For | ast.While | ast.If):
        yield from _drops(node)


def _drops(node: ast.FunctionDef | ast.For | ast.While | ast.If) -> Iterator[tuple[str, Callable]]:
    """Leave out one statement of a body (for If and While: also never, or always)."""
    for place, line in enumerate(node.body):
        if isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant):
            continue  # a docstring
        yield (f"drop line {line.lineno}",
               lambda n, p=place: n.body.__setitem__(p, ast.Pass()))
    if isinstance(node, ast.If):
        yield "If>never", lambda n: setattr(n, "test", ast.Constant(False))
