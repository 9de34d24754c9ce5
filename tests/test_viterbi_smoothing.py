"""The most probable path keeps a person's side, follows what changes, and fills what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest

from tests.made_samples import pixels_of
from tests.made_sequences import facing_pose
from wildpose.geometry import rotation_y
from wildpose.joints import joint_set, torso
from wildpose.lifting.lcr import SWAPPED_SHARE
from wildpose.lifting.lcr_samples import centred
from wildpose.smoothing import viterbi
from wildpose.smoothing.chosen import FILLED_SCORE, SmoothedTrack
from wildpose.smoothing.gaps import MAX_GAP_S
from wildpose.smoothing.viterbi import decoded, onto, smooth_viterbi
from wildpose.trellis import best_path
from wildpose.types import Hypotheses, Track

Array = npt.NDArray[np.floating]
MIRRORED = np.array(joint_set("lcr13").mirrored)
FRONT, BACK = 3, 7  # classes
Guess = tuple[Array, float, int] | tuple[Array, float, int, bool]


def turned(angle: float = 0.0) -> Array:
    """(13, 3) somebody with both arms stretched out, turned from the camera."""
    pose = facing_pose()
    pose[6:10] = [[-0.75, -0.4, 3], [0.75, -0.4, 3], [-0.45, -0.4, 3], [0.45, -0.4, 3]]
    return centred(pose[None])[0] @ rotation_y(angle).T


POSES = {FRONT: turned(), BACK: turned(np.pi)}


def candidates(*guesses: Guess) -> Hypotheses:
    """Each a pose, its score, its class and whether sides were exchanged."""
    joints = np.array([guess[0] for guess in guesses]).reshape(-1, 13, 3)
    return Hypotheses(
        joints,
        pixels_of(joints),
        np.array([guess[1] for guess in guesses], dtype=float),
        np.array([guess[2] for guess in guesses], dtype=int),
        np.array([len(guess) > 3 for guess in guesses], dtype=bool),
    )


def sides(front: float) -> Hypotheses:
    """The two sides of a person, the front with that probability."""
    return candidates((POSES[FRONT], front, FRONT), (POSES[BACK], 1 - front, BACK))


def track_of(
    T: int, *, fps: float = 30, rows: Sequence[int] | None = None, pose: Array | None = None
) -> Track:
    """A person who is seen in some of the frames of a video."""
    frames = np.arange(T) if rows is None else np.array(rows)
    seen = np.repeat(pixels_of((POSES[FRONT] if pose is None else pose)[None]), len(frames), axis=0)
    return Track(
        1, frames, frames / fps, np.zeros((len(frames), 4)), seen, np.full(seen.shape[:2], 0.9),
        "lcr13",
    )  # fmt: skip


def whole(track: Track, frames: list[Hypotheses], count: int | None = None) -> SmoothedTrack:
    """Smoothed in a video of `count` frames at the track's rate."""
    count = count or int(track.frames[-1]) + 1
    rate = 30.0 if len(track) < 2 else np.diff(track.frames)[0] / np.diff(track.times)[0]
    result = smooth_viterbi(track, frames, np.arange(count) / rate)
    assert result is not None
    assert np.isfinite(result.skeleton.joints).all() and np.isfinite(result.skeleton.scores).all()
    assert np.isfinite(pixels_in(result)).all()
    return result


def pixels_in(track: SmoothedTrack) -> Array:
    assert track.skeleton.joints_2d is not None
    return track.skeleton.joints_2d


def classes_along(track: Track, frames: list[Hypotheses]) -> list[int]:
    """Which of the two sides was chosen in each row."""
    joints = decoded(track, frames).joints
    off = {name: np.abs(joints - pose).max(axis=(1, 2)) for name, pose in POSES.items()}
    assert (np.minimum(off[FRONT], off[BACK]) < 1e-9).all()
    return np.where(off[FRONT] < off[BACK], FRONT, BACK).tolist()


# What path


def test_single_frames_that_say_otherwise_are_not_followed() -> None:
    front = np.full(40, 0.6)
    front[[0, 7, 15, 16, 30, 39]] = 0.4
    assert classes_along(track_of(40), [sides(p) for p in front]) == [FRONT] * 40


def test_evidence_that_changes_for_good_is_followed() -> None:
    front = [0.9] * 30 + [0.1] * 30
    assert classes_along(track_of(60), [sides(p) for p in front]) == [FRONT] * 30 + [BACK] * 30


def some_frames(T: int, seed: int) -> list[Hypotheses]:
    """Up to four guesses of three classes and their twins, in some frames none, in some doubles."""
    rng = np.random.default_rng(seed)

    def guess() -> Guess:
        k = int(rng.integers(3))
        joints = turned(0.4 * k) + rng.normal(0, 0.03, (13, 3))
        swapped = (True,) if rng.random() < 0.3 else ()
        return joints, float(rng.uniform(0.05, 0.9)), k, *swapped  # type: ignore[return-value]

    return [candidates(*(guess() for _ in range(rng.integers(5)))) for _ in range(T)]


def by_trying_all(track: Track, frames: list[Hypotheses]) -> tuple[list[tuple[int, bool]], float]:
    """The best of all sequences of (class, swapped), and its log probability."""
    names = sorted({(int(k), bool(s)) for f in frames for k, s in zip(f.classes, f.swapped)})  # noqa: B905
    modes = viterbi._gathered(frames)
    assert modes is not None and modes.swapped.tolist() == [swapped for _, swapped in names]
    seen = np.concatenate(list(viterbi._observations(modes, len(frames))))
    distances, turning = viterbi._distances(modes.poses), viterbi._turning(modes)
    moves = [
        viterbi._transitions(distances, step) + turning for step in viterbi._steps(track.times)
    ]
    swap = viterbi.EXCHANGE
    first = [np.log(swap if swapped else 1 - swap) for _, swapped in names]

    def value(path: tuple[int, ...]) -> float:
        total = first[path[0]] + sum(seen[t, s] for t, s in enumerate(path))
        return total + sum(m[a, b] for m, a, b in zip(moves, path, path[1:], strict=False))

    best = max(product(range(len(names)), repeat=len(frames)), key=value)
    return [names[s] for s in best], value(best)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("T", [1, 2, 4])
def test_the_path_is_the_best_of_all_sequences(seed: int, T: int) -> None:
    frames, track = some_frames(T, 100 * T + seed), track_of(T, fps=25)
    if not sum(map(len, frames)):
        assert not decoded(track, frames).taken.any()
        return
    path, _ = by_trying_all(track, frames)
    chosen = decoded(track, frames)
    for t, (k, swapped) in enumerate(path):
        own = np.flatnonzero((frames[t].classes == k) & (frames[t].swapped == swapped))
        assert chosen.proposed[t] == bool(len(own))
        if len(own):  # of two in one class the better
            best = own[frames[t].scores[own].argmax()]
            np.testing.assert_array_equal(chosen.joints[t], frames[t].joints[best])
            np.testing.assert_array_equal(chosen.joints_2d[t], frames[t].joints_2d[best])


def test_the_trellis_counts_the_paths_probability_as_trying_all_does() -> None:
    frames, track = some_frames(5, 3), track_of(5, fps=25)
    modes = viterbi._gathered(frames)
    assert modes is not None
    turning, distances = viterbi._turning(modes), viterbi._distances(modes.poses)
    initial = np.log(np.where(modes.swapped, viterbi.EXCHANGE, 1 - viterbi.EXCHANGE))
    _, found = best_path(
        viterbi._observations(modes, 5),
        lambda step: viterbi._transitions(distances, step) + turning,
        initial=initial,
        steps=viterbi._steps(track.times),
    )
    assert found == pytest.approx(by_trying_all(track, frames)[1], abs=1e-9)


# What costs


def test_transitions_are_probabilities_that_fall_with_speed() -> None:
    distances = viterbi._distances(np.array([turned(a) for a in (0, 0.3, 1.0, 3.0)]))
    np.testing.assert_allclose(distances, distances.T, atol=1e-12)
    np.testing.assert_allclose(np.diag(distances), 0, atol=1e-12)
    by_hand = np.mean([np.linalg.norm(a - b) for a, b in zip(turned(), turned(0.3), strict=True)])
    assert distances[0, 1] == pytest.approx(by_hand, abs=1e-12)
    moves = viterbi._transitions(distances, 1 / 30)
    np.testing.assert_allclose(np.exp(moves).sum(axis=1), 1, atol=1e-9)
    assert (np.diff(moves[0]) < 0).all()
    twice = viterbi._transitions(2 * distances, 2 / 30)
    np.testing.assert_allclose(twice, moves, atol=1e-9)
    ratio = (moves[0, 1] - moves[0, 0]) / -((30 * by_hand / viterbi.SPEED) ** 2 / 2)
    assert ratio == pytest.approx(1, abs=1e-6)


def test_observations_are_the_frames_scores_with_a_floor() -> None:
    frames = [sides(0.75), candidates((POSES[BACK], 0.2, BACK)), candidates()]
    modes = viterbi._gathered(frames)
    assert modes is not None
    seen = np.exp(np.concatenate(list(viterbi._observations(modes, 3))))
    np.testing.assert_allclose(seen.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(seen[0], [0.75, 0.25], atol=1e-12)
    floor = viterbi.FLOOR
    np.testing.assert_allclose(seen[1], np.array([floor, 1]) / (1 + floor), atol=1e-12)
    np.testing.assert_allclose(seen[2], 0.5, atol=1e-12)


def test_observations_come_in_blocks_that_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = some_frames(23, 5)
    at_once = decoded(track_of(23), frames)
    monkeypatch.setattr(viterbi, "BLOCK", 4)
    np.testing.assert_array_equal(decoded(track_of(23), frames).joints, at_once.joints)


# Time

TURNS = np.linspace(0, np.pi, 9)  # classes 0 to 8: turned further and further


def turning(time: float) -> float:
    """The angle of somebody who stands, turns around in half a second, and stands again."""
    return float(np.pi * np.clip((time - 0.5) / 0.5, 0, 1))


def at(time: float) -> Hypotheses:
    """What a lifter says of it: the nearest class, and the side that it is not, better at times."""
    angle = turning(time)
    k = int(np.abs(TURNS - angle).argmin())
    sure = 0.35 if round(30 * time) in (6, 33) else 0.8
    other = (k + 4) % 9
    return candidates((turned(angle), sure, k), (turned(TURNS[other]), 0.95 - sure, other))


def decoded_at(rate: int, rows: Sequence[int] | None = None) -> Array:
    track = track_of(rate * 3 // 2, fps=rate, rows=rows)
    return decoded(track, [at(time) for time in track.times]).joints


def test_the_same_motion_at_another_frame_rate_is_decoded_alike() -> None:
    fast = decoded_at(30)
    wanted = [turned(turning(t / 30)) for t in range(45)]
    np.testing.assert_allclose(fast, wanted, atol=1e-9)
    np.testing.assert_allclose(decoded_at(10), fast[::3], atol=1e-9)


@pytest.mark.parametrize("dropped", [6, 20, 22, 40])
def test_a_dropped_frame_changes_nothing(dropped: int) -> None:
    rows = [t for t in range(45) if t != dropped]
    np.testing.assert_allclose(decoded_at(30, rows), decoded_at(30)[rows], atol=1e-9)


# Exchanged sides


def seen_as(angle: float, *, exchanged: bool = False) -> Hypotheses:
    """A person, and the same with sides exchanged; as the backend sees it, or took it for."""
    k = int(np.abs(TURNS - angle).argmin())
    true, other = (turned(angle), k), (turned(np.pi - angle), 8 - k)
    (seen, name), (swap, swap_name) = (other, true) if exchanged else (true, other)
    return candidates((seen, 0.9, name), (swap, 0.9 * SWAPPED_SHARE, swap_name, True))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_sides_exchanged_for_a_few_frames_are_put_right(count: int) -> None:
    frames = [seen_as(0, exchanged=20 <= t < 20 + count) for t in range(40)]
    joints = decoded(track_of(40, fps=60), frames).joints
    np.testing.assert_allclose(joints, np.repeat(turned()[None], 40, axis=0), atol=1e-9)


@pytest.mark.parametrize("rate", [10, 30, 60])
def test_a_real_turn_is_not_undone(rate: int) -> None:
    track = track_of(rate * 3 // 2, fps=rate)
    joints = decoded(track, [seen_as(turning(time)) for time in track.times]).joints
    wanted = [turned(turning(time)) for time in track.times]
    np.testing.assert_allclose(joints, wanted, atol=1e-9)


# What is missing


def test_where_the_paths_class_is_not_proposed_its_mean_pose_is_projected() -> None:
    near = [POSES[FRONT] + 0.01 * k for k in (-1, 1)] * 20
    frames = [candidates((pose, 0.8, FRONT), (POSES[BACK], 0.2, BACK)) for pose in near]
    frames[13] = candidates((POSES[BACK], 1.0, BACK))
    frames[20] = candidates()
    track = track_of(40)
    chosen = decoded(track, frames)
    assert np.flatnonzero(~chosen.proposed).tolist() == [13, 20]
    for t in (13, 20):
        np.testing.assert_allclose(chosen.joints[t], POSES[FRONT], atol=1e-3)
        np.testing.assert_allclose(chosen.joints_2d[t], track.joints_2d[t], atol=3)
    skeleton = whole(track, frames).skeleton
    assert np.flatnonzero(~skeleton.observed).tolist() == [13, 20]
    np.testing.assert_allclose(skeleton.scores[13], 0.9 * FILLED_SCORE, atol=1e-9)
    np.testing.assert_allclose(skeleton.scores[14], 0.9, atol=1e-9)


def test_a_pose_is_put_where_it_is_seen_as_large_as_it_is_seen() -> None:
    joints = np.array([turned(0.3), turned(1.0), turned(-2.0)])
    scores = np.random.default_rng(0).uniform(0, 1, (3, 13))
    seen = 120 * joints[..., :2] + [[[50, 70]]]
    np.testing.assert_allclose(onto(joints, seen, scores), seen, atol=1e-9)


def test_a_joint_that_is_not_seen_hardly_counts_for_the_place() -> None:
    joints, scores = turned(0.3)[None], np.ones((1, 13))
    seen = 120 * joints[..., :2] + 200
    wild = seen.copy()
    wild[0, 6], scores[0, 6] = (900, -400), 0
    assert np.abs(onto(joints, wild, scores) - seen).max() < 25
    assert np.abs(onto(joints, wild, np.ones((1, 13))) - seen).max() > 50


@pytest.mark.parametrize("order", [np.arange(13), MIRRORED])
def test_a_pose_is_as_large_whichever_sides_are_seen(order: npt.NDArray[np.intp]) -> None:
    joints = turned(0.2)[None]
    seen = (120 * joints[..., :2] + 200)[:, order]
    shown = onto(joints, seen, np.ones((1, 13)))
    np.testing.assert_allclose(np.ptp(shown, axis=1), np.ptp(seen, axis=1), rtol=0.02)


def test_a_pose_on_one_point_is_finite() -> None:
    assert np.isfinite(onto(np.zeros((1, 13, 3)), np.zeros((1, 13, 2)), np.zeros((1, 13)))).all()
    assert np.isfinite(onto(turned()[None], np.ones((1, 13, 2)), np.zeros((1, 13)))).all()


def test_nobody_lifted_is_nobody() -> None:
    for T in (1, 5):
        assert smooth_viterbi(track_of(T), [candidates()] * T, np.arange(T) / 30) is None


def test_one_frame_is_its_best_pose() -> None:
    result = whole(track_of(1), [sides(0.8)])
    np.testing.assert_allclose(result.skeleton.joints[0], POSES[FRONT], atol=1e-9)
    assert result.frames.tolist() == [0] and result.skeleton.observed.tolist() == [True]


def test_guesses_of_which_nobody_is_sure_are_poses_too() -> None:
    frames = [candidates((POSES[FRONT], 0.0, FRONT)), candidates(), candidates()]
    np.testing.assert_allclose(whole(track_of(3), frames).skeleton.joints[2], POSES[FRONT])


def test_frames_before_the_first_and_after_the_last_guess_get_a_pose() -> None:
    frames = [candidates()] * 3 + [sides(0.9)] * 5 + [candidates()] * 3
    skeleton = whole(track_of(11), frames).skeleton
    np.testing.assert_allclose(skeleton.joints, np.repeat(POSES[FRONT][None], 11, 0), atol=1e-6)
    assert skeleton.observed.tolist() == [False] * 3 + [True] * 5 + [False] * 3


# Gaps and noise


def test_short_gaps_are_filled_and_long_ones_have_no_rows() -> None:
    rows = [0, 1, 2, 5, 6, 60, 61, 62]
    result = whole(track_of(63, rows=rows), [sides(0.9)] * 8)
    assert result.frames.tolist() == [0, 1, 2, 3, 4, 5, 6, 60, 61, 62]
    assert np.flatnonzero(~result.skeleton.observed).tolist() == [3, 4]


def raised(heights: Array, rows: Sequence[int]) -> tuple[Track, list[Hypotheses]]:
    """One class; the right wrist is so many metres off in each row."""
    poses = np.repeat(turned()[None], len(rows), axis=0)
    poses[:, 6, 1] += heights
    return track_of(0, rows=rows), [candidates((pose, 0.9, FRONT)) for pose in poses]


def test_the_filter_does_not_look_across_an_absence() -> None:
    rows = [*range(20), *range(60, 80)]
    rng = np.random.default_rng(0)
    heights = rng.normal(0, 0.01, 40)
    alone = whole(*raised(heights[:20], rows[:20]))
    both = whole(*raised(heights + 0.5 * (np.arange(40) >= 20), rows))
    np.testing.assert_allclose(both.skeleton.joints[:20], alone.skeleton.joints, atol=1e-9)
    np.testing.assert_allclose(pixels_in(both)[:20], pixels_in(alone), atol=1e-6)


def test_jitter_is_taken_off() -> None:
    heights = np.random.default_rng(0).normal(0, 0.02, 60)
    left = whole(*raised(heights, range(60))).skeleton.joints[:, 6, 1] - turned()[6, 1]
    assert left.std() < 0.75 * heights.std()
    assert np.diff(left).std() < 0.6 * np.diff(heights).std()


def test_poses_stay_centred_where_a_hip_is_smoothed_more_than_the_rest() -> None:
    poses = centred(turned() + np.random.default_rng(0).normal(0, 0.02, (30, 13, 3)))
    track = track_of(30)
    track.scores[:, 4] = 0.05
    joints = whole(track, [candidates((pose, 0.9, FRONT)) for pose in poses]).skeleton.joints
    np.testing.assert_allclose(torso(joints, "lcr13"), 0, atol=1e-9)


def test_frames_as_far_apart_as_a_gap_that_is_filled_are_smoothed_together() -> None:
    heights = np.random.default_rng(0).normal(0, 0.05, 41)
    track, frames = raised(heights, range(41))
    times = 0.1 + np.arange(41) * MAX_GAP_S  # of which some steps come out a little longer
    slow = Track(1, track.frames, times, track.boxes, track.joints_2d, track.scores, "lcr13")
    assert (np.diff(times) > MAX_GAP_S).any()
    seen: list[int] = []
    plain: Callable = viterbi.smoothed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            viterbi, "smoothed", lambda t, *a, **k: (seen.append(len(t)), plain(t, *a, **k))[1]
        )
        smooth_viterbi(slow, frames, times)
    assert set(seen) == {41}
