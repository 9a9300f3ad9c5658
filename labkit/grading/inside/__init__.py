"""The program inside the box: a warm parent that has imported much and forks a kernel on demand.

It stands alone, because nothing else of labkit.grading is visible in the box. Three kinds of
process: the warm parent (runs no student's code); for each submission a supervisor, in namespaces
of its own, which no process of the student can see; and the student's kernel, first of its pid
namespace, so that its end is the end of everything it started.

The order of steps in `supervise` and `become_kernel` is what isolates: change it with care.
"""
