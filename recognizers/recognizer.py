"""A trained network as others use it: clips in, probabilities out; one safetensors file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from textwrap import shorten
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import log_softmax
from torch import Tensor, nn
from torch.utils.data import DataLoader

from recognizers.inputs.batch import on_device
from recognizers.inputs.clip_dataset import ClipDataset, FootageOf, collated
from recognizers.inputs.moments import Sampling, Together
from recognizers.inputs.pictures import Pictures
from recognizers.inputs.preparation import PicturesAlone, Preparation
from recognizers.networks import network_of, settled
from recognizers.stored_weights import RECOGNIZER
from recognizers.taken_weights import take_all
from recognizers.value_types import check_types
from wildpose.devices import device_named
from wildpose.joints import joint_set
from wildpose.tensor_files import read_tensors, write_tensors
from wildpose.types import Axes, Clip

Array = npt.NDArray[np.floating]
BATCH, PICTURE_BATCH = 64, 8  # clips that are scored at once
# Fields that files of earlier versions lack, which were then as they are by default.
LATER = (
    "moments", "window", "left_out", "views", "together", "derivatives", "trunk_px",
    "hand_features", "crops",
)  # fmt: skip
Part = TypeVar("Part", Preparation, Sampling, Pictures)


@dataclass(frozen=True)
class ClipRecognizer:
    """A network with all that is needed to show it clips as in its training."""

    network: nn.Module
    """In evaluation mode, on the device where clips are looked at."""
    config: dict[str, Any]
    """Of the network, as `recognizers.networks.network_of` takes it."""
    class_names: tuple[str, ...]
    """A of them, in the order of the scores."""
    preparation: Preparation
    sampling: Sampling
    temperature: float = 1.0
    """By which logits are divided, so that scores are probabilities."""
    frame_rate: float = 30.0
    """Hz, of the clips it was trained on."""
    window_s: float = 2.0
    """Seconds, about as long as the clips it was trained on."""
    min_score: float = 0.0
    """Below which it had better say nothing, as found on data it was not trained on."""
    pictures: Pictures | None = None
    """What it looks at besides joints; None: nothing."""
    trunk_px: float | None = None
    """How large people were in the training videos, in which squares around hands had
    `pictures.hand_px`, see `wildpose.cutting.trunk_length`; None: nobody knows."""
    notes: tuple[str, ...] = ()
    """What its training found wrong with its scores, a line each."""

    def __post_init__(self) -> None:
        for name in ("temperature", "frame_rate", "window_s"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        if self.trunk_px is not None and not 0 < self.trunk_px < float("inf"):
            raise ValueError(f"trunk_px must be positive px or none, got {self.trunk_px}")
        if not 0 <= self.min_score <= 1:
            raise ValueError(f"min_score must be within 0 and 1, got {self.min_score}")
        lengths, edges = self.preparation.lengths, joint_set(self.joint_set).edges
        if lengths is not None and len(lengths) != len(edges):
            raise ValueError(
                f"lengths must be {len(edges)}, one for each edge of {self.joint_set}; "
                f"got {len(lengths)}"
            )

    @property
    def joint_set(self) -> str:
        """Of the joints that it reads; clips in others are converted."""
        return self.preparation.joint_set

    @property
    def reads_joints(self) -> bool:
        """Whether its network does, when it is shown a clip; pictures say enough to others."""
        return getattr(self.network, "reads_joints", True)

    @property
    def needs_rgb(self) -> bool:
        """Whether clips must have footage."""
        return self.pictures is not None

    @property
    def axes(self) -> Axes:
        """In which it reads them."""
        return self.preparation.axes

    @property
    def longest_s(self) -> float | None:
        """Seconds of a clip that it looks at, at most: the middle ones; None for all of any."""
        if self.sampling.frames is not None:
            return None
        return self.sampling.longest / (self.sampling.frame_rate or self.frame_rate)

    @property
    def device(self) -> torch.device:
        """On which the network is."""
        return next(self.network.parameters()).device

    def logits(
        self, clips: Sequence[Clip], footage: FootageOf | None = None, *, workers: int = 0
    ) -> Array:
        """(N, A) what the network says, before any temperature.

        Args:
            clips: in any joint set and axes that can be converted; in any at all for a network
                that reads no joints.
            footage: where a clip's pictures are; None: in the clip.
            workers: processes that read pictures and sample frames; 0: this one does.

        Raises:
            ValueError: a clip cannot be converted, or has no pictures where they are asked for.
        """
        preparation = self.preparation
        if not self.reads_joints:
            preparation = PicturesAlone(**vars(preparation))
        samples = ClipDataset(
            clips,
            [-1] * len(clips),
            preparation,
            self.sampling,
            pictures=self.pictures,
            footage=footage,
        )
        loader = DataLoader(
            samples,
            batch_size=PICTURE_BATCH if self.needs_rgb else BATCH,
            collate_fn=collated,
            num_workers=workers,
            generator=torch.Generator(),  # torch's own would go on, and what is drawn of it later
        )
        found = [np.zeros((0, len(self.class_names)))]
        with torch.inference_mode():
            for batch in loader:
                said = self.network(on_device(batch, self.device))
                found.append(said.cpu().double().numpy())
        views = np.concatenate(found).reshape(
            self.sampling.views, len(clips), len(self.class_names)
        )
        return _together(views, self.sampling.together)

    def probabilities(self, logits: Array) -> Array:
        """(N, A) of (N, A) logits, each row of sum 1."""
        return torch.softmax(torch.from_numpy(logits) / self.temperature, dim=1).numpy()

    def predict(
        self, clips: Sequence[Clip], footage: FootageOf | None = None, *, workers: int = 0
    ) -> Array:
        """(N, A) probabilities, each row of sum 1; arguments and errors as of `logits`."""
        return self.probabilities(self.logits(clips, footage, workers=workers))

    def save(self, path: Path) -> None:
        """Write it as safetensors, the weights in half precision."""
        weights = {name for name, _ in self.network.named_parameters()}
        tensors = {
            name: (value.half() if name in weights else value).cpu()
            for name, value in self.network.state_dict().items()
        }
        about = {
            "network": settled(self.config),
            "class_names": list(self.class_names),
            "preparation": asdict(self.preparation),
            "sampling": asdict(self.sampling),
            "pictures": None if self.pictures is None else asdict(self.pictures),
            "temperature": self.temperature,
            "frame_rate": self.frame_rate,
            "window_s": self.window_s,
            "min_score": self.min_score,
            "trunk_px": self.trunk_px,
            "notes": list(self.notes),
        }
        said = {name: json.dumps(value) for name, value in about.items()}
        write_tensors(path, tensors, {"format": RECOGNIZER, **said})

    @staticmethod
    def load(path: Path, *, device: str = "cpu") -> ClipRecognizer:
        """Read what `save` wrote.

        Args:
            path: of the file.
            device: where it looks at clips: auto, cpu or cuda[:N].

        Raises:
            FileNotFoundError: no such file.
            ValueError: the file is no recognizer; one line says why. There is no such device.
        """
        where = device_named(device)
        said, tensors = read_tensors(path, kind=RECOGNIZER, what="wildpose recognizer")
        try:
            about = {name: json.loads(text) for name, text in said.items() if name != "format"}
            found = _assembled(about, tensors)
        except (ArithmeticError, LookupError, TypeError, ValueError, RuntimeError) as error:
            why = shorten(f"{type(error).__name__}: {error}", 200)
            raise ValueError(f"{path}: a wildpose recognizer, but not whole ({why})") from error
        found.network.to(where)
        return found


def _together(views: Array, together: Together) -> Array:
    """(N, A) of (V, N, A) logits: their mean, or the greatest probability of each class."""
    if together == "mean":
        return views.mean(axis=0)
    return log_softmax(views, axis=2).max(axis=0)


def _assembled(about: dict[str, Any], tensors: dict[str, Tensor]) -> ClipRecognizer:
    numbers = ("temperature", "frame_rate", "window_s", "min_score")
    values = {
        "config": about["network"],
        "class_names": _tuples(about)["class_names"],
        "preparation": _part(Preparation, "preparation", about),
        "sampling": _part(Sampling, "sampling", about),
        "pictures": _part(Pictures, "pictures", about) if about.get("pictures") else None,
        "trunk_px": about.get("trunk_px"),  # not in files of earlier versions, nor notes
        "notes": tuple(about.get("notes", ())),
        **{name: about[name] for name in numbers},
    }
    check_types(ClipRecognizer, values)
    values["config"] = settled(values["config"])  # a file names no others, of whatever maker
    network = network_of(
        values["config"],
        joint_set_name=values["preparation"].joint_set,
        people=values["preparation"].people,
        classes=len(values["class_names"]),
    )
    whole = {n: v.float() if v.is_floating_point() else v for n, v in tensors.items()}
    take_all(network, whole, path="what it holds")
    values |= {name: float(values[name]) for name in numbers}
    return ClipRecognizer(network=network.eval(), **values)


def _part(kind: type[Part], name: str, about: dict[str, Any]) -> Part:
    said = about[name]
    if not isinstance(said, dict):
        raise ValueError(f"{name} must be a dict, got {said!r}")
    needed = [field.name for field in fields(kind) if field.name not in LATER]
    if lacking := [name for name in needed if name not in said]:
        raise ValueError(f"{name} has no {', '.join(lacking)}")
    values = _tuples(said)
    check_types(kind, values)
    return kind(**values)


def _tuples(said: dict[str, Any]) -> dict[str, Any]:
    """Values as fields have them: JSON knows lists alone."""
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in said.items()
    }
