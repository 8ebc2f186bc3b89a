# A connection that is lost while files are sent to a daemon, or fetched from it, is said as that, and the step is tried again.
stop_daemon
HIDDEN=$SCENARIO start_daemon
cat >proxy.py <<'PY'
import os, socket, sys, threading
path, to, mark = sys.argv[1:]  # while there is a file `mark`, it cuts the first archive of more than 1 MB, and removes the file

def pump(source, sink, way):
    sent, archive = 0, False
    while bytes := source.recv(65536):
        if bytes.startswith((b"PUT ", b"GET ")):
            way["archive"] = b"/archive?" in bytes.split(b"\n", 1)[0]
            way["sent"] = 0
        way["sent"] += len(bytes)
        if way.get("archive") and way["sent"] > 1000000 and os.path.exists(mark):
            os.unlink(mark)
            for end in source, sink: end.shutdown(socket.SHUT_RDWR)
            return
        sink.sendall(bytes)
    sink.shutdown(socket.SHUT_WR)

def serve(client):
    daemon = socket.socket(socket.AF_UNIX)
    daemon.connect(to)
    way = {"sent": 0}
    threading.Thread(target=quietly, args=(pump, client, daemon, way), daemon=True).start()
    quietly(pump, daemon, client, way)

def quietly(work, *arguments):
    try: work(*arguments)
    except OSError: pass

server = socket.socket(socket.AF_UNIX)
server.bind(path)
server.listen(64)
while True: threading.Thread(target=quietly, args=(serve, server.accept()[0]), daemon=True).start()
PY
make_kliko_image test/copies 'cp /input/* /output/' <<<'{schema_version: 4, io: split}'
python3 proxy.py proxy.sock "$DAEMON/$BOXCAR_TEST_ENGINE.sock" cut 2>proxy.log &
proxy=$!
trap 'kill $proxy; cat proxy.log' EXIT
wait_until test -S proxy.sock
export DOCKER_HOST=unix://$PWD/proxy.sock CONTAINER_HOST=unix://$PWD/proxy.sock
mkdir input output
touch cut
head -c 20000000 /dev/urandom >input/data
expect_exit 0 boxcar tool --json --input input --output output test/copies
[ ! -e cut ] || fail "nothing was cut"
expect_json '.steps.copies.attempts == 2'
cmp input/data output/data
# On the way back.
make_kliko_image test/writes 'head -c 20000000 /dev/zero >/output/zeros' <<<'{schema_version: 4, io: split}'
touch cut
expect_exit 0 boxcar tool --json --output output test/writes
[ ! -e cut ] || fail "nothing was cut"
expect_json '.steps.writes.attempts == 2'
[ "$(stat -c %s output/zeros)" = 20000000 ] || fail "not all of it"
stop_daemon
start_daemon
