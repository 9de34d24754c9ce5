"""Networks that turn clips into class scores: one family per file, trainable with configs/."""
