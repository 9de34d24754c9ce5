"""The recognizer that comes with wildpose, fine-tuned for videos of your own and their classes.

`tools/prepare_videos.py VIDEOS --out DATA/own_videos` makes the clips; of another folder of DATA
`--cfg-options data.name=FOLDER` trains.
"""

_base_ = "graph_everyday_videos_shots5.py"
data = {"name": "own_videos", "protocol": "files"}
# For a few dozen clips. Of hundreds `--cfg-options schedule.repeats=4` takes less time.
schedule = {"epochs": 8, "batch": 16, "repeats": 40}
# A few clips tell nothing of how often labels are right: it says what it thinks, with its score.
precision = None
variants = {"_delete_": True}
