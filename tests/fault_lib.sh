# What the scripts share that disturb runs. ROUNDS says how often (tests/soak.sh more often than CI), SEED repeats the same moments.

# twenty_steps: images, and boxcar.yml: a chain from a fan of joins and appends to a step that reads them all.
twenty_steps() {
  make_common_images
  make_kliko_image test/turn 'cd /work; mv text first; cat first first >text; mkdir d; echo turned >d/note' \
    <<<'{schema_version: 4, io: join}'
  local i
  {
    printf 'workflow: twenty\nsteps:\n  top: {image: test/make, params: {text: "%s"}}\n' "${1:-top}"
    for i in 1 2 3 4 5; do
      echo "  a$i: {image: test/append, inputs: {input: top/output}, params: {line: a$i}}"
      echo "  j$i: {image: test/turn, inputs: {work: a$i/output}}"
      echo "  b$i: {image: test/append, inputs: {input: j$i/output}, params: {line: b$i}}"
    done
    cat <<'FLOW'
  all:
    image: test/make
    tool:
      command: [sh, -c, "cat ${inputs.a}/text ${inputs.b}/text ${inputs.c}/text ${inputs.d}/text ${inputs.e}/text >${outputs.output}/text"]
      inputs: {a: {kind: directory}, b: {kind: directory}, c: {kind: directory}, d: {kind: directory}, e: {kind: directory}}
      outputs: {output: {kind: directory}}
    inputs: {a: b1/output, b: b2/output, c: b3/output, d: b4/output, e: b5/output}
  k1: {image: test/turn, inputs: {work: all/output}}
  k2: {image: test/append, inputs: {input: k1/output}, params: {line: k2}}
  k3: {image: test/append, inputs: {input: k2/output}, params: {line: k3}}
outputs:
  last: {from: k3/output, to: ./out}
FLOW
  } >boxcar.yml
}

# signature STORE: all that its results hold, byte for byte, and what their manifests say of it.
signature() {
  (
    cd "$1"
    find . -regextype posix-extended -regex './[0-9a-f]{12}/[0-9a-f]{12}/(output|parameters.json).*' -printf '%p %y %m %l\n' | sort
    find . -regextype posix-extended -regex './[0-9a-f]{12}/[0-9a-f]{12}/(output/.*|parameters.json)' -type f -print0 |
      sort -z | xargs -0 sha256sum
    for manifest in ./*/*/manifest.json; do echo "$manifest $(jq -cS '{key, key_fields, image, ports, exit_code}' "$manifest")"; done
  )
}

# same_results STORE SIGNATURE
same_results() {
  local now
  now=$(signature "$1")
  [ "$now" = "$2" ] || { diff <(echo "$2") <(echo "$now") | cut -c1-300 | head -40 || true; fail "another result in $1"; }
}

# nothing_left STORE: no workspace, trash or mark of a run; no unfinished file in the store, among the images or where outputs go.
nothing_left() {
  local found
  found=$(find "$1"/work "$1"/trash "$1"/live -mindepth 1 2>/dev/null || true
    find . "$XDG_DATA_HOME" "$XDG_STATE_HOME" -name '.boxcar-*' -o -name '*.json.??????' -o -path '*/images/tmp/*' 2>/dev/null || true)
  [ -z "$found" ] || fail "left: $found"
  [ "$(ls -A "$TMPDIR")" = "$temporary" ] || fail "left in TMPDIR: $(ls -A "$TMPDIR")"
}

# figure TEXT: one line for tests/soak.sh.
figure() { echo "$*" | tee -a "${FIGURES:-/dev/null}"; }

milliseconds() { echo $(($(date +%s%N) / 1000000)); }

# held_by_daemon: its networks, volumes and images; nothing where there is no daemon. Containers: no_leftovers.
held_by_daemon() {
  local what
  [ -n "${DAEMON:-}" ] || return 0
  for what in networks volumes images/json; do ask_daemon GET "/$what" | jq -r '.. | .Id? // .Name? // empty' | sort; done
}
# daemon_holds THAT, still.
daemon_holds() {
  local now
  now=$(held_by_daemon)
  [ "$now" = "$1" ] || fail "the daemon holds something else than before: $(diff <(echo "$1") <(echo "$now") || true)"
}
