"""BVH files written by tests: a tree of joints, and rows of channel values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Point = tuple[float, float, float]
Tree = Mapping[str, tuple[str, Point]]
"""Joint -> the one that it hangs on ('' for the root) and its offset; parents first."""


def bvh_text(
    tree: Tree,
    turns: Sequence[Mapping[str, Point]],
    *,
    frame_time: float,
    positions: Sequence[Point] | None = None,
) -> str:
    """A file in which every joint has position and rotation channels, as in Bandai's.

    Args:
        tree: the figure.
        turns: for each frame, degrees about z, x and y of those joints that are turned.
        frame_time: seconds.
        positions: the root's in each frame; its offset where left out.
    """
    children: dict[str, list[str]] = {name: [] for name in ("", *tree)}
    for name, (parent, _) in tree.items():
        children[parent].append(name)
    order: list[str] = []

    def block(name: str) -> str:
        order.append(name)
        inner = "".join(block(child) for child in children[name])
        inner = inner or "End Site { OFFSET 0 0 0 }\n"
        offset = " ".join(str(value) for value in tree[name][1])
        channels = "Xposition Yposition Zposition Zrotation Xrotation Yrotation"
        word = "JOINT" if tree[name][0] else "ROOT"
        return f"{word} {name} {{\nOFFSET {offset}\nCHANNELS 6 {channels}\n{inner}}}\n"

    head = f"HIERARCHY\n{block(children[''][0])}MOTION\nFrames: {len(turns)}\n"
    rows = []
    for t, turn in enumerate(turns):
        places = {name: tree[name][1] for name in order}
        if positions is not None:
            places[order[0]] = positions[t]
        values = [v for name in order for v in (*places[name], *turn.get(name, (0, 0, 0)))]
        rows.append(" ".join(str(value) for value in values))
    return f"{head}Frame Time: {frame_time}\n" + "\n".join(rows) + "\n"
