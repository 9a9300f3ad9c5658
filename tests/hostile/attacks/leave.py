"""Attacks that change or leave something: for later students, for the instructor, for ever."""

from tests.hostile.attack import GRADED, Attack, attack, partly

LIVES = (*GRADED, "crashed", "timed out", "needs a human", "malformed")
WRITE = """
    import os, pathlib
    for path in {paths!r}:
        path = pathlib.Path(os.path.expanduser(path))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("import os; os.system('touch /tmp/pwned-started')")
            print("wrote", path)
        except OSError as error:
            print(type(error).__name__)
    """


def writes(name: str, what: str, *paths: str, light: bool = False) -> Attack:
    """Write a start-up file wherever that is possible."""
    return attack(name, what, WRITE.format(paths=paths), "mse", light=light,
                  mild=name == "start-ipython")


ATTACKS = [
    writes("start-ipython", "a start-up file for every later kernel",
           "@HOME@/.ipython/profile_default/startup/00-pwned.py",
           "~/.ipython/profile_default/startup/00-pwned.py",
           "~/.config/matplotlib/pwned.py", light=True),
    writes("start-python", "start-up files of Python, in the environment and in labkit",
           "@SITE@/pwned.pth", "@SITE@/sitecustomize.py", "@REPO@/labkit/pwned.py",
           "@REPO@/labkit/check/pwned.py", "~/.local/lib/python3.11/site-packages/usercustomize.py",
           "/usr/lib/python3/dist-packages/pwned.pth", light=True),
    writes("start-system", "cron, profile, and start-up files of shells",
           "/etc/cron.d/pwned", "/var/spool/cron/crontabs/pwned", "/etc/profile.d/pwned.sh",
           "@HOME@/.bashrc", "@HOME@/.profile", "/etc/ld.so.preload"),
    writes("course", "writes into the course: solutions, tests, submissions, configuration",
           "@COURSE@/solutions/gradient_descent/pwned.ipynb", "@COURSE@/nbgrader_config.py",
           "@COURSE@/submitted/ada/gradient_descent/pwned.txt", "@COURSE@/gradebook.db",
           "../../../solutions/gradient_descent/gradient_descent.ipynb", "@TMP@/pwned.txt",
           light=True),
    attack("caches", "poisons the caches of bytecode, torch and matplotlib", """
        import glob, os, sys, torch
        for path in [p for root in sys.path for p in glob.glob(root + "/*/__pycache__")][:50] + [
                os.path.expanduser("~/.cache/torch"), "/tmp/torchinductor_root", "@HOME@/.cache"]:
            try:
                os.makedirs(path, exist_ok=True)
                open(path + "/pwned.cpython-311.pyc", "w").write("x")
                print("wrote", path)
            except OSError as error:
                pass
        """, "mse"),
    attack("rewrite-gradebook", "gives itself full marks in the gradebook, and others none", """
        import sqlite3
        for path in ("@COURSE@/gradebook.db", "../../../gradebook.db", "gradebook.db"):
            try:
                with sqlite3.connect(path) as book:
                    book.execute("update grade set manual_score = 5")
                    print("HARM: the gradebook is rewritten")
            except sqlite3.Error as error:
                print(error)
        """, "mse", light=True),
    attack("lock-gradebook", "holds a lock on the gradebook", """
        import sqlite3
        try:
            book = sqlite3.connect("@COURSE@/gradebook.db", isolation_level=None)
            book.execute("begin exclusive")
            print("HARM: locked", book.execute("select count(*) from grade").fetchone())
        except sqlite3.Error as error:
            print(error)
        """, "mse"),
    attack("delete-all", "deletes everything that it can reach in the course, home and labkit", """
        import shutil
        for path in ("@COURSE@", "@HOME@", "@TMP@", "@REPO@/labkit/grading/pwned", ".", "/tmp",
                     "/dev/shm"):
            shutil.rmtree(path, ignore_errors=True)
        """, "mse", statuses=LIVES),
    attack("daemon", "a process that leaves its parents and its session", """
        import os, time
        if not os.fork():
            os.setsid()
            if not os.fork():
                for number in range(3):
                    os.close(number)
                time.sleep(600)
            os._exit(0)
        """, "mse", statuses=LIVES, light=True, mild=True),
    attack("daemons", "processes by nohup, setsid and a shell, deaf to signals", """
        import subprocess
        for command in ("nohup sleep 601 >/dev/null 2>&1 &", "setsid sleep 602 &",
                        "trap '' HUP INT TERM QUIT; (sleep 603; sleep 604) &"):
            subprocess.Popen(command, shell=True, start_new_session=True,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        """, "mse", statuses=LIVES),
    attack("daemon-late", "a process that waits for the end and then writes", """
        import os, time
        if not os.fork():
            os.setsid()
            while True:
                time.sleep(0.2)
                for path in ("@COURSE@/pwned", "@TMP@/pwned", "/tmp/pwned-late"):
                    try:
                        open(path, "w")
                    except OSError:
                        pass
        """, "mse", statuses=LIVES),
    attack("at-exit", "code that runs when the kernel is shut down, and does not end", """
        import atexit, time, signal
        def stay():
            open("pwned-exit", "w")
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            time.sleep(600)
        atexit.register(stay)
        """, "mse", statuses=LIVES),
    Attack("parent-state", "changes modules that the warm parent gave it, for the next student",
           partly("mse", descend="""import labkit.check, torch, builtins, os
labkit.check.close = lambda *a, **k: None
torch.set_default_dtype(torch.float16)
builtins.abs = lambda v: 0
os.environ["PWNED"] = "1"
raise RuntimeError("poisoned")"""), 2, ("tampered", "graded")),
]
