"""Progress bars with frames per second and the time left, on a terminal only."""

from __future__ import annotations

import sys
from types import TracebackType

from tqdm import tqdm


class Bar:
    """A bar that appears with the first frame; call it with the frames done and their number."""

    def __init__(self, name: str, unit: str, *, quiet: bool = False):
        """Prepare a bar.

        Args:
            name: of the video.
            unit: what is counted.
            quiet: show nothing.
        """
        self._name, self._unit = name, unit
        self._quiet = quiet or not sys.stderr.isatty()
        self._bar: tqdm | None = None

    def __call__(self, done: int, total: int | None) -> None:
        if self._quiet:
            return
        if self._bar is None:
            self._bar = tqdm(
                total=total, desc=f"{self._name} {self._unit}", unit="f", leave=False, smoothing=0.1
            )
        self._bar.update(done - self._bar.n)

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
