# What a kliko.yml is warned of is said once, before anything runs, however often its image is used.
make_kliko_image test/old 'cat /input/* 2>/dev/null >/output/text || true; exit $(grep -c broken /parameters.json)' <<'SPEC'
io: split
sections: [{name: s, description: d, fields: [{name: how, type: str, initial: well}]}]
SPEC
for call in 'chain test/old test/old' 'chain --store failing test/old "test/old --how broken"' 'tool --store alone test/old'; do
  code=0
  eval "boxcar $call" 2>err || code=$?
  [ $code = 0 ] || [[ $call = *broken* ]] || fail "$(cat err)"
  [ "$(grep -c 'warning: .*schema_version' err)" = 1 ] || fail "$call: $(cat err)"
  grep -n 'warning:\|started' err | head -1 | grep -q warning || fail "after the run began: $(cat err)"
done
