"""Which config and which weights a name means: aliases and configs as the packages ship them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from wildpose.openmmlab.packages import Kind, package_folder

SHIPPED = ".mim"  # folder in the packages with their configs
# Names that people use and the packages do not know.
ALIASES: dict[Kind, dict[str, str]] = {
    "mmdet": {
        "rtmdet-tiny": "rtmdet_tiny_8xb32-300e_coco",
        "rtmdet-m": "rtmdet_m_8xb32-300e_coco",
        "rtmdet-m-person": "rtmdet_m_640-8xb32_coco-person",
        "rtmdet-nano-person": "rtmdet_nano_320-8xb32_coco-person",
    },
    "mmpose": {
        "rtmpose-t": "rtmpose-t_8xb256-420e_body8-256x192",
        "rtmpose-s": "rtmpose-s_8xb256-420e_body8-256x192",
        "rtmpose-m": "rtmpose-m_8xb256-420e_body8-256x192",
        "motionbert": "motionbert_dstformer-ft-243frm_8xb32-120e_h36m",
        "videopose3d": "video-pose-lift_tcn-243frm-supv-cpn-ft_8xb128-200e_h36m",
    },
}
# Of configs that lie outside the packages' lists of models: mmpose's detector of people, as
# mmpose/apis/inferencers/utils/default_det_models.py names it.
MORE_WEIGHTS = {
    "rtmdet_m_640-8xb32_coco-person": "https://download.openmmlab.com/mmpose/v1/projects/"
    "rtmposev1/rtmdet_m_8xb32-100e_coco-obj365-person-235e8209.pth",
}


@dataclass(frozen=True)
class Found:
    """The config that a name means."""

    config: Path
    weights: str | None
    """Where its makers publish its weights; None where they are not known."""

    @property
    def file_name(self) -> str | None:
        """Of the published weights."""
        return self.weights.rpartition("/")[2] if self.weights else None


def find_config(kind: Kind, name: str) -> Found:
    """The config that a name means, and where its weights are published.

    Args:
        kind: the package.
        name: of a config as shipped, with or without its folder; an alias, ours or theirs; or the
            path of a .py file of the user's. In this order, the path first.

    Raises:
        ValueError: there is none; the line names the nearest.
        PackagesError: the package is not installed.
    """
    if name.endswith(".py") and Path(name).expanduser().is_file():
        return Found(Path(name).expanduser(), None)
    wanted = ALIASES[kind].get(name.lower(), name).removesuffix(".py").lower()
    configs = _configs(kind)
    for model in _models(kind, wanted):
        config = package_folder(kind) / SHIPPED / model["Config"]
        if config.is_file():
            return Found(config, _first(model.get("Weights")))
    stem = wanted.rpartition("/")[2]
    config = configs.get(stem)
    if config is None or not config.with_suffix("").as_posix().lower().endswith(wanted):
        raise ValueError(_unknown(kind, name, configs))
    return Found(config, MORE_WEIGHTS.get(stem))


@cache
def _configs(kind: Kind) -> dict[str, Path]:
    """All configs that are shipped, by name in small letters."""
    shipped = package_folder(kind) / SHIPPED
    found = sorted((shipped / "configs").rglob("*.py")) + sorted(
        (package_folder("mmpose") / SHIPPED / "demo" / "mmdetection_cfg").glob("*.py")
        if kind == "mmdet" and find_spec("mmpose")
        else []
    )
    return {path.stem.lower(): path for path in reversed(found) if "_base_" not in path.parts}


def _models(kind: Kind, wanted: str) -> Iterator[dict[str, Any]]:
    """The packages' own records of models that go by a name, an alias or a config of that name."""
    import yaml  # comes with mmengine

    shipped = package_folder(kind) / SHIPPED
    index = yaml.safe_load((shipped / "model-index.yml").read_text(encoding="utf-8"))
    for part in index["Import"]:
        path = shipped / part
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if wanted.rpartition("/")[2] in text.lower():  # to parse all takes seconds
            for model in _listed(yaml.safe_load(text)):
                if _goes_by(model, wanted):
                    yield model


def _listed(tree: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - as the file has it
    """Models of a file of records, which is a list of them or has one."""
    models = tree.get("Models", []) if isinstance(tree, dict) else tree
    return [model for model in models or [] if isinstance(model, dict) and "Config" in model]


def _goes_by(model: dict[str, Any], wanted: str) -> bool:
    aliases = model.get("Alias") or []
    names = [model.get("Name", ""), *([aliases] if isinstance(aliases, str) else aliases)]
    config = str(model["Config"]).removesuffix(".py").lower()
    return wanted in [str(name).lower() for name in names] or f"/{config}".endswith(f"/{wanted}")


def _first(weights: str | list[str] | None) -> str | None:
    return weights[0] if isinstance(weights, list) and weights else weights or None  # type: ignore[return-value]


def _unknown(kind: Kind, name: str, configs: dict[str, Path]) -> str:
    if name.endswith(".py"):
        return f"no config {name}, here or among those that {kind} ships"
    near = get_close_matches(name.lower(), [*ALIASES[kind], *configs], n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return (
        f"unknown {kind} network {name!r}: it is the name of a config that {kind} ships, an alias "
        f"such as {', '.join(ALIASES[kind])}, or the path of a config of your own.{hint}"
    )
