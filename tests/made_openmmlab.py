"""What tests of OpenMMLab's networks share: whether they can run here, and why not."""

from __future__ import annotations

from typing import Any

import pytest

from wildpose.openmmlab.packages import PackagesError, check_packages


def _absence() -> str | None:
    """Why OpenMMLab's packages cannot be used; None where they can."""
    try:
        check_packages("mmpose")
    except PackagesError as error:
        return str(error)
    return None


ABSENCE = _absence()
needs_openmmlab = pytest.mark.skipif(
    ABSENCE is not None, reason=f"make test-openmmlab runs it: {ABSENCE}"
)


def calls_of(monkeypatch: pytest.MonkeyPatch, owner: object, method: str) -> list[tuple[Any, Any]]:
    """Each call of a part of a network from now on: what it was given, and what it answered."""
    heard: list[tuple[Any, Any]] = []
    whole = getattr(owner, method)

    def noted(given: object) -> object:
        answer = whole(given)
        heard.append((given, answer))
        return answer

    monkeypatch.setattr(owner, method, noted)
    return heard
