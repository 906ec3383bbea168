"""A day of faults: the product's own processes are attacked while runs go on, and then everything is checked.

`python -m tests.stack.chaos --seed 1 --runs 1000`, or `make chaos`.
"""
