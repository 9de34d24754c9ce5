"""Experiments of recognizers: samples of data sets for networks, and what came out."""
