"""Keeps state files behind HTTP until standard input closes; prints its address first.

Speaks what Terraform's "http" backend asks for: GET, POST, PUT and DELETE of a state, LOCK and UNLOCK with the lock's info. An
address below /tagged/ names its versions by ETag and honours If-Match; one below /private/ wants the name "ana" with the
password "secret".
"""

import base64
import hashlib
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

states = {}
locks = {}
guard = threading.Lock()


def tag(body):
    return '"' + hashlib.sha256(body).hexdigest() + '"'


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def handle_request(self, method):
        url = urlsplit(self.path)
        body = self.body()
        sent = self.headers.get("Content-MD5")
        if sent and base64.b64encode(hashlib.md5(body).digest()).decode() != sent:
            return self.answer(400)
        if url.path.startswith("/private/"):
            expected = "Basic " + base64.b64encode(b"ana:secret").decode()
            if self.headers.get("Authorization") is None:
                return self.answer(401)
            if self.headers["Authorization"] != expected:
                return self.answer(403)
        with guard:
            return getattr(self, method)(url, body)

    def get(self, url, _):
        if url.path not in states:
            return self.answer(404)
        state = states[url.path]
        headers = [("ETag", tag(state))] if url.path.startswith("/tagged/") else []
        return self.answer(200, state, headers)

    def put(self, url, body):
        lock = locks.get(url.path)
        if lock and parse_qs(url.query).get("ID") != [json.loads(lock)["ID"]]:
            return self.answer(423, lock)
        wanted = self.headers.get("If-Match")
        if wanted and (url.path not in states or tag(states[url.path]) != wanted):
            return self.answer(412)
        states[url.path] = body
        return self.answer(200)

    def delete(self, url, _):
        return self.answer(200 if states.pop(url.path, None) is not None else 404)

    def lock(self, url, body):
        if url.path in locks:
            return self.answer(423, locks[url.path])
        locks[url.path] = body
        return self.answer(200)

    def unlock(self, url, body):
        lock = locks.get(url.path)
        if lock is None or json.loads(lock)["ID"] != json.loads(body or b"{}").get("ID"):
            return self.answer(409, lock or b"")
        del locks[url.path]
        return self.answer(200)

    def do_GET(self):
        self.handle_request("get")

    def do_POST(self):
        self.handle_request("put")

    do_PUT = do_POST

    def do_DELETE(self):
        self.handle_request("delete")

    def do_LOCK(self):
        self.handle_request("lock")

    def do_UNLOCK(self):
        self.handle_request("unlock")


class Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", flush=True)
sys.stdin.buffer.read()
os._exit(0)
