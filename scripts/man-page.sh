#!/bin/sh
# Prints a man page from its template: @COMMANDS@ becomes what every command says of itself with --help.
#   scripts/man-page.sh BOXCAR TEMPLATE
set -eu
boxcar=$1 template=$2

# One command's --help (src/cli/options.cc) as roff. An option's help begins in column 35, or a line further down.
section() {
  "$boxcar" "$@" --help | awk -v name="boxcar $*" '
    function roff(text) {
      gsub(/\\/, "\\e", text)
      gsub(/-/, "\\-", text)
      sub(/^[.\x27]/, "\\\\\\&&", text)
      return text
    }
    function head(text, positional, names, kind) {
      sub(/ +REQUIRED/, "", text)
      names = text
      sub(/ .*/, "", names)
      kind = substr(text, length(names) + 1)
      gsub(/,/, ", ", names)
      return (positional ? "\\fI" : "\\fB") roff(names) "\\fR" (positional ? "" : "\\fI" roff(kind) "\\fR")
    }
    function entry(help, positional) {
      printf ".TP\n%s\n%s\n", head(pending, positional), roff(help)
      pending = ""
    }
    BEGIN { printf ".SS %s\n", roff(name); part = "description" }
    /^Usage: / { printf ".PP\n\\fB%s\\fR%s\n", roff(name), roff(substr($0, length("Usage: " name) + 1)); part = ""; next }
    /^[A-Z][a-z]+:$/ { part = $0; if (part ~ /^Example/) print ".PP\nFor example:\n.PP\n.EX"; next }
    part ~ /^Example/ { sub(/^  /, ""); print roff($0); next }
    part ~ /^(Options|Positionals):$/ && /^ / {
      if (pending != "") { sub(/^ +/, ""); entry($0, part ~ /^P/); next }
      if (/^  -h,--help /) next
      pending = substr($0, 3)
      if (length($0) < 34 || substr($0, 34, 1) != " ") next
      help = substr($0, 35)
      pending = substr($0, 3, 31)
      sub(/ +$/, "", pending)
      entry(help, part ~ /^P/)
      next
    }
    /^ *$/ { next }
    part != "description" { print ".PP" }
    { print roff($0) }
    END { if (part ~ /^Example/) print ".EE" }'
}

sections() {
  "$boxcar" complete '' | cut -f1 | while read -r command; do
    parts=$("$boxcar" "$command" --help | sed -nE 's/^Usage: boxcar [a-z]+ ([a-z]+\|[a-z|]+).*/\1/p' | tr '|' ' ')
    [ -n "$parts" ] || section "$command"
    for part in $parts; do section "$command" "$part"; done
  done
}

version=$("$boxcar" --version | cut -d' ' -f2)
sed "s/@VERSION@/$version/" "$template" | while IFS= read -r line; do
  if [ "$line" = @COMMANDS@ ]; then sections; else printf '%s\n' "$line"; fi
done
