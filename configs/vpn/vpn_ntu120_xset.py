"""VPN, Das et al. 2020: poses say where and when an I3D looks, NTU-120 X-Set, 87.8 %."""

_base_ = "vpn_ntu120_xsub.py"
data = {"protocol": "xset"}
published = 87.8
_percent = {
    "table1_backbone": 80.1,
    "table1_attention": 86.9,
    "table2_lstm_separate": 83.6,
    "table2_gcn_separate": 86.8,
    "table2_lstm_coupled": 84.1,
    "table3_kl_video_pose": 87.1,
    "table3_kl_pose_video": 86.9,
    "table3_kl_both": 87.2,
    "table4_lstm_no_embedding": 81.2,
    "table4_lstm": 82.0,
    "table4_gcn_no_embedding": 84.3,
    "table4_gcn": 85.3,
}
variants = {name: {"published": percent} for name, percent in _percent.items()}
