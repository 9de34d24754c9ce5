"""Tools whose extra was not installed say so in a line, whatever they would import first."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("tools", "datasets", "recognizers", "wildpose")
RUN_WITHOUT = (
    "import runpy, sys; package, sys.argv = sys.argv[1], sys.argv[2:]; "
    "sys.modules[package] = None; sys.path[0] = sys.argv[0].rpartition('/')[0]; "
    "runpy.run_path(sys.argv[0], run_name='__main__')"
)


@cache
def imported_on_start(path: Path) -> frozenset[str]:
    """Modules that a file imports as it is loaded: not in functions, nor for type checkers."""
    return frozenset(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            waiting += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += ast.iter_child_nodes(node)


@cache
def files_of(module: str) -> tuple[Path, ...]:
    """The files that are loaded with a module of ours, its packages' too."""
    parts = module.split(".")
    if parts[0] not in OURS:
        return ()
    tries = [ROOT.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
    tries.append(ROOT.joinpath(*parts).with_suffix(".py"))
    return tuple(path for path in tries if path.is_file())


@cache
def packages_of(tool: Path) -> set[str]:
    """Packages of others that a tool cannot start without."""
    seen, waiting, found = set[Path](), [tool], set[str]()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        for module in imported_on_start(path):
            waiting += files_of(module)
            found.add(module.partition(".")[0])
    return found


TOOLS = sorted(path for path in (ROOT / "tools").glob("*.py") if not path.name.startswith("_"))
NEEDS = [
    (tool, package)
    for tool in TOOLS
    for package in ("matplotlib", "mmengine")
    if package in packages_of(tool)
]


def test_needs_are_found() -> None:
    names = {(tool.stem, package) for tool, package in NEEDS}
    assert {("evaluate_wild", "matplotlib"), ("train", "mmengine")} <= names
    assert ("evaluate_wild", "mmengine") not in names and ("bench", "mmengine") not in names


@pytest.mark.parametrize(
    ("tool", "package"), NEEDS, ids=[f"{tool.stem}-{package}" for tool, package in NEEDS]
)
def test_a_tool_without_its_extra_is_one_line(tool: Path, package: str) -> None:
    command = [sys.executable, "-c", RUN_WITHOUT, package, str(tool), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"this tool needs {package}, which is not here: in the checkout, "
        "python -m pip install -c constraints.txt -e '.[train]'\n"
    )
