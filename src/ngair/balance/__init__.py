"""Site -> setpoints, each with its reason: headroom, sharing, pace, fail-safes. No I/O; time is an argument."""
