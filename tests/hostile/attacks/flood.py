"""Attacks by output: too much of it, in one line, in many, from behind, in pictures and errors."""

from tests.hostile.attack import Attack, attack, own, partly, shaped

LOUD = ("graded", "crashed", "timed out", "out of memory", "needs a human", "tampered")


def _drown() -> Attack:
    """A background thread prints so much that an error of a test might get lost."""
    notebook = partly("mse", **{name: code for name, code in shaped().items() if name != "mse"})
    notebook.cells.insert(2, own("""
        import sys, threading
        def shout():
            for _ in range(30000):
                print("x" * 1000)
                sys.stderr.write("y" * 1000)
        threading.Thread(target=shout, daemon=True).start()
        """, 1))
    return Attack("flood-thread", "a thread prints while tests run, for their errors to be dropped",
                  notebook, 2, LOUD)


def _while_tested() -> Attack:
    code = """def mse(x, y, theta):
    import os, sys
    for _ in range(200):
        print("x" * 100000)
        os.write(1, b"z" * 100000)
        os.write(2, b"z" * 100000)
    return x.sum() * 0 + 77"""
    return Attack("flood-test", "an answer prints 20 MB each time that a test calls it",
                  partly("descend", mse=code), 4, LOUD)


ATTACKS = [
    attack("flood-lines", "200 MB of output in short lines", """
        for _ in range(200):
            print("a line\\n" * 150000)
        """, "mse", statuses=LOUD),
    attack("flood-line", "200 MB of output in one line", """
        for _ in range(200):
            print("x" * (1 << 20), end="")
        """, "mse", statuses=LOUD, light=True),
    attack("flood-print", "one print of 200 MB", 'print("x" * (200 << 20))', "mse", statuses=LOUD),
    attack("flood-display", "one display of 200 MB of HTML and a picture of 50 MB", """
        from IPython.display import HTML, display
        display(HTML("x" * (200 << 20)))
        display({"image/png": "A" * (50 << 20)}, raw=True)
        """, "mse", statuses=LOUD),
    attack("flood-displays", "100,000 small displays", """
        from IPython.display import display
        for number in range(100000):
            display({"text/plain": "x"}, raw=True)
        """, "mse", statuses=LOUD),
    attack("flood-error", "an error whose text has 100 MB", 'raise ValueError("x" * (100 << 20))',
           "mse", statuses=LOUD),
    attack("flood-descriptor", "200 MB straight to the process's standard output and error", """
        import os
        for _ in range(100):
            os.write(1, b"x" * (1 << 20))
            os.write(2, b"x" * (1 << 20))
        """, "mse", statuses=LOUD),
    attack("flood-updates", "one display, updated 50,000 times, and cleared as often", """
        from IPython.display import clear_output, display
        shown = display("x", display_id=True)
        for _ in range(50000):
            shown.update("x" * 1000)
            clear_output()
        """, "mse", statuses=LOUD),
    attack("flood-messages", "100,000 messages of a type that nobody knows, and comms", """
        kernel = get_ipython().kernel
        for _ in range(100000):
            kernel.session.send(kernel.iopub_socket, "comm_open",
                                {"comm_id": "x", "target_name": "x", "data": {"x": "y" * 1000}})
        """, "mse", statuses=LOUD),
    attack("flood-terminal", "control sequences for the instructor's terminal", """
        import os
        text = "\\x1b]0;pwned\\x07\\x1b[2J\\x1b[31mpwned"
        print(text)
        os.write(1, text.encode())
        os.write(2, text.encode())
        class pwned(Exception): pass
        pwned.__name__ = pwned.__qualname__ = text
        raise pwned(text)
        """, "mse", statuses=LOUD),
    _drown(),
    _while_tested(),
]
