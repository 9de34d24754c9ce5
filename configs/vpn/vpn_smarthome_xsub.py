"""VPN, Das et al. 2020: poses say where and when an I3D looks, Toyota Smarthome CS, 60.8 %.

Percent are means over classes. In two stages: `--variant table1_backbone` is the I3D alone, from
weights of Kinetics given by `--cfg-options network.backbone.pretrained=FILE`; the others begin with
it. Pictures are the squares around everybody whom LCR-Net found, where the authors cut out what a
detector did.
"""

_base_ = "vpn_ntu60_xsub.py"
data = {"name": "smarthome"}
preparation = {"joint_set": "lcr13", "people": 1}
sampling = {"frames": 30}
network = {"steps": 30}
schedule = {"monitor": "mean_class"}
published = 60.8
_percent = {
    "table1_backbone": 53.4,
    "table1_attention": 56.4,
    "table2_lstm_separate": 57.1,
    "table2_gcn_separate": 60.1,
    "table2_lstm_coupled": 57.6,
    "table3_kl_video_pose": 57.2,
    "table3_kl_pose_video": 57.0,
    "table3_kl_both": 57.2,
    "table4_lstm_no_embedding": 45.5,
    "table4_lstm": 56.5,
    "table4_gcn_no_embedding": 49.1,
    "table4_gcn": 58.4,
}
variants = {name: {"published": percent} for name, percent in _percent.items()}
