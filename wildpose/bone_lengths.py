"""How long the bones of skeletons are, and by how much one skeleton is larger than others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from wildpose.joints import joint_set

Array = npt.NDArray[np.floating]
SHORTEST = 1e-6  # m; joints that stand in for each other make bones of no length

REFERENCE_LENGTHS: dict[str, tuple[float, ...]] = {}
