"""The YouTube set: what its manifest says, and the stages from there to labelled skeletons."""
