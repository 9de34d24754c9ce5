"""Graph convolution over the joints of a skeleton and over time."""
