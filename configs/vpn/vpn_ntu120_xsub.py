"""VPN, Das et al. 2020: poses say where and when an I3D looks, NTU-120 X-Sub, 86.3 %."""

_base_ = "vpn_ntu60_xsub.py"
data = {"name": "ntu120"}
published = 86.3
_percent = {
    "table1_backbone": 77.0,
    "table1_attention": 85.4,
    "table2_lstm_separate": 84.7,
    "table2_gcn_separate": 85.6,
    "table2_lstm_coupled": 85.3,
    "table3_kl_video_pose": 85.5,
    "table3_kl_pose_video": 85.6,
    "table3_kl_both": 86.1,
    "table4_lstm_no_embedding": 81.7,
    "table4_lstm": 82.7,
    "table4_gcn_no_embedding": 82.6,
    "table4_gcn": 83.1,
}
variants = {name: {"published": percent} for name, percent in _percent.items()}
