# SPDX-License-Identifier: MIT
"""A keystone and a nova on 127.0.0.1, as far as kymo asks them. The first part of the path says how
they behave. Prints its port and serves until its standard input ends. With a certificate and its key
as arguments it speaks TLS."""
import http.server
import json
import os
import ssl
import sys
import threading
import time

UUID = "11112222-3333-4444-5555-666677778888"
PASSWORD = "secret<&>\"\\"
TOKEN = "token-of-the-test"


def server(number, uuid):
    return {"id": uuid, "name": "vm%d-router" % number,
            "OS-EXT-SRV-ATTR:instance_name": "instance-%08x" % number}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=()):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def good_login(self, auth):
        identity = auth["identity"]
        method = identity["methods"][0]
        if method == "password":
            user = identity["password"]["user"]
            return user["password"] == PASSWORD and user["domain"] == {"id": "default"} \
                and auth["scope"]["project"]["name"] == "lab"
        if method == "token":
            return identity["token"]["id"] == "old-token" and "project" in auth["scope"]
        credential = identity["application_credential"]
        return credential == {"id": "app", "secret": "s"} and "scope" not in auth

    def do_POST(self):
        mode = self.path.split("/")[1]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/%s/v3/auth/tokens" % mode:
            return self.answer(404, {})
        if not self.good_login(body["auth"]):
            return self.answer(401, {"error": {"message": "no"}})
        if mode == "slow":
            time.sleep(30)
        if mode == "moved":
            return self.answer(302, {}, [("Location", "/good/v3/auth/tokens")])
        if mode == "garbage":
            return self.answer(201, b"{ no json", [("X-Subject-Token", TOKEN)])
        scheme = "https" if len(sys.argv) > 1 else "http"
        url = "%s://127.0.0.1:%d/%s/compute/" % (scheme, self.server.server_port, mode)
        endpoints = [
            {"interface": "internal", "region_id": "west", "url": "http://127.0.0.1:1/"},
            {"interface": "public", "region_id": "west", "url": url},
        ]
        catalog = [{"type": "identity", "endpoints": []}, {"type": "compute", "endpoints": endpoints}]
        if mode == "nocompute":
            catalog.pop()
        self.answer(201, {"token": {"catalog": catalog}}, [("X-Subject-Token", TOKEN)])

    def do_GET(self):
        mode = self.path.split("/")[1]
        marker = self.path.partition("marker=")[2]
        if self.headers["X-Auth-Token"] != TOKEN or "//servers" in self.path:
            return self.answer(401, {})
        if mode == "own" and "all_tenants=1" in self.path:
            return self.answer(403, {})
        if mode == "list":
            return self.answer(200, b"[1, 2")
        if mode == "nolist":
            return self.answer(200, {"servers": 3})
        if mode == "broken":
            return self.answer(500, {})
        if mode == "huge":
            return self.answer(200, b" " * (65 << 20))
        more = [{"rel": "next", "href": "http://127.0.0.1:1/elsewhere"}]
        if mode == "endless":
            return self.answer(200, {"servers": [], "servers_links": more})
        if mode == "paged" and not marker:
            return self.answer(200, {"servers": [server(i, "id-%d" % i) for i in range(1000)],
                                     "servers_links": more})
        if mode == "paged" and marker != "id-999":
            return self.answer(400, {})
        self.answer(200, {"servers": [server(7, UUID.upper())]})


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that hang up are part of the tests."""


httpd = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 1:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    httpd.socket = context.wrap_socket(httpd.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=httpd.serve_forever, daemon=True).start()
print(httpd.server_port, flush=True)
sys.stdin.read()
os._exit(0)
