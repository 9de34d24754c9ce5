"""Says what is missing where a tool that draws was installed without its extra."""

from _needs import need

need("matplotlib")
