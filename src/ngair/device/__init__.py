"""The box itself: who it is and what it is called. Decisions, not doings."""
