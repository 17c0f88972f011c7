"""Cases for every operator, version and type of the first input; see ../sweep.py."""
