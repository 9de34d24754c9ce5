"""What tests of OpenMMLab's networks share: whether they can run here, and why not."""

from __future__ import annotations

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
