"""Archives: many videos labelled by worker processes, each once, however often a run is killed.

    sources    which videos are meant
    ledger     what became of each, in an SQLite file; the driver alone writes it
    driver     hands jobs from the ledger to a pool, and what comes back to the ledger
    pool       what a driver asks of workers: local_pool has processes, ray_pool those of a cluster
    worker     what a worker does with one video
    tables     all results as Parquet, in line with the ledger; upkeep says when
    finding    what is in the tables

Nothing here but `worker`, `command` and `find_clips` loads a network or a video library.
"""
