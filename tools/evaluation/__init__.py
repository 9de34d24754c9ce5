"""What `tools/evaluate_pose.py` shows to the pipeline, how it compares, and what it writes."""
