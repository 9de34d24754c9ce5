"""One clip, explained as suits the family of the recognizer."""

from __future__ import annotations

from collections.abc import Callable

from datasets.recordings import Recording
from recognizers.glimpse_clouds import GlimpseClouds
from recognizers.recognizer import ClipRecognizer
from recognizers.sta.network import PoseConditionedAttention
from recognizers.vpn.network import VideoPoseNetwork
from tools.explaining import draw_glimpses, draw_hands, draw_maps, draw_places
from tools.explaining.cases import Case
from tools.explaining.strips import Drawing
from tools.explaining.views import Scene, View, as_filmed, as_kept, as_shown, view_of
from wildpose.footage import Footage
from wildpose.video import VideoError

ATTENTIVE = (PoseConditionedAttention, GlimpseClouds, VideoPoseNetwork)


def check_drawable(recognizer: ClipRecognizer) -> None:
    """See that there is something to show: attention, or the map of VPN's video backbone alone.

    Raises:
        ValueError: there is not.
    """
    network = recognizer.network
    if not isinstance(network, ATTENTIVE):
        raise ValueError(
            f"nothing to show: {type(network).__name__} has no attention; networks of sta, "
            "glimpse_clouds and vpn have"
        )
    if recognizer.pictures is None and network.attends:
        raise ValueError("nothing to show: it asks for no pictures, but for features made of them")
    if not network.attends and not isinstance(network, VideoPoseNetwork):
        raise ValueError(
            f"nothing to show: this {type(network).__name__} is a row without attention, or a "
            "first stage"
        )


def drawing_of(
    recognizer: ClipRecognizer,
    case: Case,
    footage: Footage,
    label: str,
    recording: Callable[[], Recording] | None,
) -> Drawing:
    """A strip and a video of what a recognizer attends to in a clip.

    Args:
        recognizer: with something to show, see `check_drawable`.
        case: the clip.
        footage: of the clip.
        label: what the clip is, for the title.
        recording: reads where the clip is in its video; None: there is none.

    Raises:
        ValueError: the clip cannot be shown to the network, or its truth does not fit.
        FileNotFoundError: a set that knows the truth has none of the clip.
    """
    view = view_of(recognizer, case.clip, footage)
    scores = recognizer.predict([view.clip])[0]
    said = recognizer.class_names[scores.argmax()]
    title = f"{case.clip.name}: {label}; taken for {said} ({scores.max():.0%})"
    network, asked = recognizer.network, recognizer.pictures
    if isinstance(network, PoseConditionedAttention):
        truth = None if case.truth is None else case.truth()
        scene = _filmed(view, recognizer, recording)
        return draw_hands.drawn(recognizer, view, scene, truth, title)
    assert asked is not None
    if isinstance(network, GlimpseClouds):
        drawn = draw_glimpses.drawn
    else:
        drawn = draw_places.drawn if network.attends else draw_maps.drawn
    return drawn(recognizer, view, as_shown(view, asked), title)


def _filmed(
    view: View, recognizer: ClipRecognizer, recording: Callable[[], Recording] | None
) -> Scene:
    """Pictures of the video, or of the footage where it cannot be read any more."""
    if recording is None:
        return as_kept(view)
    try:
        return as_filmed(view, recording(), recognizer)
    except (VideoError, FileNotFoundError):
        return as_kept(view)
