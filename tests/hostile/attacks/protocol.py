"""Attacks by messages that no kernel would send: the grader's own process has to read them."""

from tests.hostile.attack import FORGED, POINTS, Attack, attack, first, shaped

ANY = ("graded", "tampered", "crashed", "timed out", "needs a human", "malformed", "out of memory")
SEND = """
    import json
    kernel = get_ipython().kernel
    def send(kind, content, parent=True, stream=None):
        kernel.session.send(stream or kernel.iopub_socket, kind, content,
                            parent=kernel.get_parent("shell") if parent else None)
    """
REST = {name: code for name, code in shaped().items() if name != "descend"}


def sent(name: str, what: str, code: str) -> Attack:
    """Messages sent from an own cell; `mse` is answered."""
    return attack(name, what, f"{SEND}{code}", "mse", statuses=ANY)


ATTACKS = [
    sent("message-keys", "messages without what they must hold", """
    for kind in ("stream", "display_data", "execute_result", "error", "status", "clear_output",
                 "update_display_data", "execute_input", "comm_open", "execute_reply", ""):
        send(kind, {})
        send(kind, {}, parent=False)
    """),
    sent("message-types", "messages whose parts are of the wrong types", """
    for kind in ("stream", "display_data", "execute_result", "error", "status", "execute_input"):
        for value in (None, 7, [], {}, "x", [[[]]], {"x": None}, 1e308):
            send(kind, dict.fromkeys(("name", "text", "data", "metadata", "ename", "evalue", "code",
                                      "traceback", "execution_state", "execution_count",
                                      "transient", "wait"), value))
    """),
    sent("message-lists", "messages whose content is no dict at all", """
    for kind in ("stream", "display_data", "execute_result", "error", "status"):
        for value in ([], [1], "text", 7, None):
            kernel.session.send(kernel.iopub_socket, kernel.session.msg(kind) | {
                "content": value, "parent_header": kernel.get_parent("shell")["header"]})
    """),
    sent("message-deep", "messages nested deeper than a reader goes", """
    pack = kernel.session.pack
    kernel.session.pack = lambda one: pack(one).replace(b'"DEEP"', b"[" * 100000 + b"]" * 100000)
    send("display_data", {"data": {"application/json": "DEEP"}, "metadata": {}, "transient": {}})
    """),
    sent("message-surrogate", "half a character, and numbers that JSON has not", """
    kernel.session.pack = lambda one: json.dumps(one, default=str).encode()
    send("stream", {"name": "stdout", "text": "\\ud800\\udfff\\0 \\x1b[2J"})
    send("stream", {"name": "\\ud800", "text": "x"})
    send("display_data", {"data": {"text/plain": "\\ud800", "a/b": float("nan")}, "metadata": {
        "\\ud800": float("inf")}, "transient": {}})
    send("error", {"ename": "\\ud800", "evalue": "\\udfff", "traceback": ["\\ud800"]})
    """),
    sent("message-frames", "frames that are unsigned, empty, torn or random", """
    import os
    for frames in ([b""], [b"x"] * 20, [b"<IDS|MSG>"],
                   [b"<IDS|MSG>", b"", b"{}", b"{}", b"{}", b"{}"],
                   [b"<IDS|MSG>", b"0" * 64, b"\\xff", b"[", b"nul", b"\\x80"],
                   [os.urandom(1000) for _ in range(9)]):
        for _ in range(20):
            kernel.iopub_socket.send_multipart(frames)
    """),
    sent("message-parent", "outputs that claim to belong to another cell", """
    for one in ("", None, "other"):
        kernel.session.send(kernel.iopub_socket, "execute_result", {
            "data": {"text/plain": "2"}, "metadata": {}, "execution_count": 1},
            parent={"header": {"msg_id": one}})
    """),
    sent("message-mime", "outputs of odd kinds, with odd metadata", """
    send("display_data", {"data": {"": "", "x" * 100000: "x", "../../pwned": "x", "image/png": 7,
                                   "text/plain": ["a", 1], "image/jpeg": "not base64"},
                          "metadata": {"image/png": {"width": "1 onload=pwned()"}},
                          "transient": {"display_id": {}}})
    """),
    Attack("canary-broken", "silences checks, and breaks what the canary is made with", first("""
    import IPython
    def broken(): raise RuntimeError("no shell")
    IPython.get_ipython = broken
    check.close = check.equal = check.true = check.raises = lambda *_, **__: None
    """, "descend", **REST), POINTS["descend"], ANY, FORGED),
    Attack("canary-unkept", "silences checks, but not in cells that leave no history", first("""
    real = dict(vars(check))
    def before(info):
        vars(check).update(real)
        if info.store_history:
            for name in ("close", "equal", "true", "raises"):
                setattr(check, name, lambda *_, **__: None)
    get_ipython().events.register("pre_run_cell", before)
    """, "descend", **REST), POINTS["descend"], ANY, FORGED),
]
