"""Videos are fetched once, through yt-dlp, from a server on loopback; what goes wrong is a line."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.made_youtube import Site, nobody_listens, serving
from tests.media import cut, write_video
from tools.youtube.extra import MissingPackageError
from tools.youtube.fetching import ARCHIVE, Fetcher, FetchError, Options
from tools.youtube.sources import Source, source_of

FAST = Options(pause_s=0, retries=1)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    content = write_video(tmp_path / "v.mp4", pictures=5).read_bytes()
    other = write_video(tmp_path / "o.mp4", pictures=6).read_bytes()
    page = b"<html><body>nothing to see</body></html>"
    files = {"/a/v.mp4": content, "/b/v.mp4": other, "/short.mp4": content, "/page": page}
    with serving(files) as site:
        site.short.add("/short.mp4")
        yield site


@pytest.fixture
def fetcher(tmp_path: Path) -> Fetcher:
    return Fetcher(tmp_path / "downloads", FAST)


def at(address: str) -> Source:
    return source_of(address, [])


def test_a_video_is_fetched_once_and_its_record_tells_of_it(site: Site, fetcher: Fetcher) -> None:
    source = at(site.url("/a/v.mp4"))
    fetched = fetcher.fetched(source)
    assert fetched.path.read_bytes() == site.files["/a/v.mp4"]
    record = json.loads(fetched.path.with_suffix(".json").read_text())
    assert record == fetched.record
    assert record["sha256"] == hashlib.sha256(site.files["/a/v.mp4"]).hexdigest()
    assert (record["url"], record["extractor"]) == (source.url, "generic")
    assert record["fetched"].startswith("20") and record["fetched"].endswith("+00:00")
    assert {"yt-dlp", "ffmpeg", "imageio-ffmpeg", "ffmpeg-python"} <= record["versions"].keys()
    site.asked.clear()
    assert fetcher.fetched(source) == fetched
    assert site.asked == []


def test_videos_that_yt_dlp_calls_alike_are_both_fetched(site: Site, fetcher: Fetcher) -> None:
    one, other = (fetcher.fetched(at(site.url(f"/{folder}/v.mp4"))) for folder in "ab")
    assert one.path != other.path and other.path.read_bytes() == site.files["/b/v.mp4"]
    archive = one.path.with_name(ARCHIVE).read_text()
    assert archive == "generic v\n"


@pytest.mark.parametrize("gone", ["file", "record", "both", "half", "text", "end"])
def test_what_is_gone_or_damaged_is_fetched_again(gone: str, site: Site, fetcher: Fetcher) -> None:
    source = at(site.url("/a/v.mp4"))
    fetched = fetcher.fetched(source)
    record = fetched.path.with_suffix(".json")
    if gone in ("file", "both"):
        fetched.path.unlink()
    if gone in ("record", "both"):
        record.unlink()
    if gone == "half":
        fetched.path.unlink()
        fetched.path.with_name(fetched.path.name + ".part").write_bytes(b"\0" * 100)
    if gone == "text":
        record.write_text("[]")
    if gone == "end":
        cut(fetched.path, 0.5)
    again = fetcher.fetched(source)
    assert again.path.read_bytes() == site.files["/a/v.mp4"]
    assert again.record["sha256"] == fetched.record["sha256"]
    assert again.path.with_name(ARCHIVE).read_text() == "generic v\n"  # not twice


def test_what_is_forgotten_is_fetched_again(site: Site, fetcher: Fetcher) -> None:
    source = at(site.url("/a/v.mp4"))
    fetcher.forget(source)  # of what is not there too
    fetched = fetcher.fetched(source)
    fetcher.forget(source)
    assert sorted(path.name for path in fetched.path.parent.iterdir()) == [ARCHIVE]
    assert fetcher.fetched(source).path == fetched.path


def test_what_cannot_be_fetched_is_one_line(site: Site, fetcher: Fetcher) -> None:
    cases = {
        site.url("/none.mp4"): "HTTP Error 404",
        nobody_listens() + "/v.mp4": "refused",
        site.url("/short.mp4"): r"Got error: .* bytes.* expected.* Giving up after 1 retries",
        site.url("/page"): "Unsupported URL|is unusual|unknown_video",
    }
    for address, said in cases.items():
        with pytest.raises(FetchError, match=said) as told:
            fetcher.fetched(at(address))
        line = str(told.value)
        assert "\n" not in line and "ERROR" not in line and "report" not in line
        assert "caused by" not in line and len(line) <= 400
    assert site.asked.count("/short.mp4") == 3  # to look at it, to fetch it, and once more


def test_a_list_of_videos_and_what_is_live_are_refused(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = fetcher._settings(at("https://a.org/v.mp4"), refused := list[str]())
    refuse = settings["match_filter"]
    assert refuse({"n_entries": 1, "live_status": "was_live"}, incomplete=True) is None
    assert "several videos" in refuse({"n_entries": 2}, incomplete=True)
    assert "is live" in refuse({"is_live": True})
    assert "is live" in refuse({"live_status": "is_upcoming"})
    assert len(refused) == 3


def test_options_reach_yt_dlp_and_cookies_stay_as_they_are(site: Site, tmp_path: Path) -> None:
    jar = tmp_path / "cookies.txt"
    line = "\t".join(["127.0.0.1", "FALSE", "/", "FALSE", "4102444800", "who", "me"])
    jar.write_text(f"# Netscape HTTP Cookie File\n{line}\n")
    before = jar.read_bytes()
    way = Options(height=480, rate=1 << 20, retries=7, pause_s=0, cookies=jar)
    fetcher = Fetcher(tmp_path / "downloads", way)
    settings = fetcher._settings(at("https://a.org/v.mp4"), [])
    assert settings["ratelimit"] == 1 << 20 and settings["retries"] == 7
    assert settings["format"].startswith("bv*[height<=?480]")
    assert "sleep_interval" not in settings
    fetcher.fetched(at(site.url("/a/v.mp4")))
    assert site.cookies[-1] == "who=me"
    assert jar.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "said"), [(b"who=me\n", "does not look like"), (b"\xff", "is not UTF-8 text")]
)
def test_what_is_no_file_of_cookies_is_named(
    content: bytes, said: str, site: Site, tmp_path: Path
) -> None:
    jar = tmp_path / "cookies.txt"
    jar.write_bytes(content)
    fetcher = Fetcher(tmp_path / "downloads", Options(pause_s=0, retries=1, cookies=jar))
    with pytest.raises(FetchError, match=f"^{jar} .*{said}"):
        fetcher.fetched(at(site.url("/a/v.mp4")))


def test_pauses_double_up_to_a_minute(tmp_path: Path) -> None:
    fetcher = Fetcher(tmp_path, Options(pause_s=2, browser="firefox"))
    settings = fetcher._settings(at("https://a.org/v.mp4"), [])
    pause = settings["retry_sleep_functions"]["http"]
    assert [pause(n) for n in (0, 1, 2, 9, 10**6)] == [2, 4, 8, 60, 60]
    assert (settings["sleep_interval"], settings["max_sleep_interval"]) == (2, 4)
    assert settings["cookiesfrombrowser"] == ("firefox",)


def test_offline_fetches_nothing_but_finds_what_is_here(site: Site, tmp_path: Path) -> None:
    source = at(site.url("/a/v.mp4"))
    offline = Fetcher(tmp_path / "downloads", Options(offline=True))
    with pytest.raises(FetchError, match="--offline forbids"):
        offline.fetched(source)
    assert site.asked == []
    fetched = Fetcher(tmp_path / "downloads", FAST).fetched(source)
    assert offline.fetched(source) == fetched


def test_without_yt_dlp_one_line_names_the_command(
    fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "yt_dlp", None)
    with pytest.raises(MissingPackageError, match=r"^the package yt-dlp is not .*\[youtube\]'$"):
        fetcher.fetched(at("https://a.org/v.mp4"))
