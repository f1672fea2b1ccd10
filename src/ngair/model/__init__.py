"""The words of the house: what is measured, what is connected, and what may happen. Imports nothing of ours."""
