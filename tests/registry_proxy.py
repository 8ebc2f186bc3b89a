"""A way to a registry that can be bad: registry_proxy.py PORT MODE-FILE [OWN-PORT]. Listens on a free port of 127.0.0.1, prints it, and
sends all on to PORT. The mode is read anew for each request; what names no blob passes in those of blobs:
  pass             (or no file)
  slow BYTES       blobs come with so many bytes a second
  stall BYTES      after so many bytes of a blob nothing comes any more
  cut BYTES        after so many bytes of a blob the connection ends
  status CODE N    the next N requests are answered with CODE; N is counted down in the file
"""
import http.client
import http.server
import sys
import threading
import time

target, mode_file = int(sys.argv[1]), sys.argv[2]
counting = threading.Lock()


def mode():
    try:
        with open(mode_file) as file:
            words = file.read().split()
    except FileNotFoundError:
        words = []
    if not words or words[0] != "status":
        return (words[0], int(words[1])) if len(words) > 1 else ("pass", 0)
    code, left = int(words[1]), int(words[2])
    if left == 0:
        return ("pass", 0)
    with open(mode_file, "w") as file:
        file.write(f"status {code} {left - 1}")
    return ("status", code)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with counting:
            what, number = mode()
        if what == "status":
            self.send_response(number)
            self.send_header("Content-Length", "0")
            if number == 429:
                self.send_header("Retry-After", "1")
            self.end_headers()
            return
        connection = http.client.HTTPConnection("127.0.0.1", target)
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():  # Accept comes several times
            if name.lower() != "connection":
                connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding"):
                self.send_header(name, value)
        self.end_headers()
        sent = 0
        bad = what if "/blobs/" in self.path else "pass"
        size = 65536 if bad == "pass" else max(1, min(65536, number // 10))
        while data := answer.read(size):
            if bad in ("stall", "cut") and sent + len(data) > number:
                self.wfile.write(data[: number - sent])
                self.wfile.flush()
                if bad == "stall":
                    time.sleep(600)
                self.close_connection = True
                return
            self.wfile.write(data)
            sent += len(data)
            if bad == "slow":
                time.sleep(len(data) / number)

    do_HEAD = do_GET

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[3]) if len(sys.argv) > 3 else 0), Handler)
server.daemon_threads = True
print(server.server_port, flush=True)
server.serve_forever()
