# A Docker at tcp://, plainly and with TLS: it runs containers there, and is not believed with another authority's certificate, nor believes
# a client without one. It listens in its own network, where boxcar joins it.
mkdir ca other
authority() { openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -keyout "$1/ca-key.pem" -out "$1/ca.pem" 2>/dev/null; }
certificate() { # DIRECTORY NAME EXTENSION: signed by ca, as NAME.pem and NAME-key.pem
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$2" -keyout "$1/$2-key.pem" -out request.pem 2>/dev/null
  openssl x509 -req -in request.pem -CA ca/ca.pem -CAkey ca/ca-key.pem -CAcreateserial -days 2 -extfile <(echo "$3") -out "$1/$2.pem" 2>/dev/null
}
authority ca
authority other
certificate ca server 'subjectAltName=IP:127.0.0.1'
certificate ca cert extendedKeyUsage=clientAuth
mv ca/cert-key.pem ca/key.pem
cp ca/cert.pem ca/key.pem other/
make_common_images # by its socket
there() { nsenter --net --target "$(cat "$DAEMON/daemon.pid")" -- "$@"; }
tool() { there env "$@" boxcar tool --json --rerun make test/make; }
again() {
  stop_daemon
  LISTEN=$* start_daemon
}

again -H tcp://127.0.0.1:2375
expect_exit 0 tool DOCKER_HOST=tcp://127.0.0.1:2375
expect_json '.steps.make.status == "succeeded"'
expect_text "$(json .steps.make.result)/output/text" hello

again -H tcp://127.0.0.1:2376 --tlsverify --tlscacert="$PWD/ca/ca.pem" --tlscert="$PWD/ca/server.pem" --tlskey="$PWD/ca/server-key.pem"
address=DOCKER_HOST=tcp://127.0.0.1:2376
expect_exit 0 tool $address DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$PWD/ca"
expect_text "$(json .steps.make.result)/output/text" hello
mkdir -p "$HOME/.docker" && cp ca/*.pem "$HOME/.docker/"
expect_exit 0 tool $address DOCKER_TLS_VERIFY=1 # where Docker's own client looks
expect_exit 3 tool $address DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$PWD/other"
expect_out 'certificate'
expect_exit 0 tool $address DOCKER_CERT_PATH="$PWD/other" # not to be verified
rm other/cert.pem other/key.pem
cp ca/ca.pem other/
expect_exit 3 tool $address DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH="$PWD/other"
expect_exit 2 tool $address # without TLS
expect_out 'HTTP.*HTTPS'
