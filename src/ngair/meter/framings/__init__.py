"""Where a telegram begins and ends, and whether it arrived whole. One file a framing."""
