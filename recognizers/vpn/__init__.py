"""Video-Pose Network: poses say where and when to look in the features of a video.

Das, Sharma, Dai, Bremond, Thonnat, VPN: Learning Video-Pose Embedding for Activities of Daily
Living, ECCV 2020. Written from the paper.
"""
