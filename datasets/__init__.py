"""Labelled clips: one data set per file, its protocols as data, and the mannequins we render.

These modules live in the checkout and stay out of the wheel: installed, a top-level `datasets`
would overwrite Hugging Face's package of that name.
"""
