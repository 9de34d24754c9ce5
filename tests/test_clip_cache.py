"""A cache gives back the clips that were put in, also after a run that was stopped half-way."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from datasets.clip_cache import INDEX, ClipCache, ClipCacheWriter, is_cache
from wildpose.types import Clip


def clip(name: str, *, people: int = 1, frames: int = 5, label: int | None = 3) -> Clip:
    """Random joints, by the name; some frames masked."""
    rng = np.random.default_rng(list(name.encode()))
    mask = rng.random((people, frames)) < 0.8
    joints = rng.normal(size=(people, frames, 25, 3)) * mask[..., None, None]
    return Clip(
        joints=joints.astype(np.float32),
        mask=mask,
        joint_set="kinect25",
        frame_rate=30.0,
        name=name,
        subject="P001",
        label=label,
    )


CLIPS = [
    clip("a"),
    clip("b", people=2, frames=7, label=None),
    clip("c", frames=1),
    clip("d", people=2),
    clip("e", frames=0),
]
SMALL = 6 * 25 * 3 * 4  # bytes of six frames: a shard of about two clips


def put(folder: Path, clips: list[Clip], **settings: object) -> None:
    with ClipCacheWriter(folder, settings=settings, shard_bytes=SMALL) as cache:
        for one in clips:
            cache.add(one)


def assert_same(one: Clip, other: Clip) -> None:
    np.testing.assert_array_equal(one.joints, other.joints)
    np.testing.assert_array_equal(one.mask, other.mask)
    assert one.joints.dtype == np.float32 and one.mask.dtype == bool
    for name in ("joint_set", "frame_rate", "axes", "name", "subject", "label"):
        assert getattr(one, name) == getattr(other, name)


def test_clips_come_back_in_order(tmp_path: Path) -> None:
    put(tmp_path, CLIPS, fill="pchip")
    cache = ClipCache(tmp_path)
    assert len(cache) == len(CLIPS)
    assert cache.names == tuple("abcde")
    assert cache.labels == (3, None, 3, 3, 3)
    assert (cache.settings, cache.complete) == ({"fill": "pchip"}, True)
    for one, other in zip(cache, CLIPS, strict=True):
        assert_same(one, other)
    assert_same(cache[-2], CLIPS[3])
    assert [one.name for one in cache[1:3]] == ["b", "c"]
    with pytest.raises(IndexError):
        cache[5]


def test_clips_are_spread_over_shards_and_no_file_holds_pickles(tmp_path: Path) -> None:
    put(tmp_path, CLIPS)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["0000.joints.npy", "0000.mask.npy", "0001.joints.npy", "0001.mask.npy",
                     "0002.joints.npy", "0002.mask.npy", INDEX]  # fmt: skip
    for path in tmp_path.glob("*.npy"):
        assert np.load(path, allow_pickle=False).dtype in (np.float32, bool)


def test_arrays_are_opened_when_a_clip_is_asked_for(tmp_path: Path) -> None:
    put(tmp_path, CLIPS)
    cache = ClipCache(tmp_path)
    (tmp_path / "0000.joints.npy").unlink()
    assert_same(cache[3], CLIPS[3])
    with pytest.raises(FileNotFoundError, match=r"0000\.joints\.npy"):
        cache[0]


def test_a_clip_may_be_changed_without_harm_to_the_cache(tmp_path: Path) -> None:
    put(tmp_path, CLIPS)
    ClipCache(tmp_path)[0].joints[:] = 7
    assert_same(ClipCache(tmp_path)[0], CLIPS[0])


def test_another_process_is_sent_the_place_and_not_the_clips(tmp_path: Path) -> None:
    put(tmp_path, CLIPS)
    cache = ClipCache(tmp_path)
    assert_same(cache[1], CLIPS[1])
    sent = pickle.dumps(cache)
    assert len(sent) < 500
    assert_same(pickle.loads(sent)[1], CLIPS[1])


def test_a_run_that_was_interrupted_goes_on(tmp_path: Path) -> None:
    with suppress(KeyboardInterrupt), ClipCacheWriter(tmp_path, settings={}) as cache:
        for one in CLIPS[:3]:
            cache.add(one)
        raise KeyboardInterrupt
    assert is_cache(tmp_path)
    stopped = ClipCache(tmp_path)
    assert (stopped.names, stopped.complete) == (("a", "b", "c"), False)
    with ClipCacheWriter(tmp_path, settings={}) as cache:
        assert cache.names == {"a", "b", "c"}
        for one in CLIPS[3:]:
            cache.add(one)
    whole = ClipCache(tmp_path)
    assert whole.complete
    for one, other in zip(whole, CLIPS, strict=True):
        assert_same(one, other)


def test_a_finished_cache_is_not_complete_while_it_grows(tmp_path: Path) -> None:
    put(tmp_path, CLIPS[:2])
    with ClipCacheWriter(tmp_path, settings={}) as cache:
        assert not ClipCache(tmp_path).complete
        cache.add(CLIPS[2])  # gathered, not written: a run that is killed now leaves this
        assert (ClipCache(tmp_path).names, ClipCache(tmp_path).complete) == (("a", "b"), False)
    assert (ClipCache(tmp_path).names, ClipCache(tmp_path).complete) == (("a", "b", "c"), True)


def test_names_without_a_clip_are_kept_until_there_is_one(tmp_path: Path) -> None:
    with ClipCacheWriter(tmp_path, settings={}) as cache:
        for name in ("b", "a"):
            cache.leave_out(name)
    assert ClipCache(tmp_path).left_out == {"a", "b"}
    put(tmp_path, CLIPS[:1])
    assert ClipCache(tmp_path).left_out == {"b"}


def test_clips_to_ignore_are_passed_over_and_come_back(tmp_path: Path) -> None:
    put(tmp_path, CLIPS)
    with ClipCacheWriter(tmp_path, settings={}, ignored={"b", "z"}) as writer:
        assert writer.names == set("abcde")
    cache = ClipCache(tmp_path)
    assert (cache.names, cache.labels, cache.ignored) == (tuple("acde"), (3, 3, 3, 3), {"b", "z"})
    for one, other in zip(cache, [CLIPS[0], *CLIPS[2:]], strict=True):
        assert_same(one, other)
    put(tmp_path, [])
    assert ClipCache(tmp_path).names == tuple("abcde")


def test_an_index_of_before_names_were_left_out_is_read(tmp_path: Path) -> None:
    put(tmp_path, CLIPS)
    index = json.loads((tmp_path / INDEX).read_text())
    for name in ("left_out", "ignored"):
        del index[name]
    (tmp_path / INDEX).write_text(json.dumps(index))
    cache = ClipCache(tmp_path)
    assert (cache.complete, cache.left_out, cache.ignored) == (True, frozenset(), frozenset())
    for one, other in zip(cache, CLIPS, strict=True):
        assert_same(one, other)


def test_a_shard_without_its_line_in_the_index_is_written_over(tmp_path: Path) -> None:
    put(tmp_path, CLIPS[:1])
    (tmp_path / "0001.joints.npy").write_bytes(b"half of a file")
    (tmp_path / f".{INDEX}.4194305.0a0b.partial").write_bytes(b"{")
    put(tmp_path, CLIPS[1:])
    for one, other in zip(ClipCache(tmp_path), CLIPS, strict=True):
        assert_same(one, other)
    assert not list(tmp_path.glob(".*"))


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, CLIPS[:2])

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="No space left"):
        put(tmp_path, CLIPS[2:])
    assert ClipCache(tmp_path).names == ("a", "b")
    assert_same(ClipCache(tmp_path)[1], CLIPS[1])


def test_nothing_at_all_is_a_cache_too(tmp_path: Path) -> None:
    put(tmp_path / "new", [])
    cache = ClipCache(tmp_path / "new")
    assert (len(cache), cache.complete, list(cache)) == (0, True, [])


def test_a_name_is_there_once(tmp_path: Path) -> None:
    put(tmp_path, CLIPS[:1])
    with pytest.raises(ValueError, match="there is a clip 'a' already"):
        put(tmp_path, CLIPS[:1])


def test_clips_of_another_kind_are_refused(tmp_path: Path) -> None:
    slow = Clip(CLIPS[1].joints, CLIPS[1].mask, "kinect25", 15.0, name="slow")
    with pytest.raises(ValueError, match=r"slow has .*'frame_rate': 15\.0.*30\.0"):
        put(tmp_path, [CLIPS[0], slow])


def test_other_settings_need_another_folder(tmp_path: Path) -> None:
    put(tmp_path, CLIPS[:1], fill="pchip", sizes=(1, 2))
    put(tmp_path, CLIPS[1:2], fill="pchip", sizes=(1, 2))
    with pytest.raises(ValueError, match=r"made with .*pchip.*, not with .*cubic.*another folder"):
        put(tmp_path, CLIPS[2:], fill="cubic", sizes=(1, 2))


def test_settings_that_differ_are_told_and_no_others(tmp_path: Path) -> None:
    put(tmp_path, CLIPS[:1], same=None, old=None, new=1)
    with pytest.raises(ValueError, match=r"with {'old': None, 'new': 1}, not with {'new': 2}; use"):
        put(tmp_path, [], same=None, new=2)


def test_no_cache_says_so(tmp_path: Path) -> None:
    assert not is_cache(tmp_path)
    with pytest.raises(FileNotFoundError, match=rf"no cache of clips in {tmp_path}"):
        ClipCache(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "7", '{"version": 1}'])
def test_a_damaged_index_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / INDEX).write_text(text)
    with pytest.raises(ValueError, match=r"index\.json: damaged, make the cache anew"):
        ClipCache(tmp_path)


DAMAGES: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    *(
        (f"no '{name}'", lambda index, name=name: index.pop(name))
        for name in ("settings", "complete", "common", "shards")
    ),
    *(
        (f"no '{name}'", lambda index, name=name: index["shards"][0][1].pop(name))
        for name in ("name", "people", "frames", "subject", "label")
    ),
    ("no 'axes'", lambda index: index["common"].pop("axes")),
    ("", lambda index: index.update(common=None)),
    ("", lambda index: index.update(shards=[7])),
    ("", lambda index: index.update(shards=[[7]])),
    ("'people' is '1.5'", lambda index: index["shards"][0][0].update(people=1.5)),
    ("'ignored' is 'None'", lambda index: index.update(ignored=None)),
    ("a name", lambda index: index.update(left_out=[["a"]])),
]


@pytest.mark.parametrize(("wrong", "damage"), DAMAGES)
def test_an_index_that_lacks_a_part_is_damaged(
    tmp_path: Path, wrong: str, damage: Callable[[dict[str, Any]], object]
) -> None:
    put(tmp_path, CLIPS)
    index = json.loads((tmp_path / INDEX).read_text())
    damage(index)
    (tmp_path / INDEX).write_text(json.dumps(index))
    line = rf"index\.json: damaged, make the cache anew \(.*{wrong}"
    with pytest.raises(ValueError, match=line):
        ClipCache(tmp_path)
    with pytest.raises(ValueError, match=line):
        ClipCacheWriter(tmp_path, settings={})


def test_an_index_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / INDEX).write_text(json.dumps({"version": 9}))
    with pytest.raises(ValueError, match="of version 9, expected 1"):
        ClipCache(tmp_path)


@pytest.mark.parametrize(
    ("damage", "wrong"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-40]), "damaged, make the cache anew"),
        (lambda path: path.write_bytes(b""), "damaged, make the cache anew"),
        (lambda path: np.save(path, np.zeros((3, 25, 3))), "3 rows, the index says 19"),
    ],
)
def test_a_damaged_shard_is_named(
    tmp_path: Path, damage: Callable[[Path], object], wrong: str
) -> None:
    put(tmp_path, CLIPS[:2])
    damage(tmp_path / "0000.joints.npy")
    with pytest.raises(ValueError, match=rf"0000\.joints\.npy: {wrong}"):
        ClipCache(tmp_path)[0]
