"""Names that examples in docstrings may use without an import."""

from __future__ import annotations

from typing import Any

import pytest

from channelnb.metrics.worked import worked


@pytest.fixture(autouse=True)
def _names(doctest_namespace: dict[str, Any]) -> None:
    """`worked`, by which the docstring of each metric shows its figure."""
    doctest_namespace["worked"] = worked
