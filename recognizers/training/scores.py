"""How right scores are: top-1, top-5, the mean over classes, and which classes are confused."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]
Labels = npt.NDArray[np.integer]


def top_k(scores: Array, labels: Labels, k: int) -> float:
    """Share of samples whose class is among the k best scored; equal scores count against it.

    Args:
        scores: (N, A), of any scale.
        labels: (N,) right classes.
        k: how many.
    """
    own = scores[np.arange(len(labels)), labels][:, None]
    better = (~(scores < own)).sum(axis=1)  # the class itself among them; all where it is NaN
    return float((better <= k).mean())


def confusion(scores: Array, labels: Labels) -> npt.NDArray[np.int64]:
    """(A, A) how many samples of each class (row) were taken for each (column)."""
    A = scores.shape[1]
    pairs = labels * A + scores.argmax(axis=1)
    return np.bincount(pairs, minlength=A * A).reshape(A, A)


def class_accuracies(counts: npt.NDArray[np.int64]) -> Array:
    """(A,) share of each class's samples that are right; NaN for a class without any.

    Args:
        counts: (A, A) of `confusion`.
    """
    total = counts.sum(axis=1)
    with np.errstate(invalid="ignore"):
        return np.diag(counts) / total


def mean_class_accuracy(counts: npt.NDArray[np.int64]) -> float:
    """Mean over the classes that have samples (Toyota Smarthome's metric)."""
    return float(np.nanmean(class_accuracies(counts)))


def measured(scores: Array, labels: Labels) -> dict[str, float]:
    """top1, top5 and mean_class, each in [0, 1], and the number of samples."""
    return {
        "top1": top_k(scores, labels, 1),
        "top5": top_k(scores, labels, 5),
        "mean_class": mean_class_accuracy(confusion(scores, labels)),
        "samples": float(len(labels)),
    }
