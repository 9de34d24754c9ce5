"""An archive on a Ray cluster: nodes and workers that die, and clusters that there are not."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest

from tests.made_archive import (
    RECORD,
    MakeActing,
    Quiet,
    results_of_videos,
    run,
    states,
    videos,
)
from wildpose.archive.jobs import Job, StoppedError
from wildpose.archive.listing import last_run
from wildpose.archive.pool import Event, Work

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'wildpose[cluster]'")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="clusters are tested on Linux")

from ray.cluster_utils import Cluster  # noqa: E402 - there is none where Ray is not installed

from wildpose.archive.ray_pool import RayPool  # noqa: E402


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Three nodes of one core each."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    head = {"num_cpus": 1, "include_dashboard": False}
    before = signal.getsignal(signal.SIGTERM)  # which Ray takes for itself
    try:
        made = Cluster(initialize_head=True, head_node_args=head)
    except Exception as error:  # noqa: BLE001 - Ray has bare ones, and waits no longer than 30 s
        pytest.skip(f"Ray cannot start a node here: {error}")
    try:
        for _ in range(2):
            made.add_node(num_cpus=1)
        yield made
    finally:
        made.shutdown()
        signal.signal(signal.SIGTERM, before)


class LosingANode(RayPool):
    """A node is killed when some videos are done, and all workers are at one."""

    def __init__(self, make_work: MakeActing, cluster: Cluster):
        super().__init__(make_work, address=cluster.address, most=100)
        self.cluster, self.lost, self.workers, self.jobs = cluster, False, 0, 0

    def submit(self, worker: str, job: Job) -> None:
        super().submit(worker, job)
        self.workers = len(self._workers)
        self.jobs += 1

    def wait(self, timeout_s: float) -> list[Event]:
        if self.jobs >= 6 and not self.free() and not self.lost:
            self.lost = True
            *_, last = self.cluster.worker_nodes
            self.cluster.remove_node(last, allow_graceful=False)
        return list(super().wait(timeout_s))


@pytest.mark.thorough
def test_an_archive_is_complete_though_one_of_three_nodes_is_killed(
    cluster: Cluster, tmp_path: Path
) -> None:
    contents = {f"video{i:02}": f"good {'x' * i}" for i in range(8)}
    folder = videos(tmp_path / "in", contents | {"bad": "broken"})
    pools: list[LosingANode] = []

    def make_pool(make_work: MakeActing, **options: int) -> RayPool:
        pools.append(LosingANode(make_work, cluster))
        return pools[0]

    progress, out = Quiet(), tmp_path / "out"
    assert run(out, folder, make_pool=make_pool, progress=progress, seconds=3.0) == 1
    assert pools[0].workers == 3 and pools[0].lost
    assert progress.counts == {"done": 8, "quarantined": 1}
    lost = [change.report.error for change in progress.changes if change.report.verdict == "lost"]
    assert len(lost) == 1 and lost[0] is not None
    assert lost[0].startswith("its worker was lost: ") and "\n" not in lost[0]
    finished = Counter(c.path for c in progress.changes if c.standing.state == "done")
    assert set(finished.values()) == {1} and len(finished) == 8
    run(tmp_path / "calm", folder)
    assert results_of_videos(out) == results_of_videos(tmp_path / "calm")
    columns = "s.state, s.error, c.sha256"
    assert states(out, columns) == states(tmp_path / "calm", columns)
    assert not ray.is_initialized()


def test_workers_that_die_or_hang_lose_their_video_alone(
    cluster: Cluster, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = videos(tmp_path / "in", {"a": "killer", "b": "good", "c": "hangs"})

    def make_pool(make_work: MakeActing, **options: int) -> RayPool:
        return RayPool(make_work, address=cluster.address, **options, most=100)

    assert run(tmp_path / "out", folder, make_pool=make_pool, attempts=1, allowed_s=3.0) == 1
    found = states(tmp_path / "out", "s.state, s.error")
    assert found["a"][0] == "quarantined"
    assert found["a"][1].startswith("its worker was lost: The actor died unexpectedly")
    assert found["b"] == ("done", None)
    assert found["c"] == ("quarantined", "it took longer than 3 s; --timeout allows more")
    assert capfd.readouterr().out == ""  # which belongs to the driver


def test_where_no_worker_can_work_the_run_stops_with_the_reason(
    cluster: Cluster, tmp_path: Path
) -> None:
    folder = videos(tmp_path / "in", {"a": "good"})
    progress = Quiet()

    def make_pool(make_work: MakeActing, **options: int) -> RayPool:
        return RayPool(make_work, address=cluster.address, most=1)

    assert run(tmp_path / "out", folder, make_pool=make_pool, progress=progress, wrong="none") == 1
    assert progress.stopped == "none"
    assert last_run(tmp_path / "out") is None


class Elsewhere:
    """Work of a module that the nodes do not have."""

    def __reduce__(self) -> tuple:
        return import_module, ("nowhere",)

    def __call__(self) -> Work:
        raise NotImplementedError


def forever(pool: RayPool) -> None:
    while True:
        pool.wait(1.0)


def test_nodes_where_the_work_cannot_be_loaded_are_one_line(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wildpose.archive.ray_pool.DIED_STARTING", 2)
    with closing(RayPool(Elsewhere(), address=cluster.address, workers=1, most=1)) as pool:
        pool.start()
        with pytest.raises(StoppedError, match=r"started: .*No module named 'nowhere'$"):
            forever(pool)


def test_a_cluster_without_room_is_one_line(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wildpose.archive.ray_pool.STARTING_S", 0.0)
    pool = RayPool(MakeActing(RECORD), address=cluster.address, threads=64, most=1)
    why = r"no worker could be started .* are 64 cores of a node free"
    with closing(pool), pytest.raises(StoppedError, match=why):
        pool.start()


def test_an_address_where_no_cluster_is_is_one_line() -> None:
    before = sys.stdout
    pool = RayPool(MakeActing(RECORD), address="127.0.0.1:1", most=1)
    with (
        closing(pool),
        pytest.raises(StoppedError, match=r"used at 127\.0\.0\.1:1: .*refused") as stop,
    ):
        pool.start()
    assert "\n" not in str(stop.value)
    assert sys.stdout is before
