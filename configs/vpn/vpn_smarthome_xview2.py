"""VPN, Das et al. 2020: poses say where and when an I3D looks, Toyota Smarthome CV2, 53.5 %."""

_base_ = "vpn_smarthome_xsub.py"
data = {"protocol": "xview2"}
published = 53.5
_percent = {
    "table1_backbone": 45.1,
    "table1_attention": 50.5,
    "table2_lstm_separate": 50.6,
    "table2_gcn_separate": 53.1,
    "table2_lstm_coupled": 51.5,
    "table3_kl_video_pose": 50.9,
    "table3_kl_pose_video": 51.1,
    "table3_kl_both": 51.7,
    "table4_lstm_no_embedding": 50.0,
    "table4_lstm": 52.6,
    "table4_gcn_no_embedding": 51.7,
    "table4_gcn": 53.1,
}
variants = {name: {"published": percent} for name, percent in _percent.items()}
