"""Pose-conditioned spatio-temporal attention (Baradel, Wolf, Mille, 2017): pose and hands."""
