"""Smoothing takes off noise and single wrong frames; motion stays as large, and when it was."""

from __future__ import annotations

import time

import numpy as np
import pytest

from wildpose import zero_phase
from wildpose.zero_phase import Array, smoothed

RATE = 30.0


def at_rate(T: int) -> Array:
    return np.arange(T) / RATE


def one(values: Array, *, times: Array | None = None, **options: float) -> Array:
    """(T,) smoothed values of a single coordinate of a single joint, weight 1."""
    times = at_rate(len(values)) if times is None else times
    return smoothed(times, values[:, None, None], np.ones((len(values), 1)), **options)[:, 0, 0]


def punch(T: int, *, width_s: float) -> Array:
    """(T,) out and back by 1 in the middle, a raised cosine of this width."""
    since = (at_rate(T) - at_rate(T)[T // 2]) / width_s
    return np.cos(np.pi * np.clip(since, -0.5, 0.5)) ** 2


def noise(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=shape)


def share_left(result: Array, wave: Array) -> float:
    """Amplitude of a wave in the result, without the ends."""
    inner = slice(len(wave) // 5, -len(wave) // 5)
    return float(result[inner] @ wave[inner] / (wave[inner] @ wave[inner]))


# The cutoff


@pytest.mark.parametrize("cutoff_hz", [0.5, 2.0, 5.0, 12.0])
def test_a_sinusoid_at_the_cutoff_keeps_half_its_amplitude(cutoff_hz: float) -> None:
    wave = np.sin(2 * np.pi * cutoff_hz * at_rate(901) + 0.3)
    np.testing.assert_allclose(share_left(one(wave, cutoff_hz=cutoff_hz), wave), 0.5, atol=1e-3)


def test_half_and_twice_the_cutoff_keep_what_the_documentation_says() -> None:
    for frequency, wanted in ((1.0, 16 / 17), (4.0, 1 / 17)):
        wave = np.sin(2 * np.pi * frequency * at_rate(901))
        np.testing.assert_allclose(share_left(one(wave, cutoff_hz=2.0), wave), wanted, atol=0.01)


@pytest.mark.parametrize("rate", [15.0, 60.0, 240.0])
def test_the_cutoff_is_in_hertz_at_any_frame_rate(rate: float) -> None:
    times = np.arange(int(20 * rate)) / rate
    wave = np.sin(2 * np.pi * 3.0 * times)
    np.testing.assert_allclose(
        share_left(one(wave, times=times, cutoff_hz=3.0), wave), 0.5, atol=1e-3
    )


def test_a_cutoff_that_no_sample_shows_changes_nothing_much() -> None:
    values = noise(200)
    mild, milder = (np.abs(one(values, cutoff_hz=c) - values).max() for c in (100.0, 1000.0))
    assert milder < 1e-4 and milder < mild


@pytest.mark.parametrize("cutoff_hz", [2.0, 5.0])
def test_white_noise_falls_by_the_factor_of_the_linear_filter(cutoff_hz: float) -> None:
    # Its power is the mean of the squared response over all frequencies up to the Nyquist.
    frequencies = np.linspace(0, 0.5, 10_001)
    squares = (np.sin(np.pi * frequencies) / np.sin(np.pi * cutoff_hz / RATE)) ** 4
    wanted = np.sqrt(np.mean((1 / (1 + squares)) ** 2))
    values = noise(6000, 1, 3)
    result = smoothed(at_rate(6000), values, np.ones((6000, 1)), cutoff_hz=cutoff_hz)
    np.testing.assert_allclose(result.std(), wanted, rtol=0.03)


# Nothing is delayed, nothing straight is bent


def test_a_symmetric_motion_stays_symmetric() -> None:
    values = punch(121, width_s=0.6) + 0.02 * np.cos(np.arange(-60, 61) * 2.2)
    result = one(values, cutoff_hz=3.0)
    np.testing.assert_allclose(result, result[::-1], atol=1e-9)


def test_time_run_backwards_gives_the_curve_run_backwards() -> None:
    times = np.cumsum(np.random.default_rng(1).uniform(0.02, 0.08, 150))
    values = np.cumsum(noise(150, 2, 3), axis=0)
    weights = np.random.default_rng(2).uniform(0, 1, (150, 2))
    forth = smoothed(times, values, weights)
    back = smoothed(times[-1] - times[::-1], values[::-1], weights[::-1])
    np.testing.assert_allclose(back[::-1], forth, atol=1e-8)


def test_a_peak_keeps_its_time() -> None:
    values = punch(120, width_s=0.4) + 0.01 * noise(120)
    assert one(values, cutoff_hz=3.0).argmax() == 60


@pytest.mark.parametrize("cutoff_hz", [0.01, 1.0, 20.0])
@pytest.mark.parametrize("speed", [0.0, 1.7])
def test_lines_stay_as_they_are(cutoff_hz: float, speed: float) -> None:
    times = 5000.0 + np.cumsum(np.random.default_rng(1).uniform(0.002, 0.3, 400))
    values = 300.0 + speed * (times - times[0])
    np.testing.assert_allclose(one(values, times=times, cutoff_hz=cutoff_hz), values, atol=1e-6)


def test_place_and_size_and_axes_make_no_difference() -> None:
    times, values, weights = at_rate(90), np.cumsum(noise(90, 2, 3), axis=0), np.ones((90, 2))
    plain = smoothed(times, values, weights)
    np.testing.assert_allclose(
        smoothed(times + 9e3, 1e3 * values - 7, weights), 1e3 * plain - 7, atol=1e-5
    )
    turn = np.linalg.qr(noise(3, 3))[0]
    np.testing.assert_allclose(smoothed(times, values @ turn, weights), plain @ turn, atol=1e-9)


def test_joints_do_not_touch_each_other() -> None:
    values = np.cumsum(noise(50, 3, 2), axis=0) * [[1.0], [1e3], [1e-3]]
    weights = np.random.default_rng(3).uniform(0.1, 1, (50, 3))
    together = smoothed(at_rate(50), values, weights)
    for j in range(3):
        alone = smoothed(at_rate(50), values[:, j : j + 1], weights[:, j : j + 1])
        np.testing.assert_allclose(together[:, j : j + 1], alone, rtol=1e-9, atol=1e-12)


# Variable frame rate and gaps


def test_dropping_every_second_frame_hardly_changes_a_slow_curve() -> None:
    times = np.arange(600) / 60
    wave = np.sin(2 * np.pi * 0.8 * times)
    full, half = (one(wave[::n], times=times[::n], cutoff_hz=3.0) for n in (1, 2))
    np.testing.assert_allclose(half[15:-15], full[::2][15:-15], atol=2e-3)


def test_frames_dropped_at_random_hardly_change_a_slow_curve() -> None:
    kept = np.sort(np.random.default_rng(5).choice(600, 400, replace=False))
    times = np.arange(600) / 60
    wave = np.sin(2 * np.pi * 0.8 * times)
    full, some = one(wave, times=times), one(wave[kept], times=times[kept])
    np.testing.assert_allclose(some[10:-10], full[kept][10:-10], atol=2e-3)


def test_a_long_absence_parts_what_is_before_from_what_is_after() -> None:
    before = noise(60)
    after = 5 + before
    times = np.concatenate([at_rate(60), 3600 + at_rate(60)])
    both = one(np.concatenate([before, after]), times=times)
    np.testing.assert_allclose(both[:50], one(before)[:50], atol=0.02)
    np.testing.assert_allclose(both[70:], one(after)[10:], atol=0.02)


def test_a_sample_beside_an_absence_does_not_stand_for_all_of_it() -> None:
    values = np.tile([1.0, -1.0], 60)  # nothing of it is left at 3 Hz, but some at an end
    times = np.concatenate([at_rate(60), 3600 + at_rate(60)])
    result = one(values, times=times, cutoff_hz=3.0)
    assert np.abs(result[59:61]).max() < 0.7


# What is kept and what is taken off


@pytest.mark.parametrize("cutoff_hz", [3.0, 5.0])
@pytest.mark.parametrize("width_s", [0.2, 0.3, 0.5])
def test_a_punch_keeps_its_reach_where_a_linear_filter_loses_more(
    width_s: float, cutoff_hz: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Half a metre with 5 mm of noise, in units of the half metre.
    values = punch(150, width_s=width_s) + 0.01 * noise(150)
    kept = one(values, cutoff_hz=cutoff_hz).max()
    monkeypatch.setattr(zero_phase, "ROUNDS", 0)
    linear = one(values, cutoff_hz=cutoff_hz).max()
    np.testing.assert_allclose(kept, 1.0, atol=0.03)
    assert kept > linear
    if width_s < 0.25:
        assert linear < 0.82


def test_around_a_punch_noise_is_taken_off_as_without_one() -> None:
    rest = 0.01 * noise(150)
    still = np.r_[10:55, 95:140]
    quiet = one(rest, cutoff_hz=3.0)[still].std()
    assert quiet < 0.6 * rest[still].std()
    loud = one(rest + punch(150, width_s=0.3), cutoff_hz=3.0)[still].std()
    np.testing.assert_allclose(loud, quiet, rtol=0.05)


def test_a_still_joint_may_begin_to_move_at_once() -> None:
    # Nothing but zeros before and after: every miss and every acceleration is unusual.
    values = punch(90, width_s=0.3)
    np.testing.assert_allclose(one(values, cutoff_hz=3.0), values, atol=0.01)


@pytest.mark.parametrize("height", [0.3, 1.0, 50.0])
@pytest.mark.parametrize("where", [0, 1, 70, 148, 149])
def test_a_single_wrong_frame_is_not_followed(height: float, where: int) -> None:
    values = 0.3 * np.sin(2 * np.pi * 0.5 * at_rate(150)) + 0.005 * noise(150)
    wrong = values.copy()
    wrong[where] += height
    np.testing.assert_allclose(one(wrong), one(values), atol=0.03)


def test_a_single_wrong_frame_of_one_coordinate_leaves_the_others() -> None:
    values = np.cumsum(0.01 * noise(100, 1, 3), axis=0)
    wrong = values.copy()
    wrong[50, 0, 1] += 1.0
    right, mended = (smoothed(at_rate(100), v, np.ones((100, 1))) for v in (values, wrong))
    np.testing.assert_allclose(mended, right, atol=0.02)


def test_samples_of_low_weight_count_less() -> None:
    # Two kinds of frames disagree, in turns by threes: the curve goes with the trusted ones.
    low = (np.arange(120) // 3) % 2 == 1
    values = np.where(low, 1.0, 0.0)
    offsets = []
    for weight in (1.0, 0.1, 0.01, 0.0):
        weights = np.where(low, weight, 1.0)[:, None]
        result = smoothed(at_rate(120), values[:, None, None], weights, cutoff_hz=1.0)
        offsets.append(result[20:-20].mean())
    assert offsets == sorted(offsets, reverse=True)
    np.testing.assert_allclose(offsets[0], 0.5, atol=0.03)
    np.testing.assert_allclose(offsets[-1], 0.0, atol=1e-3)


def test_what_has_no_weight_may_be_anything() -> None:
    values = np.sin(2 * np.pi * 0.5 * at_rate(120))[:, None, None]
    weights = np.ones((120, 1))
    weights[50:58] = 0
    other = values.copy()
    other[50:58] = 1e4 * noise(8, 1, 1)
    result = smoothed(at_rate(120), other, weights)
    np.testing.assert_allclose(result, smoothed(at_rate(120), values, weights), atol=1e-4)
    np.testing.assert_allclose(result[50:58], values[50:58], atol=0.05)  # a third of a second


# Always finite, however odd


@pytest.mark.parametrize("T", [0, 1, 2, 3, 4, 5, 9])
@pytest.mark.parametrize("trusted", ["all", "one", "none"])
def test_short_sequences_and_missing_joints_come_out_finite(T: int, trusted: str) -> None:
    values = noise(T, 4, 3)
    weights = np.full((T, 4), float(trusted == "all"))
    weights[:1] = float(trusted != "none")
    result = smoothed(at_rate(T), values, weights)
    assert result.shape == (T, 4, 3)
    assert np.isfinite(result).all()
    if T < 3:
        np.testing.assert_array_equal(result, values)


@pytest.mark.parametrize("seed", range(10))
def test_odd_times_and_weights_come_out_finite_and_near(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = np.cumsum(10 ** rng.uniform(-6, 3, 80))
    values = np.where(rng.random((80, 2, 3)) < 0.1, 1e3, 1.0) * rng.normal(size=(80, 2, 3))
    weights = np.where(rng.random((80, 2)) < 0.4, 0.0, 10 ** rng.uniform(-9, 3, (80, 2)))
    for cutoff_hz in (1e-4, 1.0, 1e4):
        assert np.isfinite(smoothed(times, values, weights, cutoff_hz=cutoff_hz)).all()


def test_no_joints_are_no_error() -> None:
    assert smoothed(at_rate(5), np.zeros((5, 0, 3)), np.zeros((5, 0))).shape == (5, 0, 3)


def test_the_input_is_left_as_it_was() -> None:
    values, weights = noise(30, 2, 3), np.ones((30, 2))
    before = values.copy()
    for T in (2, 30):
        result = smoothed(at_rate(T), values[:T], weights[:T])
        result += 1
    np.testing.assert_array_equal(values, before)
    np.testing.assert_array_equal(weights, 1.0)


def test_hours_come_out_as_their_minutes_do() -> None:
    T, piece = 36_000, 600  # 20 minutes, 20 seconds
    wave = np.sin(2 * np.pi * 0.5 * at_rate(T)) + 100
    np.testing.assert_allclose(one(wave)[50 : piece - 50], one(wave[:piece])[50:-50], atol=1e-6)


def test_time_grows_with_the_frames_alone() -> None:
    def seconds(T: int) -> float:
        started = time.process_time()
        smoothed(at_rate(T), np.zeros((T, 13, 3)) + noise(T, 1, 3), np.ones((T, 13)))
        return time.process_time() - started

    seconds(300)
    short, long = (min(seconds(T) for _ in range(3)) for T in (1000, 8000))
    assert long < 24 * short  # 8 times as many; their square would be 64


# Wrong input

GOOD = (np.arange(4.0), np.zeros((4, 2, 3)), np.ones((4, 2)))
WRONG = {
    "values": ((GOOD[0], np.zeros((4, 2)), GOOD[2]), r"values \(T, J, C\), got \(4,\), \(4, 2\)"),
    "times": ((np.arange(5.0), *GOOD[1:]), r"times must have shape \(T,\)"),
    "weights": ((*GOOD[:2], np.ones(4)), r"weights must have shape \(4, 2\), got \(4,\)"),
    "order": ((np.array([0.0, 1, 1, 2]), *GOOD[1:]), "times must increase"),
    "NaN": ((GOOD[0], np.full((4, 2, 3), np.nan), GOOD[2]), "values must be finite"),
    "negative": ((*GOOD[:2], -GOOD[2]), "weights must be finite and not negative"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_named(name: str) -> None:
    arrays, text = WRONG[name]
    with pytest.raises(ValueError, match=text):
        smoothed(*arrays)


@pytest.mark.parametrize("cutoff_hz", [0.0, -1.0, np.nan, np.inf])
def test_a_cutoff_must_be_positive(cutoff_hz: float) -> None:
    with pytest.raises(ValueError, match="cutoff_hz must be positive"):
        smoothed(*GOOD, cutoff_hz=cutoff_hz)
