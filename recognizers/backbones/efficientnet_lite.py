"""EfficientNet-lite0: a network of images that two cores can run over every crop of a data set."""

from __future__ import annotations

import re
from pathlib import Path

from torch import Tensor, nn
from torch.nn.functional import interpolate, pad

from recognizers.backbones.backbone import Backbone, check_input
from recognizers.backbones.pretrained import Published

# Blocks, kernel, stride of the first, by how much channels are expanded inside, and channels, of
# each stage: EfficientNet-B0 (Tan and Le, ICML 2019, table 1). The lite ones have ReLU6 in place of
# swish, and nothing is squeezed and excited.
STAGES = (
    (1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320),
)  # fmt: skip
STEM, FEATURES = 32, 1280
SMALLEST = 32  # px: of fewer, its last map would be smaller than one pixel of the picture
EPSILON = 1e-3  # of the batch normalisation, as TensorFlow has it
# A name in the published file -> the name here.
_RENAMED = (
    (r"^_conv_stem\.", "stem.0."),
    (r"^_bn0\.", "stem.1."),
    (r"^_conv_head\.", "head.0."),
    (r"^_bn1\.", "head.1."),
    (r"^_blocks\.(\d+)\._expand_conv\.", r"blocks.\1.expand.0."),
    (r"^_blocks\.(\d+)\._bn0\.", r"blocks.\1.expand.1."),
    (r"^_blocks\.(\d+)\._depthwise_conv\.", r"blocks.\1.depthwise.0."),
    (r"^_blocks\.(\d+)\._bn1\.", r"blocks.\1.depthwise.1."),
    (r"^_blocks\.(\d+)\._project_conv\.", r"blocks.\1.project.0."),
    (r"^_blocks\.(\d+)\._bn2\.", r"blocks.\1.project.1."),
)


class EfficientNetLite0(Backbone):
    """EfficientNet-lite0 up to its pooled 1280 features.

    3.4 million weights, a sixth of Inception-v3's, and as little of its work.
    """

    published = Published(weight="efficientnet_lite0")
    heads = ("_fc.",)

    def __init__(self, *, pretrained: bool | str | Path, frozen: bool = False, size: int = 224):
        """Set up.

        Args:
            pretrained: see `Backbone.settle`; True: weights of ImageNet, as wildpose fetches its
                own networks' (`wildpose.weights`).
            frozen: it does not learn.
            size: px, to which pictures are resized; that of the training by default.

        Raises:
            ValueError: the size is below 32 px.
        """
        super().__init__(mean=(127.0,) * 3, std=(128.0,) * 3)  # TensorFlow's for the lite ones
        if size < SMALLEST:
            raise ValueError(f"size must be {SMALLEST} px or more, got {size}")
        self.size, self.channels = size, FEATURES
        self.stem = _layer(3, STEM, 3, stride=2)
        self.blocks = nn.Sequential()
        incoming = STEM
        for count, kernel, stride, expansion, outgoing in STAGES:
            for i in range(count):
                block = _Block(
                    incoming, outgoing, kernel, stride=1 if i else stride, expansion=expansion
                )
                self.blocks.append(block)
                incoming = outgoing
        self.head = _layer(incoming, FEATURES, 1)
        self.settle(pretrained=pretrained, frozen=frozen)

    def forward(self, pictures: Tensor) -> Tensor:
        """(N, 1280) features, pooled over the picture.

        Args:
            pictures: (N, 3, S, S), normalised; of any size.

        Raises:
            ValueError: they are no such thing.
        """
        check_input(pictures, wanted="(N, 3, S, S)")
        if pictures.shape[-2:] != (self.size, self.size):
            pictures = interpolate(
                pictures, (self.size, self.size), mode="bilinear", antialias=True
            )
        return self.head(self.blocks(self.stem(pictures))).mean(dim=(2, 3))

    def draw_weights(self) -> None:
        """Random ones: He et al., ICCV 2015, as far as a picture's channels meet."""
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def take(self, tensors: dict[str, Tensor], source: str) -> None:
        """As every backbone does, under the names of the published file too."""
        super().take({_renamed(name): tensor for name, tensor in tensors.items()}, source)


class _Block(nn.Module):
    """An inverted residual: wider inside, where each channel is convolved by itself."""

    def __init__(self, incoming: int, outgoing: int, kernel: int, *, stride: int, expansion: int):
        super().__init__()
        inside = incoming * expansion
        self.expand = _layer(incoming, inside, 1) if expansion > 1 else nn.Identity()
        self.depthwise = _layer(inside, inside, kernel, stride=stride, groups=inside)
        self.project = _layer(inside, outgoing, 1)[:2]  # linear
        self.residual = stride == 1 and incoming == outgoing

    def forward(self, x: Tensor) -> Tensor:
        changed = self.project(self.depthwise(self.expand(x)))
        return x + changed if self.residual else changed


class _Same(nn.Conv2d):
    """A convolution with TensorFlow's padding: an odd pixel of it is behind and below."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  # torch's own name
        sizes = zip(input.shape[-2:], self.kernel_size, self.stride, strict=True)
        tall, wide = (max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in sizes)
        around = (wide // 2, wide - wide // 2, tall // 2, tall - tall // 2)
        return super().forward(pad(input, around) if any(around) else input)


def _layer(
    incoming: int, outgoing: int, kernel: int, *, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        _Same(incoming, outgoing, kernel, stride, groups=groups, bias=False),
        nn.BatchNorm2d(outgoing, eps=EPSILON),
        nn.ReLU6(),
    )


def _renamed(name: str) -> str:
    for pattern, own in _RENAMED:
        name = re.sub(pattern, own, name)
    return name
