"""Submissions run by a `dask.distributed` cluster; this process alone writes the gradebook.

The scheduler and each worker need the same environment as this computer, and workers bubblewrap.
Students' work and hidden tests travel: the connection is only as private as dask's TLS settings
make it (`distributed.comm.tls` in dask's own configuration, the same everywhere). Without them,
whoever reaches a port of the cluster reads along, and runs code there as the workers' user.
"""

import asyncio
import contextlib
import functools
import hashlib
import importlib.metadata
import platform
import threading
from collections.abc import Iterator
from pathlib import Path

from distributed import CancelledError, Client, Future, KilledWorker, Security, get_worker, rpc
from distributed import wait as wait_for
from distributed.comm import CommClosedError

import labkit
from labkit.grading import status, unit
from labkit.grading.box import BoxError, Limits
from labkit.grading.run import Engine, GradeError

PATIENCE = 30  # seconds to wait for the scheduler, and for a worker when there is none
PACKAGES = ("torch", "numpy", "ipykernel", "nbclient", "nbformat", "distributed")
Environment = dict[str, str]
START = "dask scheduler, and on each machine: dask worker ADDRESS"
SAME = ("Install the course there as here (pip install -c constraints.txt -e '.[grade]'), and "
        "start it again.")


@contextlib.contextmanager
def cluster(address: str) -> Iterator[tuple[Engine, int]]:
    """What runs a unit of work on a cluster, from several threads, and how many at a time.

    Raises GradeError if the cluster cannot be reached, has no worker, or differs from this machine.
    """
    _reach(address)
    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise GradeError(f"the scheduler at {address} has no worker after {PATIENCE} s. On "
                             f"each machine, type: dask worker {address}") from error
        _compare(client)
        engine = functools.partial(_execute, client, threading.Lock())
        yield engine, max(1, sum(client.nthreads().values()))


@functools.cache
def environment() -> Environment:
    """What must be alike here and on a worker: versions, and a hash of labkit's own text."""
    root, digest = Path(labkit.__file__).parent, hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        if path.relative_to(root).parts[0] != "authoring":  # not needed to grade
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return {"Python": ".".join(platform.python_version_tuple()[:2]),
            **{name: importlib.metadata.version(name) for name in PACKAGES},
            "labkit (a hash of its files)": digest.hexdigest()[:12]}


def _reach(address: str) -> None:
    """Ask who answers at an address; Client would leave threads behind where nobody does."""
    async def identity() -> str:
        words = Security().get_connection_args("client")
        async with rpc(address, timeout=PATIENCE, connection_args=words) as other:
            return (await asyncio.wait_for(other.identity(), PATIENCE)).get("type", "")

    try:
        kind = asyncio.run(identity())
    except (OSError, TypeError, ValueError) as error:
        raise GradeError(f"no dask scheduler answers at {address!r} ({error or 'no answer'}). "
                         "It is written like tcp://192.0.2.1:8786 (tls:// with dask's TLS "
                         f"settings). To start one, type: {START}") from error
    if kind != "Scheduler":
        raise GradeError(f"at {address} is a {kind or 'program'}, not the scheduler, of a dask "
                         "cluster: give the address that `dask scheduler` printed.")


def _compare(client: Client) -> None:
    """Raise GradeError unless labkit is on the scheduler and each worker is as this computer."""
    try:  # the scheduler unpacks what it hands on, so it needs labkit too
        client.run_on_scheduler(environment)
    except Exception as error:
        raise GradeError(f"the scheduler cannot use labkit ({error}). {SAME}") from error
    here = environment()
    for worker, there in client.run(environment, on_error="return").items():
        if isinstance(there, Exception):
            raise GradeError(f"worker {worker} cannot use labkit ({there}). {SAME}")
        if there != here:
            raise GradeError(_difference(worker, here, there))


def _difference(worker: str, here: Environment, there: Environment) -> str:
    found = ", ".join(f"{name} {there.get(name)} (here {here[name]})" for name in here
                      if there.get(name) != here[name])
    return f"worker {worker} would grade differently: it has {found}. {SAME}"


def _execute(client: Client, alone: threading.Lock, *work: object) -> str:
    """unit.execute on a worker; on others if workers are lost.

    dask gives up work whose worker ended several times, and with it what ran beside it there. So
    each of these runs once more, one at a time; then it is known which one was at fault.
    """
    try:
        return _send(client, *work)
    except KilledWorker:
        with alone:
            try:
                return _send(client, *work)
            except KilledWorker as error:
                raise unit.Ended(status.CRASHED, "the workers that ran it ended, each time. If it "
                                 "was not at fault, grade it again: --only STUDENT --force"
                                 ) from error


def _send(client: Client, notebook: str, files: dict[str, bytes], limits: Limits,
          unsafe: bool = False, readable: tuple[str, ...] = ()) -> str:
    """One submission to the cluster; its result is not kept there."""
    future = client.submit(_unit, environment(), notebook, files, limits, unsafe, readable,
                           pure=False)
    try:
        _attend(client, future)
        done = future.result()
    except (CancelledError, CommClosedError) as error:
        raise BoxError("the connection to the cluster was lost. What was graded is in the "
                       "gradebook; when the cluster is back, the same command goes on.") from error
    finally:
        future.release()
    if isinstance(done, Exception):
        raise done
    return done


def _attend(client: Client, future: Future) -> None:
    """Wait until it is done; raises BoxError when there is no worker left to do it."""
    without = 0
    while without < 2:
        try:
            with client.as_current():
                wait_for(future, PATIENCE)
            return
        except TimeoutError:
            workers = client.scheduler_info(n_workers=1)["workers"]
            without = 0 if workers else without + 1
    raise BoxError("the cluster has no worker any more. What was graded is in the gradebook; "
                   "start workers, and the same command goes on.")


def _unit(here: Environment, *arguments: object) -> str | Exception:
    """On a worker: run a unit; an error is returned, and says which worker it is without a box.

    Raised, an error whose traceback is too deep to travel would leave the client waiting for ever.
    Workers may join at any time, so each unit looks whether it is at home.
    """
    worker, there = get_worker(), environment()
    if there != here:
        return BoxError(_difference(worker.address, here, there))
    try:
        return unit.execute(*arguments)
    except unit.Ended as error:
        return unit.Ended(*error.args)
    except BoxError as error:
        return BoxError(f"worker {worker.name} ({worker.address}): {error}")
    except Exception as error:
        return RuntimeError(f"{type(error).__name__}: {str(error)[:2000]}")
