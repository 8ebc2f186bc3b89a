#!/bin/sh
# Puts the example's data into ./data: reads of the phage lambda from Debian's package bowtie2-examples.
set -eu
cd "$(dirname "$0")"
files="reads/reads_1.fq.gz reads/reads_2.fq.gz reads/longreads.fq.gz reference/lambda_virus.fa.gz"
[ ! -e data/lambda_virus.fa.gz ] || exit 0

examples=/usr/share/doc/bowtie2/examples
unpacked=
if [ ! -e $examples/reads/reads_1.fq.gz ]; then  # not installed, or installed without documentation
  unpacked=$(mktemp -d)
  trap 'rm -rf "$unpacked"' EXIT
  chmod 755 "$unpacked"
  (cd "$unpacked" && apt-get -qq -o APT::Sandbox::User=root download bowtie2-examples && dpkg-deb -x ./*.deb .)
  examples=$unpacked$examples
fi
mkdir -p data
for file in $files; do
  cp "$examples/$file" data/
done
