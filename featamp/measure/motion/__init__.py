"""Motion of what pictures show: how much of a sweep it is, and whether samples share one."""
