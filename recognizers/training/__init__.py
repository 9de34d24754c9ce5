"""Trainings as configs describe them, by the runner of mmengine, and what they end with."""
