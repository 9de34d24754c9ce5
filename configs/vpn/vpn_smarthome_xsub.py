"""VPN, Das et al. 2020: poses say where and when an I3D looks, Toyota Smarthome CS, 60.8 %.

Percent are means over classes. In two stages: `--variant table1_backbone` is the I3D alone, from
weights of Kinetics given by `--cfg-options network.backbone.pretrained=FILE`; the others begin with
it. Pictures are the squares around everybody whom LCR-Net found, where the authors cut out what a
detector did.
"""

from recognizers.vpn.rows import ROWS as _ROWS
from recognizers.vpn.rows import WHOLE as _WHOLE

_base_ = "vpn_ntu60_xsub.py"
data = {"name": "smarthome"}
preparation = {"joint_set": "lcr13", "people": 1}
sampling = {"frames": 30}
network = {"steps": 30}
schedule = {"monitor": "mean_class"}
published = _WHOLE.smarthome_xsub
variants = {name: {"published": row.percent.smarthome_xsub} for name, row in _ROWS.items()}
