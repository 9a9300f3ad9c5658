"""Attacks on what the kernel tells the grader: hooks of IPython, messages, exits."""

from tests.hostile.attack import FORGED, POINTS, Attack, first, shaped

CAUGHT = ("graded", "tampered", "crashed", "needs a human", "timed out")
REST = {name: code for name, code in shaped().items() if name != "descend"}


def told(name: str, what: str, code: str, allowed: str = "", light: bool = False) -> Attack:
    """Only `descend` is answered honestly (4 points); all else is wrong, of the right shape."""
    return Attack(name, what, first(code, "descend", **REST), POINTS["descend"], CAUGHT, allowed,
                  light=light)


ATTACKS = [
    told("strip-asserts", "a syntax transformer replaces every call of check by None", """
        import ast
        class Strip(ast.NodeTransformer):
            def visit_Expr(self, node): return ast.Pass()
            def visit_With(self, node): return ast.Pass()
            def visit_Assert(self, node): return ast.Pass()
        get_ipython().ast_transformers.append(Strip())
        """, light=True),
    told("replace-input", "an input transformer replaces every test by its points", """
        get_ipython().input_transformers_post.append(
            lambda lines: ["2\\n"] if any("check." in line for line in lines) else lines)
        """),
    told("hide-traceback", "tracebacks are not shown", """
        shell = get_ipython()
        shell.showtraceback = shell._showtraceback = shell.showsyntaxerror = lambda *_, **__: None
        """),
    told("custom-handler", "a handler of IPython's own takes every exception", """
        get_ipython().set_custom_exc((BaseException,), lambda *_, **__: None)
        """),
    told("run-cell", "the shell's run_cell reports success without running", """
        from IPython.core.interactiveshell import ExecutionResult, InteractiveShell
        async def done(self, *_, **__):
            result = ExecutionResult(None)
            result.execution_count = 1
            return result
        InteractiveShell.run_cell_async = done
        """),
    told("run-code", "the shell's run_code swallows errors", """
        shell = get_ipython()
        real = shell.run_code
        async def quiet(code, result=None, **named):
            await real(code, None, **named)
            return False
        shell.run_code = quiet
        shell.showtraceback = lambda *_, **__: None
        """),
    told("reply-ok", "every reply of the kernel says ok, and errors are not published", """
        kernel = get_ipython().kernel
        send = kernel.session.send
        def lie(stream, kind, content=None, *rest, **named):
            if kind == "error":
                return None
            if isinstance(content, dict) and content.get("status") == "error":
                content = {"status": "ok", "execution_count": 1, "payload": [],
                           "user_expressions": {}}
            return send(stream, kind, content, *rest, **named)
        kernel.session.send = lie
        """, light=True),
    told("result-number", "each failed test publishes its full points as a result", """
        shell = get_ipython()
        def points(*_, **__):
            for number in (1, 2):
                shell.kernel.session.send(
                    shell.kernel.iopub_socket, "execute_result",
                    {"data": {"text/plain": str(number)}, "metadata": {}, "execution_count": 1},
                    parent=shell.kernel.get_parent("shell"))
        shell._showtraceback = points
        """),
    told("result-hundred", "a result above the maximum, and one that is no number", """
        shell = get_ipython()
        def points(*_, **__):
            for text in ("100", "nan", "inf", "1e999", "-5", "True", "0x10"):
                shell.kernel.session.send(
                    shell.kernel.iopub_socket, "execute_result",
                    {"data": {"text/plain": text}, "metadata": {}, "execution_count": 1},
                    parent=shell.kernel.get_parent("shell"))
        shell._showtraceback = points
        """),
    told("print-scores", "prints that every test passed, in words and in numbers", """
        shell = get_ipython()
        def points(*_, **__):
            print("2\\nmse: the visible tests pass\\nScore: 2.0 / 2.0 (Score: 2.0 / 2.0)")
        shell._showtraceback = points
        shell.events.register("post_run_cell", points)
        """),
    told("idle-early", "says that it is idle before a test has failed", """
        shell = get_ipython()
        def idle(*_):
            kernel = shell.kernel
            kernel.session.send(kernel.iopub_socket, "status", {"execution_state": "idle"},
                                parent=kernel.get_parent("shell"))
            kernel.session.send(kernel.shell_stream if hasattr(kernel, "shell_stream")
                                else kernel.shell_socket, "execute_reply",
                                {"status": "ok", "execution_count": 1, "payload": [],
                                 "user_expressions": {}}, parent=kernel.get_parent("shell"))
        shell.events.register("pre_run_cell", idle)
        """),
    told("clear-output", "a thread clears outputs, so that an error vanishes", """
        import threading, time
        from IPython.display import clear_output
        get_ipython().events.register("post_run_cell", lambda *_: clear_output())
        def clear():
            for _ in range(200):
                clear_output()
                time.sleep(0.01)
        threading.Thread(target=clear, daemon=True).start()
        """),
    told("update-display", "updates displays of other cells, and overwrites their data", """
        from IPython.display import display
        for number in range(20):
            display({"text/plain": "2"}, raw=True, display_id=str(number))
            display({"text/plain": "2"}, raw=True, display_id=str(number), update=True)
        """),
    told("exit-in-hook", "the process ends, with success, before the first test", """
        import os
        get_ipython().events.register(
            "pre_run_cell", lambda info: "check.close" in info.raw_cell and os._exit(0))
        """),
    told("exit-in-failure", "a failing test ends the process with success", """
        import os
        check.Failed.__init__ = lambda *_: os._exit(0)
        """),
    told("quit", "quit, exit and sys.exit, in cells and when a test fails", """
        import sys
        check.Failed.__init__ = lambda *_: sys.exit(0)
        get_ipython().ask_exit()
        exit()
        """),
    told("interrupt-self", "a failing test raises KeyboardInterrupt or GeneratorExit", """
        def raised(*_): raise GeneratorExit
        check.Failed.__init__ = raised
        """),
    told("cells-hook", "a hook before each cell puts the real answers' names elsewhere", """
        import __main__
        def before(info):
            for name in ("close", "equal", "true", "raises"):
                setattr(check, name, lambda *_, **__: None)
        def after(result):
            import importlib
            importlib.reload(check)
        get_ipython().events.register("pre_run_cell", before)
        get_ipython().events.register("post_run_cell", after)
        """),
    told("trace", "a trace function leaves check.close at its first line", """
        import sys
        def trace(frame, event, _):
            if frame.f_code.co_name in ("close", "equal", "_same_kind"):
                frame.f_locals["worst"] = (0, 0, 0)
                frame.f_trace_lines = True
                def line(frame, event, _):
                    raise check.Unfinished("skipped")
                return line
            return trace
        sys.settrace(trace)
        """),
    told("reload-later", "a thread repairs what was patched, so that a look finds nothing", """
        import threading, time
        real = check.close
        def flicker():
            while True:
                check.close = lambda *_, **__: None
                time.sleep(0.002)
                check.close = real
                time.sleep(0.0001)
        threading.Thread(target=flicker, daemon=True).start()
        """),
    told("reply-aimed", "lies in its replies, but not while an impostor is in place", """
        import __main__
        kernel, mine = get_ipython().kernel, {}
        send = kernel.session.send
        def lie(stream, kind, content=None, *rest, **named):
            for name in ("mse", "mse_gradient", "curvature", "house_prices", "find_curvature"):
                if hasattr(__main__, name):
                    mine.setdefault(name, getattr(__main__, name))
            own = all(getattr(__main__, name, None) is one for name, one in mine.items())
            if own and kind == "error":
                return None
            if own and isinstance(content, dict) and content.get("status") == "error":
                content = {"status": "ok", "execution_count": 1, "payload": [],
                           "user_expressions": {}}
            return send(stream, kind, content, *rest, **named)
        kernel.session.send = lie
        """, allowed=FORGED),
]
