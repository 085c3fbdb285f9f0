"""Workbooks that people without Python fill in: the plan's form, written and read back."""
