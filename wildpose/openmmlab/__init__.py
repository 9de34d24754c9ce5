"""OpenMMLab's networks (mmdet, mmpose) as backends: what all of them share.

    from wildpose.openmmlab.models import built
    network, config, meta = built("mmpose", "motionbert@motionbert.pth", device="cpu")

The packages are no dependency of wildpose: tools/install_openmmlab.sh brings them. Nothing here
imports them before a network is asked for.
"""
