"""A reverse proxy that counts requests, and answers some of them with faults."""

import http.client
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FaultyProxy:
    """In front of `host:port`; `faults` is used up from the front: `503`, `cut` (half a body), `` (none).

    While `is_away`, everything is answered 503.
    """

    def __init__(self, host, port):
        proxy, self.target, self.faults, self.is_away = self, (host, port), [], False
        self.counts, self._lock = Counter(), threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def __getattr__(self, name):  # one method for all HTTP methods: `do_GET`
                if name.startswith("do_"):
                    return lambda: proxy.pass_on(self)
                raise AttributeError(name)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def _fault(self, command):
        with self._lock:
            self.counts[command] += 1
            fault = self.faults.pop(0) if self.faults and command in ("GET", "PUT") else ""
            fault = "503" if self.is_away else fault
            self.counts[fault] += 1
            return fault

    def pass_on(self, request):
        fault = self._fault(request.command)
        body = request.rfile.read(int(request.headers.get("Content-Length", 0)))
        if fault == "503":
            request.send_response(503)
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        upstream = http.client.HTTPConnection(*self.target, timeout=60)
        upstream.request(request.command, request.path, body, dict(request.headers))
        answer = upstream.getresponse()
        content = answer.read()
        request.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection"):
                request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content[: len(content) // 2] if fault == "cut" else content)
        request.close_connection = fault == "cut"
        upstream.close()
