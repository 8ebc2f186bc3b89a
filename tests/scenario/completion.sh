# TAB in real bash, zsh and fish: commands, options and their values as the program declares them, files, and what is
# here: images and their tools' options, runs, steps.
make_common_images
make_kliko_image test/sky true <<'SPEC'
schema_version: 4
io: split
sections:
  - name: s
    description: d
    fields:
      - {name: tel, type: choice, choices: {kat-7: K, meerkat: M}, initial: kat-7}
      - {name: model, type: file}
SPEC
cat >flow.yml <<'YML'
workflow: flow
inputs: {greeting: {type: str, default: hello}}
steps:
  first: {image: test/make, params: {text: "${inputs.greeting}"}}
  second: {image: test/append, params: {line: x}, inputs: {input: first/output}}
YML
expect_exit 0 boxcar run flow.yml
run=$(boxcar runs --json | jq -r '.[0].run')
mkdir 'a folder' && touch 'a folder/file' sky.tar
share=$SOURCE/share/completions

# What is typed before TAB, and what stands there after it ("_": a blank at the end).
cases="
boxcar insp|boxcar inspect_
boxcar sch|boxcar schema_
boxcar schema ta|boxcar schema task_
boxcar image imp|boxcar image import_
boxcar run --keep-g|boxcar run --keep-going_
boxcar run flow.yml --pull al|boxcar run flow.yml --pull always_
boxcar run flow.yml --pull=al|boxcar run flow.yml --pull=always_
boxcar run fl|boxcar run flow.yml_
boxcar run flow.yml --target sec|boxcar run flow.yml --target second_
boxcar run flow.yml --set gr|boxcar run flow.yml --set greeting=
boxcar run --store a\\ f|boxcar run --store a\\ folder/
boxcar image import docker-ar|boxcar image import docker-archive:
boxcar image import oci-archive:sk|boxcar image import oci-archive:sky.tar_
boxcar image rm test/m|boxcar image rm test/make_
boxcar image rm docker.io/test/make:l|boxcar image rm docker.io/test/make:latest_
boxcar tool test/sk|boxcar tool test/sky_
boxcar tool -j 2 test/sky --te|boxcar tool -j 2 test/sky --tel_
boxcar tool test/sky --tel me|boxcar tool test/sky --tel meerkat_
boxcar tool test/sky --model sk|boxcar tool test/sky --model sky.tar_
kliko-run test/sky --tel k|kliko-run test/sky --tel kat-7_
kliko-validate fl|kliko-validate flow.yml_
task-api check|task-api check-task-run_
task-api run fl|task-api run flow.yml_
boxcar status ${run:0:4}|boxcar status ${run}_
boxcar logs $run/s|boxcar logs $run/second_
boxcar nothing --he|boxcar nothing --he"
cases=${cases:1}

# The shell, on a terminal, is given the keys: what is typed, TAB, ^O, which shows the line, and ^U, which clears it; each
# time when it has answered, since a terminal between two lines does things of its own with them.
lines_of() {
  local typed expected line
  coproc SHELL_ON_TERMINAL { TERM=dumb timeout 120 script -qefc "$1" "$SCENARIO/terminal" 2>&1; }
  local from=${SHELL_ON_TERMINAL[0]} to=${SHELL_ON_TERMINAL[1]} pid=$SHELL_ON_TERMINAL_PID
  IFS= read -r -d '>' -u "$from"  # the prompt
  while IFS='|' read -r typed expected; do
    printf '%s\t\017' "$typed" >&"$to"
    line=
    while [[ $line != *LINE\<* ]]; do IFS= read -r -d '>' -u "$from" line || return; done
    line=${line##*LINE<}
    echo "${line/% /_}"
    printf '\025' >&"$to"
  done <<<"$cases"
  printf 'exit\r' >&"$to"
  cat <&"$from" >/dev/null
  wait "$pid" || true
}
expected=$(cut -d'|' -f2 <<<"$cases")
check() {
  diff <(echo "$expected") <(echo "$2") || { cat -v "$SCENARIO/terminal"; fail "so in $1"; }
}

cat >rc.bash <<RC
. /usr/share/bash-completion/bash_completion
. $share/boxcar.bash
PS1='>'
bind 'set enable-bracketed-paste off'
bind -x '"\C-o": printf "LINE<%s>\n" "\$READLINE_LINE"'
RC
check bash "$(lines_of "bash --rcfile rc.bash -i")"

mkdir zsh && cat >zsh/.zshrc <<RC
fpath=($share \$fpath)
autoload -U compinit && compinit -u -D
shown() { print -r -- "LINE<\$BUFFER>" }
zle -N shown && bindkey '^O' shown && bindkey '^U' kill-whole-line
PS1='>'
RC
check zsh "$(ZDOTDIR=$PWD/zsh lines_of "zsh -i")"

# fish tells what it would offer.
while IFS='|' read -r typed expected; do
  offered=$(fish -c "source $share/boxcar.fish; complete -C \$argv[1]" "$typed" | cut -f1)
  eval "words=(${expected%_})"
  if [ "$expected" = "$typed" ]; then words=(''); fi
  [ "$offered" = "${words[-1]}" ] || fail "fish: '$typed' gives '$offered', not '${words[-1]}'"
done <<<"$cases"
fish -c "source $share/boxcar.fish; complete -C 'boxcar image '" >offered
grep -q "^pull" offered || fail "$(cat offered)"

# Nothing is made by asking, and nothing is said.
XDG_STATE_HOME=$PWD/none XDG_DATA_HOME=$PWD/none expect_exit 0 boxcar complete logs ''
XDG_STATE_HOME=$PWD/none XDG_DATA_HOME=$PWD/none expect_exit 0 boxcar complete tool ''
[ ! -s "$SCENARIO/out" ] && [ ! -s "$SCENARIO/err" ] && [ ! -e none ] || fail "$(cat "$SCENARIO/out" "$SCENARIO/err"; ls)"
