"""The LCR lifter that comes with wildpose: 13 joints, K anchor poses, full and upper body."""

classes = 100  # K, chosen on validation; the network has 2 K
seed = 0
virtual = 300_000  # samples from virtual cameras, besides the looks
looks_share = 0.4  # of the samples that a batch is drawn from
network = {"width": 512, "bottleneck": 128, "blocks": 2, "dropout": 0.1}
schedule = {"steps": 10_000, "batch": 1024, "learning_rate": 2e-3}
radii = (0.05, 0.08, 0.1, 0.15, 0.2, 0.3)  # metres; the smallest whose top mode is as good
