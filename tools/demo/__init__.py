"""The demonstration: the main job, headless, with real input."""
from tools.demo.walk import main

__all__ = ["main"]
