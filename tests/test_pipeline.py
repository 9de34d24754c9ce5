"""Videos with known answers through the whole pipeline, with the real networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from datasets.mannequin import MannequinClip, random_actor
from datasets.mannequin_video import write_clip
from recognizers.inputs.clip_dataset import Sampling
from recognizers.inputs.preparation import Preparation
from recognizers.networks import network_of
from recognizers.recognizer import ClipRecognizer
from tests.made_picture_recognizers import tiny_file
from tests.media import turn, write_video
from wildpose.geometry import orbit_camera
from wildpose.joints import joint_set
from wildpose.pipeline import Pipeline, check
from wildpose.pose_metrics import aligned_to, joint_errors
from wildpose.results import Result, Settings
from wildpose.tracking_metrics import Annotated, compare
from wildpose.types import SkeletonSequence
from wildpose.video import read_frames
from wildpose.weights import WeightsMismatchError

LCR = joint_set("lcr13")
Array = npt.NDArray[np.floating]
Rendered = tuple[Path, Result]


def pixels_of(skeleton: SkeletonSequence) -> Array:
    """2D joints of a skeleton that came from a video, and so has them."""
    assert skeleton.joints_2d is not None
    return skeleton.joints_2d


def images_of(path: Path) -> list[np.ndarray]:
    return [frame.image for frame in read_frames(path)]


@pytest.fixture(scope="module")
def found(pipeline: Pipeline, waving: Rendered) -> Result:
    """Who is in that video."""
    return pipeline.run(waving[0])


def test_a_waving_mannequin_is_one_person_in_every_frame(found: Result, waving: Rendered) -> None:
    _, truth = waving
    (person,) = found.people
    assert person.id == 1
    np.testing.assert_array_equal(person.frames, truth.people[0].frames)
    np.testing.assert_allclose(person.skeleton.times, truth.people[0].skeleton.times, atol=1e-6)
    assert person.skeleton.observed.all()


def test_joints_lie_near_the_truth_in_2d_and_3d(found: Result, waving: Rendered) -> None:
    _, truth = waving
    person, real = found.people[0].skeleton, truth.people[0].skeleton
    height = np.ptp(pixels_of(real)[..., 1])
    assert joint_errors(pixels_of(person), pixels_of(real)).mean() < 0.04 * height
    assert joint_errors(person.joints, real.joints).mean() < 0.12  # m
    assert joint_errors(aligned_to(person.joints, real.joints), real.joints).mean() < 0.08


def test_the_chest_points_where_the_mannequins_does(found: Result, waving: Rendered) -> None:
    _, truth = waving
    for skeleton in (found.people[0].skeleton, truth.people[0].skeleton):
        across = skeleton.joints[:, LCR.index("left_shoulder")]
        across = across - skeleton.joints[:, LCR.index("right_shoulder")]
        out = np.cross(across, [0.0, -1.0, 0.0])
        assert (out[:, 2] < 0).all()  # it faces the camera: a mirrored pose would face away


def test_the_torso_is_the_origin(found: Result) -> None:
    joints = found.people[0].skeleton.joints
    hips_and_shoulders = joints[:, [4, 5, 10, 11]].mean(axis=1)
    np.testing.assert_allclose(hips_and_shoulders, 0, atol=1e-6)


def test_the_root_projects_the_skeleton_onto_the_picture(found: Result) -> None:
    skeleton = found.people[0].skeleton
    assert skeleton.root is not None
    assert found.focal_px is not None
    placed = skeleton.joints + skeleton.root[:, None]
    centre = np.array([found.video.width, found.video.height]) / 2
    pixels = placed[..., :2] / placed[..., 2:] * found.focal_px + centre
    assert np.linalg.norm(pixels - pixels_of(skeleton), axis=-1).mean() < 8


def test_two_actors_keep_their_two_ids(pipeline: Pipeline, two_actors: Rendered) -> None:
    path, truth = two_actors
    result = pipeline.run(path)
    assert [person.id for person in result.people] == [1, 2]
    for person in result.people:
        assert len(person) >= 0.9 * result.video.frames
        middle = person.boxes[:, [0, 2]].mean(axis=1)
        assert np.ptp(middle) < 80  # nobody jumps to the other, 154 px away
    sides = sorted(person.boxes[:, [0, 2]].mean() for person in result.people)
    real = sorted(person.boxes[:, [0, 2]].mean() for person in truth.people)
    np.testing.assert_allclose(sides, real, atol=20)


def test_two_runs_give_the_same_numbers(
    found: Result, pipeline: Pipeline, waving: Rendered
) -> None:
    first, second = (result.people[0].skeleton for result in (found, pipeline.run(waving[0])))
    np.testing.assert_array_equal(first.joints, second.joints)
    np.testing.assert_array_equal(pixels_of(first), pixels_of(second))


def test_a_video_without_people_is_a_valid_result(pipeline: Pipeline, tmp_path: Path) -> None:
    grey = [np.full((120, 160, 3), 90, np.uint8)] * 6
    result = pipeline.run(write_video(tmp_path / "empty room.mp4", pictures=grey))
    assert result.people == ()
    assert result.video.frames == 6


def test_a_single_frame_still_shows_its_person(
    pipeline: Pipeline, waving: Rendered, tmp_path: Path
) -> None:
    result = pipeline.run(write_video(tmp_path / "one.mp4", pictures=images_of(waving[0])[:1]))
    (person,) = result.people
    assert len(person) == 1


@pytest.mark.parametrize("clockwise", [90, 180, 270])
def test_a_turned_recording_gives_the_upright_skeleton(
    pipeline: Pipeline, waving: Rendered, tmp_path: Path, clockwise: int
) -> None:
    upright = images_of(waving[0])[:10]
    stored = [np.rot90(image, k=clockwise // 90) for image in upright]  # as the sensor lay
    plain = pipeline.run(write_video(tmp_path / "plain.mp4", pictures=upright))
    turned_path = turn(write_video(tmp_path / "turned.mp4", pictures=stored), clockwise)
    turned = pipeline.run(turned_path)
    assert turned.video.rotation == clockwise
    assert (turned.video.width, turned.video.height) == (320, 240)
    a, b = (pixels_of(r.people[0].skeleton) for r in (plain, turned))
    np.testing.assert_allclose(a, b, atol=4)  # px; encoded twice, in two orientations


def test_variable_frame_rate_keeps_every_timestamp(
    pipeline: Pipeline, waving: Rendered, tmp_path: Path
) -> None:
    times = [0.0, 0.04, 0.05, 0.2, 0.21, 0.5, 0.52, 0.9]
    path = write_video(tmp_path / "vfr.mp4", pictures=images_of(waving[0])[:8], times=times)
    (person,) = pipeline.run(path).people
    np.testing.assert_allclose(person.skeleton.times, times, atol=1e-4)


@pytest.mark.parametrize("rate", [10, 120])
def test_slow_and_fast_videos_are_followed(
    pipeline: Pipeline, waving: Rendered, tmp_path: Path, rate: int
) -> None:
    images = images_of(waving[0])[:: 3 if rate == 10 else 1]
    times = [i / rate for i in range(len(images))]
    result = pipeline.run(write_video(tmp_path / "rate.mp4", pictures=images, times=times))
    assert [len(p) for p in result.people] == [len(images)]
    assert result.video.fps == pytest.approx(rate, rel=0.01)


def test_start_stop_and_fps_choose_frames_by_time(waving: Rendered) -> None:
    settings = Settings(start=0.5, stop=1.0, fps=10.0)
    result = Pipeline(settings, offline=True).run(waving[0])
    times = result.people[0].skeleton.times
    assert times[0] == pytest.approx(0.5, abs=0.02)
    assert times[-1] < 1.0
    np.testing.assert_allclose(np.diff(times), 0.1, atol=0.034)


def test_a_short_absence_is_filled_and_marked(
    pipeline: Pipeline, waving: Rendered, tmp_path: Path
) -> None:
    images = images_of(waving[0])[:30]
    grey = np.full_like(images[0], 127)
    images[12:17] = [grey] * 5
    (person,) = pipeline.run(write_video(tmp_path / "gap.mp4", pictures=images)).people
    observed = person.skeleton.observed
    assert len(person) == 30
    assert not observed[13:16].any()
    assert observed[:11].all()
    assert np.isfinite(person.skeleton.joints).all()


def test_a_long_absence_has_no_rows_but_keeps_the_id(
    pipeline: Pipeline, waving: Rendered, tmp_path: Path
) -> None:
    images = images_of(waving[0])
    grey = np.full_like(images[0], 127)
    images = [*images[:15], *[grey] * 30, *images[15:30]]
    (person,) = pipeline.run(write_video(tmp_path / "away.mp4", pictures=images)).people
    assert not np.isin(np.arange(20, 40), person.frames).any()
    assert person.frames[0] == 0
    assert person.frames[-1] == 59


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(smooth="viterbo"), "unknown smoother 'viterbo'"),
        (Settings(actor="biggest"), "unknown actor 'biggest'"),
        (Settings(recognizer="gru"), "unknown recognizer 'gru'"),
        (Settings(tiles=0), "tiles must be 1 to 8 rows, got 0"),
        (Settings(max_people=0), "max_people must be at least 1"),
        (Settings(fps=-1.0), "fps must be a positive"),
        (Settings(start=3.0, stop=2.0), "0 <= start < stop"),
    ],
)
def test_settings_that_cannot_be_run_are_refused(settings: Settings, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check(settings)


def test_an_unknown_backend_is_named_with_the_nearest() -> None:
    with pytest.raises(ValueError, match="Did you mean 'blazepose'"):
        Pipeline(Settings(detector="blazepos"), offline=True)


@pytest.mark.parametrize(
    ("preparation", "wrong"),
    [
        (Preparation(joint_set="kinect25"), r"reads kinect25, and lcr13 cannot be converted to"),
        (Preparation(), None),
    ],
)
def test_a_recognizer_that_can_never_be_fed_is_refused_before_any_video(
    tmp_path: Path, preparation: Preparation, wrong: str | None
) -> None:
    path = tmp_path / "recognizer.safetensors"
    joints = preparation.joint_set
    config = {"type": "SkeletonRnn", "units": 4, "layers": 1}
    network = network_of(config, joint_set_name=joints, people=1, classes=2)
    ClipRecognizer(network, config, ("a", "b"), preparation, Sampling(frames=8)).save(path)
    settings = Settings(recognizer=str(path))
    if wrong is None:
        Pipeline(settings, offline=True)
        return
    with pytest.raises(ValueError, match=wrong):
        Pipeline(settings, offline=True)


def test_a_recognizer_of_a_file_runs_on_the_device_of_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def device_named(name: str) -> torch.device:
        asked.append(name)
        return torch.device("meta")  # which is on every machine

    monkeypatch.setattr("recognizers.recognizer.device_named", device_named)
    path = tiny_file("vpn", tmp_path)
    own = Pipeline(Settings(recognizer=str(path)), offline=True, device="auto")._recognizer
    assert isinstance(own, ClipRecognizer)
    assert (asked, own.device) == (["auto"], torch.device("meta"))


def test_the_weights_folder_is_the_recognizers_too(tmp_path: Path) -> None:
    (tmp_path / "everyday13.safetensors").write_bytes(b"another one")
    with pytest.raises(WeightsMismatchError, match="is not everyday_recognizer"):
        Pipeline(Settings(), weights_dir=tmp_path, offline=True)


def test_nobody_with_the_wanted_id_is_an_error_that_names_the_ids(waving: Rendered) -> None:
    with pytest.raises(ValueError, match=r"nobody has id 7.*are 1"):
        Pipeline(Settings(actor="id=7"), offline=True).run(waving[0])


def test_the_python_api_returns_what_it_writes(waving: Rendered, tmp_path: Path) -> None:
    import wildpose
    from wildpose.export.result_json import read_result

    result = wildpose.run(waving[0], out=tmp_path, save=["json"], offline=True)
    assert isinstance(result, Result)
    written = read_result(tmp_path / "waving" / "result.json")
    assert written.settings == result.settings
    np.testing.assert_allclose(
        written.people[0].skeleton.joints, result.people[0].skeleton.joints, atol=6e-5
    )
    again = wildpose.run(waving[0], out=tmp_path, save=["json"], offline=True)
    assert len(again.people) == 1  # read back, not computed again


def test_ids_last_through_an_occlusion_of_seconds(pipeline: Pipeline, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    yaw = rng.uniform(0, 2 * np.pi)
    # Two who walk in circles beside each other; one hides behind the other for over two seconds.
    actors = tuple(
        random_actor("walk", rng, position=(x, 0.0), heading=rng.uniform(0, 6)) for x in (-0.9, 0.9)
    )
    clip = MannequinClip(actors, orbit_camera(yaw=yaw, distance=5.5), np.arange(75) / 15)
    truth = write_clip(tmp_path / "circles.mp4", clip)
    found = pipeline.run(tmp_path / "circles.mp4")
    assert len(found.people) == 2
    seen = {
        frame: [
            Annotated(p.id, tuple(p.boxes[frame]), bool(p.skeleton.scores[frame].mean() < 0.4))
            for p in truth.people
        ]
        for frame in range(75)
    }
    boxes: dict[int, dict[int, Array]] = {}
    for person in found.people:
        for frame, box in zip(person.frames.tolist(), person.boxes, strict=True):
            boxes.setdefault(frame, {})[person.id] = box
    report = compare(seen, boxes)
    assert report.switches == 0
    assert report.shared_ids == set()
    assert report.found > 0.75 * report.people
