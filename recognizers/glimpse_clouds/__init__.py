"""Glimpse Clouds (Baradel, Wolf, Mille, Taylor, CVPR 2018), and what they are compared to."""

from __future__ import annotations

from recognizers.glimpse_clouds.frame_lstm import FrameLstm
from recognizers.glimpse_clouds.network import GlimpseClouds, Glimpses

__all__ = ["FrameLstm", "GlimpseClouds", "Glimpses"]
