"""From clips of a data set to the batches that networks read."""
