"""Attacks on time, memory, processes and files; each stops by itself far above the limits."""

from tests.hostile.attack import GRADED, Attack, attack, partly

STOPPED = ("timed out", "graded", "crashed", "needs a human")
# without memory the canary cannot be heard either: then it is "tampered", and a human looks
KILLED = ("out of memory", "graded", "crashed", "timed out", "tampered")

ATTACKS = [
    attack("loop", "an own cell loops for ever", "while True: pass", "mse", statuses=STOPPED,
           light=True),
    attack("loop-caught", "a loop catches KeyboardInterrupt", """
        while True:
            try:
                while True: pass
            except BaseException:
                pass
        """, "mse", statuses=STOPPED),
    attack("loop-deaf", "SIGINT, SIGTERM and all the rest are ignored in a loop", """
        import signal
        for number in signal.valid_signals():
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        while True: pass
        """, "mse", statuses=STOPPED),
    attack("loop-c", "one C-level power holds the interpreter's lock", """
        print(len(str(3 ** (3 ** 19))), 7 ** (7 ** 12) % 10)
        """, "mse", statuses=STOPPED),
    attack("loop-regex", "a regular expression that backtracks for ever", """
        import re
        re.match(r"(a*)*b", "a" * 60)
        """, "mse", statuses=STOPPED),
    attack("sleep", "sleeps for ever, with the interrupt ignored", """
        import signal, time
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        time.sleep(100000)
        """, "mse", statuses=STOPPED),
    Attack("loop-answer", "an answer loops for ever, each time a test calls it",
           partly("descend", mse="def mse(x, y, theta):\n    while True: pass"), 4, STOPPED),
    Attack("sleep-answers", "each of six answers sleeps for ever: as long as it may take",
           partly(**{name: f"import time\ndef {name}(*_):\n    time.sleep(100000)"
                     for name in ("mse", "mse_gradient", "descend", "curvature", "house_prices",
                                  "find_curvature")}), 0, STOPPED),
    attack("stop-self", "stops itself with SIGSTOP", """
        import os, signal
        os.kill(os.getpid(), signal.SIGSTOP)
        """, "mse", statuses=STOPPED),
    attack("memory", "a memory bomb in one process", """
        held = []
        while len(held) < 80:
            held.append(bytearray(100 << 20))
        print("HARM: 8 GB held")
        """, "mse", statuses=KILLED, light=True),
    attack("memory-caught", "a memory bomb that catches MemoryError and goes on", """
        held, size = [], 100 << 20
        while sum(map(len, held)) < 8 << 30 and size > 1 << 12:
            try:
                held.append(bytearray(size))
            except MemoryError:
                size //= 2
        if sum(map(len, held)) >= 8 << 30:
            print("HARM: 8 GB held")
        """, "mse", statuses=KILLED),
    attack("memory-forks", "a memory bomb spread over 40 forked processes", """
        import os, time
        for _ in range(40):
            if not os.fork():
                held = bytearray(200 << 20)
                held[::4096] = b"x" * len(held[::4096])
                time.sleep(20)
                os._exit(0)
        time.sleep(4)
        """, "mse", statuses=KILLED, light=True),
    attack("memory-tensor", "one tensor of 64 GB", "held = torch.ones(1 << 34)", "mse",
           statuses=KILLED),
    attack("fork", "a fork bomb: every process forks", """
        import mmap, os, time
        count = mmap.mmap(-1, 8)
        start = time.time()
        while time.time() < start + 4:
            try:
                os.fork()
            except OSError:
                continue
            number = int.from_bytes(count[:8], "little") + 1
            count[:8] = number.to_bytes(8, "little")
            if number > 3000:
                print("HARM: 3000 processes")
                os._exit(1)
        time.sleep(60)
        """, "mse", statuses=(*STOPPED, "out of memory"), light=True),
    attack("threads", "a thread bomb", """
        import threading, time
        for number in range(20000):
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        print("HARM: 20000 threads")
        """, "mse", statuses=STOPPED),
    attack("deep", "recursion without a limit, until the stack is gone", """
        import sys
        sys.setrecursionlimit(1 << 30)
        def down(n): return [*map(down, [n])]
        down(0)
        """, "mse", statuses=("crashed", *KILLED)),
    attack("core", "raises its limits and crashes for a core dump", """
        import os, resource
        try:
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
        except (ValueError, OSError):
            pass
        os.abort()
        """, "mse", statuses=("crashed",)),
    attack("limits", "lifts the limits that it was given, then takes what it wants", """
        import resource
        for name in [n for n in dir(resource) if n.startswith("RLIMIT")]:
            if resource.getrlimit(getattr(resource, name))[1] != resource.RLIM_INFINITY:
                try:
                    resource.setrlimit(getattr(resource, name), (resource.RLIM_INFINITY,) * 2)
                    print("HARM: lifted", name)
                except (ValueError, OSError):
                    pass
        """, "mse", statuses=GRADED),
    attack("descriptors", "opens files until no more can be opened", """
        held = []
        try:
            while len(held) < 200000:
                held.append(open("/dev/null"))
            print("HARM: 200000 open files")
        except OSError:
            print("stopped at", len(held) // 1000, "thousand")
        """, "mse", statuses=(*GRADED, *STOPPED)),
]
