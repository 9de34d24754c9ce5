"""NTU's .skeleton files: the exact format, what real files do to it, and what is refused."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from datasets.ntu_skeleton_file import SkeletonFile, read_skeleton_file, rows_at_once
from datasets.ntu_skeleton_lines import rows_by_line
from tests.conftest import SHARED

ARCHIVE = SHARED / "ntu.tar"
needs_data = pytest.mark.skipif(
    not ARCHIVE.exists(), reason="the samples of NTU RGB+D are not beside this checkout"
)
FIRST, SECOND = "72057594037931101", "72057594037931102"  # above 2 to the 53rd: equal as floats
# Of the samples: frames, and bodies of how many frames each.
SAMPLES = {
    "S001C001P001R001A001": (103, (103,)),
    "S001C001P001R001A011": (82, (82,)),
    "S001C003P008R002A058": (70, (70, 70)),
    "S002C001P003R001A003": (100, (100,)),
    "S003C001P015R001A034": (71, (71,)),
    "S004C002P003R001A017": (124, (124,)),
}


def joint_line(number: float, *, state: str = "2") -> str:
    """Field k is number + k / 1000."""
    return " ".join([f"{number + k / 1000:.7g}" for k in range(11)] + [state])


def body_lines(id: str, number: float) -> list[str]:
    """25 joints, joint j's fields from number + j / 50 on."""
    head = f"{id} 0 1 1 1 1 0 0.02764709 -0.05745083 2"
    return [head, "25", *[joint_line(number + j / 50) for j in range(25)]]


def text_of(*frames: list[str], newline: str = "\n") -> bytes:
    """A file of frames, each of them its bodies' lines."""
    lines = [str(len(frames))]
    for bodies in frames:
        lines += [str(bodies.count("25")), *bodies]
    return (newline.join(lines) + newline).encode()


def read_bytes(folder: Path, data: bytes) -> SkeletonFile:
    path = folder / "S001C001P001R001A001.skeleton"
    path.write_bytes(data)
    return read_skeleton_file(path)


def same(first: SkeletonFile, second: SkeletonFile) -> bool:
    return first.frame_count == second.frame_count and all(
        a.id == b.id
        and all(
            np.array_equal(getattr(a, name), getattr(b, name)) for name in vars(a) if name != "id"
        )
        for a, b in zip(first.bodies, second.bodies, strict=True)
    )


TWO_FRAMES = text_of(body_lines(FIRST, 0.25), body_lines(FIRST, 1.25) + body_lines(SECOND, 1.5))


def test_each_number_is_where_it_belongs(tmp_path: Path) -> None:
    first, second = read_bytes(tmp_path, TWO_FRAMES).bodies
    assert (first.id, second.id) == (FIRST, SECOND)
    assert (first.frames.tolist(), second.frames.tolist()) == ([0, 1], [1])
    assert first.joints.shape == (2, 25, 3)
    np.testing.assert_allclose(first.joints[0, 0], [0.25, 0.251, 0.252], rtol=0, atol=1e-12)
    np.testing.assert_allclose(first.joints[1, 3], [1.31, 1.311, 1.312], rtol=0, atol=1e-12)
    np.testing.assert_allclose(second.colour[0, 24], [1.985, 1.986], rtol=0, atol=1e-12)
    assert first.joints_known.all() and second.colour_known.all()
    assert (first.states == 2).all()


def test_ids_are_kept_to_the_last_digit(tmp_path: Path) -> None:
    assert float(FIRST) == float(SECOND)
    assert [body.id for body in read_bytes(tmp_path, TWO_FRAMES).bodies] == [FIRST, SECOND]


def test_a_body_that_vanishes_and_returns_keeps_its_own_frames(tmp_path: Path) -> None:
    here = body_lines(FIRST, 0.5)
    (body,) = read_bytes(tmp_path, text_of([], here, here, [], [], here)).bodies
    assert body.frames.tolist() == [1, 2, 5]


@pytest.mark.parametrize("frames", [[], [[]] * 3], ids=["no frames", "nobody in any"])
def test_files_without_anybody_are_read_as_such(tmp_path: Path, frames: list) -> None:
    file = read_bytes(tmp_path, text_of(*frames))
    assert (file.frame_count, file.bodies) == (len(frames), ())


def test_states_are_those_of_the_joints(tmp_path: Path) -> None:
    lines = body_lines(FIRST, 0.5)
    lines[2 + 7], lines[2 + 8] = joint_line(0.1, state="0"), joint_line(0.1, state="1")
    (body,) = read_bytes(tmp_path, text_of(lines)).bodies
    assert body.states[0, 6:10].tolist() == [2, 0, 1, 2]


@pytest.mark.parametrize("word", ["NaN", "nan", "-Infinity"])
def test_no_number_is_masked_and_zero(tmp_path: Path, word: str) -> None:
    lines = body_lines(FIRST, 0.5)
    lines[2] = lines[2].replace("0.501", word)  # y of joint 0
    lines[3] = lines[3].replace("0.525", word)  # colour x of joint 1
    (body,) = read_bytes(tmp_path, text_of(lines)).bodies
    assert np.flatnonzero(~body.joints_known).tolist() == [0]
    assert np.flatnonzero(~body.colour_known).tolist() == [1]
    assert body.joints[0, 0].tolist() == [0, 0, 0]
    assert body.colour[0, 1].tolist() == [0, 0]


def test_a_body_that_is_all_zero_in_a_frame_is_not_known_there(tmp_path: Path) -> None:
    empty = [*body_lines(FIRST, 0.5)[:2], *[" ".join(["0"] * 12)] * 25]
    (body,) = read_bytes(tmp_path, text_of(body_lines(FIRST, 0.5), empty)).bodies
    assert body.joints_known.all(axis=1).tolist() == [True, False]


def test_small_numbers_are_read_as_float_reads_them(tmp_path: Path) -> None:
    words = ["-7.257856E-05", "5", "0.0009204159", "-0.002725276", "1E-3"]
    lines = body_lines(FIRST, 0.5)
    lines[2] = " ".join([*words[:3], "0", "0", *words[3:], "0", "0", "0", "0", "2"])
    (body,) = read_bytes(tmp_path, text_of(lines)).bodies
    assert [*body.joints[0, 0], *body.colour[0, 0]] == [float(word) for word in words]


@pytest.mark.parametrize(
    ("change", "at_once"),
    [
        (lambda data: data.replace(b"\n", b"\r\n"), True),
        (lambda data: data.replace(b"\n", b" \n"), True),
        (lambda data: data[:-1], False),
        (lambda data: data.replace(b" ", b"  "), False),
        (lambda data: data.replace(b" ", b"\t"), True),
        (lambda data: b"\n" + data.replace(b"\n25\n", b"\n\n 25 \n") + b"\n \r\n", False),
        (lambda data: data.replace(b"\n", b"\r\n", 40), False),
    ],
    ids=["Windows", "trailing blank", "no end", "double", "tabs", "empty lines", "mixed"],
)
def test_blanks_and_line_ends_make_no_difference(
    tmp_path: Path, change: Callable[[bytes], bytes], *, at_once: bool
) -> None:
    changed = change(TWO_FRAMES)
    assert (rows_at_once(changed) is not None) == at_once
    assert same(read_bytes(tmp_path, changed), read_bytes(tmp_path, TWO_FRAMES))


def read_at_once_as_by_line(data: bytes) -> bool:
    """Whether it is read at once; if so, to the same."""
    rows = rows_at_once(data)
    if rows is None:
        return False
    expected = rows_by_line(Path("damaged"), data)
    assert all(np.array_equal(a, b) for a, b in zip(rows, expected, strict=True))
    return True


def spoiled(data: bytes, rng: np.random.Generator, *, edits: int) -> bytes:
    """Bytes replaced, put in or taken out; several are in one line, most of them in its gaps."""
    found = bytearray(data)
    at = int(rng.integers(len(found)))
    for _ in range(edits):
        if edits > 1:
            start, stop = found.rfind(b"\n", 0, at) + 1, found.find(b"\n", at) + 1 or len(found)
            gaps = [i for i in range(start, stop) if found[i] <= ord(" ")]
            at = int(rng.choice(gaps) if gaps and rng.random() < 0.7 else rng.integers(start, stop))
        removed, put = ((1, True), (0, True), (1, False))[rng.integers(3)]
        found[at : at + removed] = bytes([rng.choice(list(b"\n\r \t\0.-0152E,N"))] * put)
        at = min(at, len(found) - 1)
    return bytes(found)


@pytest.mark.parametrize("edits", [1, 2, 3])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_damage_is_never_read_at_once_as_something_else(newline: str, edits: int) -> None:
    whole = text_of(body_lines(FIRST, 0.25), body_lines(SECOND, -1.5), newline=newline)
    assert read_at_once_as_by_line(whole)
    rng = np.random.default_rng(0)
    accepted = sum(read_at_once_as_by_line(spoiled(whole, rng, edits=edits)) for _ in range(800))
    assert 10 < accepted < 700  # some damage only changes a number


def test_a_doubled_gap_does_not_make_up_for_a_line_end_that_is_none(tmp_path: Path) -> None:
    whole = text_of(body_lines(FIRST, 0.25), newline="\r\n")
    head = f"{FIRST} 0 1 ".encode()
    shifted = whole.replace(b" 2\r\n25", b" 2\n25").replace(head, head[:-1] + b"  ")
    assert len(shifted) == len(whole)
    assert rows_at_once(shifted) is None
    assert same(read_bytes(tmp_path, shifted), read_bytes(tmp_path, whole))
    with pytest.raises(ValueError, match="line 1: expected the number of frames, 1 field; got 2"):
        read_bytes(tmp_path, shifted.replace(b"1\r\n1\r\n", b"1\r0\n1\r\n"))


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"many\n", "line 1: expected the number of frames, got 'many'"),
        (b"-1\n", "line 1: expected the number of frames, got '-1'"),
        (b"9999999999\n", "line 1: expected the number of frames"),
        (b"1 2\n", "line 1: expected the number of frames, 1 field; got 2 fields: is the file"),
        (b"2\n1\n", r"line 2: the last one, where a body in frame 1 of 2 should follow: .* cut"),
        (TWO_FRAMES[:-200], r"line 81: expected a joint in frame 2 of 2, 12 fields; got 11 fields"),
        (TWO_FRAMES[:500], r"line \d+: expected a joint in frame 1 of 2, .*: is the file cut off"),
        (TWO_FRAMES[:90] + b"\0" * 900, r"line \d+: expected a joint in .*: is the file cut off?"),
        (TWO_FRAMES + b"7 7\n", "line 85: more follows after its 2 frames: '7 7'"),
        (TWO_FRAMES.replace(b"25\n", b"20\n", 1), "line 4: 20 joints in frame 1 of 2, expected 25"),
        (TWO_FRAMES.replace(b"0.251", b"0,251"), "line 5: '0,251' in frame 1 of 2 is not a number"),
        (TWO_FRAMES.replace(b" 2\n", b" 3\n"), "line 5: expected a tracking state of 0, 1 or 2 in"),
        (TWO_FRAMES.replace(SECOND.encode(), FIRST.encode()), f"body {FIRST} is twice in frame 2"),
        (b"1\n1\n\xff\x00" + b"x" * 99, "line 3: expected a body in frame 1 of 1, 10 fields; got"),
    ],
)  # fmt: skip
def test_a_malformed_file_is_named_with_what_is_wrong_and_where(
    tmp_path: Path, data: bytes, wrong: str
) -> None:
    with pytest.raises(ValueError, match=rf"A001\.skeleton: {wrong}") as error:
        read_bytes(tmp_path, data)
    assert "\n" not in str(error.value)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("ntu")
    with tarfile.open(ARCHIVE) as archive:
        wanted = [m for m in archive.getmembers() if m.name.endswith(".skeleton")]
        archive.extractall(folder, members=wanted, filter="data")
    return {path.stem: path for path in folder.rglob("*.skeleton")}


@needs_data
@pytest.mark.parametrize("name", SAMPLES)
def test_samples_of_the_set_have_their_frames_and_bodies(
    samples: dict[str, Path], name: str
) -> None:
    frame_count, bodies = SAMPLES[name]
    file = read_skeleton_file(samples[name])
    assert file.frame_count == frame_count
    assert tuple(len(body.frames) for body in file.bodies) == bodies
    assert all(body.joints_known.all() and body.colour_known.all() for body in file.bodies)


@needs_data
@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_read_at_once_as_they_are_line_by_line(
    samples: dict[str, Path], name: str
) -> None:
    data = samples[name].read_bytes()
    at_once = rows_at_once(data)
    assert at_once is not None
    for one, other in zip(at_once, rows_by_line(samples[name], data), strict=True):
        np.testing.assert_array_equal(one, other)
