"""What `tools/bench.py` measures, one file each, and the peer that it is measured against."""
