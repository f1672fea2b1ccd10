"""Bytes of a meter's customer port -> telegrams -> readings. Pure: no clock, no I/O."""
