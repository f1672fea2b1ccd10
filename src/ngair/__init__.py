"""An open Nanogrid Air: meter bytes in, charging kept under the main fuse, the Local API out."""

__version__ = "0.1.0"
