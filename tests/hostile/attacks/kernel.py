"""Attacks on memory that belongs to no process: files in memory, pipes, mounts; and full disks."""

from tests.hostile.attack import GRADED, Attack, attack

ANY = (*GRADED, "out of memory", "crashed", "timed out")
FILL = """
    import os
    block, done = b"x" * (1 << 22), 0
    try:
        for number in range(1000):
            with open(f"{folder}/pwned-{{number}}", "wb") as file:
                for _ in range(16):
                    file.write(block)
                    done += len(block)
            if done > 3 << 30:
                print("HARM: wrote 3 GB to {folder}")
                break
    except OSError as error:
        print("stopped:", error.strerror)
    """


def fill(name: str, folder: str) -> Attack:
    """Fill a folder with files until it is full."""
    return attack(f"fill-{name}", f"fills {folder} with files",
                  FILL.format(folder=folder), "mse", statuses=ANY, light=name == "home")


ATTACKS = [
    fill("home", "."), fill("tmp", "/tmp"), fill("shm", "/dev/shm"),
    attack("fill-mounts", "fills every mount that can be written, the kernel's sockets' too", """
        import os
        done, block = 0, b"x" * (1 << 22)
        for line in open("/proc/self/mountinfo"):
            place = line.split()[4]
            for folder in [place, *(os.path.join(place, n) for n in os.listdir(place))] \\
                    if os.path.isdir(place) and os.access(place, os.R_OK) else []:
                try:
                    with open(f"{folder}/pwned-mount", "wb") as file:
                        while done < 3 << 30:
                            done += file.write(block)
                    print("HARM: wrote 3 GB,", place)
                except OSError:
                    pass
        """, "mse", statuses=ANY),
    attack("empty-files", "as many empty files as there can be", """
        import os
        number = 0
        try:
            while number < 2000000:
                os.close(os.open(f"/tmp/pwned-{number}", os.O_CREAT | os.O_WRONLY))
                number += 1
            print("HARM: two million files")
        except OSError as error:
            print("stopped:", error.strerror)
        """, "mse", statuses=ANY),
    attack("sparse", "one file of 8 TB with nothing in it", """
        import os
        try:
            with open("pwned-sparse", "wb") as file:
                file.truncate(8 << 40)
            print("a sparse file costs nothing")
        except OSError as error:
            print("stopped:", error.strerror)
        """, "mse", statuses=ANY),
    attack("memfd", "files in memory, that no process has mapped", """
        import os
        held, done, block = [], 0, b"x" * (1 << 22)
        try:
            while done < 6 << 30:
                held.append(os.memfd_create("pwned"))
                for _ in range(16):
                    done += os.write(held[-1], block)
            print("HARM: 6 GB in memory files")
        except OSError as error:
            print("stopped:", error.strerror)
        finally:
            for one in held:
                os.close(one)
        """, "mse", statuses=ANY),
    attack("memfd-forks", "files in memory, held by many processes", """
        import os, time
        for _ in range(30):
            if not os.fork():
                held = [os.memfd_create("pwned") for _ in range(10)]
                try:
                    for one in held:
                        for _ in range(5):
                            os.write(one, b"x" * (1 << 22))
                    os.write(1, b"")
                finally:
                    time.sleep(20)
                    os._exit(0)
        time.sleep(4)
        """, "mse", statuses=ANY),
    attack("shared-memory", "System V shared memory, attached by nobody", """
        import ctypes
        libc, done = ctypes.CDLL(None, use_errno=True), 0
        libc.shmat.restype = ctypes.c_void_p
        while done < 6 << 30:
            one = libc.shmget(0, 64 << 20, 0o1666)
            if one < 0:
                break
            place = libc.shmat(one, None, 0)
            if place in (None, 2**64 - 1):
                break
            ctypes.memset(place, 1, 64 << 20)
            libc.shmdt(ctypes.c_void_p(place))
            done += 64 << 20
        print("HARM: 6 GB of shared memory" if done >= 6 << 30 else "stopped")
        """, "mse", statuses=ANY),
    attack("own-mount", "a user namespace of its own, and in it a tmpfs without a limit", """
        import ctypes, os
        libc = ctypes.CDLL(None, use_errno=True)
        if not os.fork():
            if libc.unshare(0x10000000 | 0x00020000) == 0:
                if libc.mount(b"none", b"/tmp", b"tmpfs", 0, b"size=100%") == 0:
                    done = 0
                    try:
                        while done < 3 << 30:
                            with open(f"/tmp/pwned-{done}", "wb") as file:
                                for _ in range(16):
                                    done += file.write(b"x" * (1 << 22))
                    except OSError:
                        pass
                    print("HARM: an own mount took", done >> 30, "GB", flush=True)
            os._exit(0)
        os.wait()
        """, "mse", statuses=ANY),
    attack("pipes", "pipes and sockets filled to the brim", """
        import fcntl, os, socket
        done, held = 0, []
        try:
            while done < 4 << 30:
                ends = os.pipe()
                held.append(ends)
                os.set_blocking(ends[1], False)
                try:
                    fcntl.fcntl(ends[1], 1031, 1 << 20)
                except OSError:
                    pass
                try:
                    done += os.write(ends[1], b"x" * (1 << 20))
                except BlockingIOError:
                    pass
            print("HARM: 4 GB in pipes")
        except OSError as error:
            print("stopped:", error.strerror)
        for pair in held:
            os.close(pair[0]), os.close(pair[1])
        """, "mse", statuses=ANY),
]
