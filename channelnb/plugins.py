"""Metrics of a vendor's own: the Python files that a run's parameters name under `plugins:`."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

from channelnb.book.book import Book
from channelnb.errors import BadParameters, ChannelnbError
from channelnb.metrics.derived import DERIVED, Derived
from channelnb.metrics.measure import measure
from channelnb.metrics.registry import METRICS
from channelnb.params import ParametersFile

T = TypeVar("T")


@dataclass(frozen=True)
class Plugin:
    """One file of metrics: where the parameters name it, the hash of its bytes, and the metrics that it registers."""

    path: Path
    named_at: str
    digest: str
    metrics: tuple[str, ...]


@contextmanager
def plugged_in(file: ParametersFile) -> Iterator[tuple[Plugin, ...]]:
    """The metrics of a run's plugins are in the catalogue while this lasts, as if they were channelnb's own.

    A plugin's path is looked for beside the parameters, then in the working directory and each of its parents.
    Raises BadParameters, with the line that names it, for one that is not there, fails, registers no metric, or
    registers one by a name that is taken.

    >>> from tempfile import TemporaryDirectory
    >>> from channelnb.params import read_parameters
    >>> own = '''
    ... import channelnb as cn
    ...
    ... @cn.metric(category="performance", unit="count", better="neither")
    ... def sales_made() -> cn.Amount:
    ...     "Rows of the table of sales."
    ...     return cn.Amount(cn.count("sales", at="sold_on"))
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "own.py").write_text(own)
    ...     _ = Path(folder, "q3.yaml").write_text("{name: q3, source: data, quarter: 2026Q3, plugins: [own.py]}")
    ...     with plugged_in(read_parameters(Path(folder, "q3.yaml"))) as plugins:
    ...         plugins[0].metrics, "sales_made" in METRICS
    (('sales_made',), True)
    >>> "sales_made" in METRICS
    False
    """
    before, derived = dict(METRICS), _derived()
    modules: list[str] = []
    try:
        yield tuple(_load(path, at, modules) for path, at in _found(file).items())
    finally:
        _put_back(METRICS, before)
        _put_back(DERIVED, derived)
        for name in modules:
            sys.modules.pop(name, None)


def _derived() -> dict[str, dict[str, Derived]]:
    return {table: dict(columns) for table, columns in DERIVED.items()}


def _put_back(registry: dict[str, T], before: dict[str, T]) -> None:
    registry.clear()
    registry.update(before)


def _found(file: ParametersFile) -> dict[Path, str]:
    """Each plugin's path, and the line of the parameters that names it."""
    found: dict[Path, str] = {}
    for place, name in enumerate(file.chosen.plugins):
        at, wanted = file.at("plugins", place), Path(name).expanduser()
        starts = (file.path.parent, Path.cwd(), *Path.cwd().parents)
        path = next((start / wanted for start in starts if (start / wanted).is_file()), None)
        if path is None:
            raise BadParameters(
                f"{at}: there is no plugin {name!r} beside {file.path.name}, nor in the working directory or a parent "
                "of it; name a Python file."
            )
        path = path.resolve()
        if path in found:
            raise BadParameters(f"{at}: plugins names {path} twice; keep one.")
        found[path] = at
    return found


def _load(path: Path, at: str, modules: list[str]) -> Plugin:
    before, derived, source = dict(METRICS), _derived(), path.read_bytes()
    # Two plugins may have one stem, and a module is known by its name only.
    name = f"channelnb_plugin_{path.stem}_{sha256(bytes(path)).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None:
        raise BadParameters(f"{at}: the plugin {path} is no Python file: its name must end in .py.")
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    modules.append(name)
    try:
        # Not by the import system, which may run what it compiled of an earlier version: what is hashed is what is run.
        exec(compile(source, path, "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        raise BadParameters(f"{at}: the plugin {_where(path, error)}: {_said(error)}") from error
    taken = [name for name, metric in before.items() if METRICS.get(name) is not metric]
    taken += [
        f"{table}.{name}"
        for table, columns in derived.items()
        for name, one in columns.items()
        if DERIVED[table].get(name) is not one
    ]
    if taken:
        raise BadParameters(
            f"{at}: the plugin {path} replaces {', '.join(map(repr, taken))} of the catalogue, so that figures would "
            "change unseen; give what it registers a name of its own."
        )
    added = tuple(known for known in METRICS if known not in before)
    if not added:
        raise BadParameters(
            f"{at}: the plugin {path} registers no metric; put @cn.metric(category=…, unit=…, better=…) above a "
            "function that returns its formula."
        )
    return Plugin(path, at, sha256(source).hexdigest(), added)


def _where(path: Path, error: BaseException) -> str:
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{path} is not Python on line {error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{path} stopped on line {frames[-1].lineno}" if frames else f"{path} cannot be loaded"


def _said(error: BaseException) -> str:
    # After its first line an engine shows the query.
    words = error.msg if isinstance(error, SyntaxError) else str(error).partition("\n")[0]
    said = words if isinstance(error, ChannelnbError) else f"{type(error).__name__}: {words}"
    return said.rstrip(".:! ") + "."


@contextmanager
def blamed(plugins: Sequence[Plugin], book: Book) -> Iterator[None]:
    """An error while figures are computed is put down to the plugin whose metric cannot be measured, if one cannot.

    Raises BadParameters with the plugin, its metric and what the engine said.
    """
    try:
        yield
    except ChannelnbError:
        raise
    except Exception:
        for plugin in plugins:
            for name in plugin.metrics:
                try:
                    measure(book, [name])
                except Exception as error:
                    raise BadParameters(
                        f"{plugin.named_at}: the metric {name!r} of the plugin {plugin.path} cannot be measured: "
                        f"{_said(error)}"
                    ) from error
        raise
