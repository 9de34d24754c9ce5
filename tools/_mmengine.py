"""Says what is missing where a tool that trains was installed without its extra."""

from _needs import need

need("mmengine")
