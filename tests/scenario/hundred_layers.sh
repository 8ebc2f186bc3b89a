# An image of a hundred layers, imported and run: what the lowest and the topmost hold is there, what one in between took away
# or replaced is not, and an opaque directory hides what lies below it.
mkdir layers layer
options=()
for i in $(seq 2 99); do
  rm -rf layer
  mkdir -p layer/each layer/old
  echo "$i" | tee layer/latest layer/old/file >"layer/each/$i"
  case $i in
    3) mkdir layer/gone && touch layer/gone/file layer/old/below ;;
    40) touch layer/each/.wh.7 layer/each/.wh.39 layer/.wh.gone ;;
    60) touch layer/old/.wh..wh..opq layer/old/new ;;
    70) echo 70 >layer/each/39 ;;
  esac
  tar -C layer --owner 0 --group 0 -cf "layers/$i.tar" .
  options+=("base=$PWD/layers/$i.tar")
done
mkdir root
echo '{schema_version: 4, io: split}' >root/kliko.yml
printf '#!/bin/sh\nset -e\ncd /output; ls /each >each; cat /each/39 /latest >content\nls -d /gone /old/* >old 2>/dev/null || true; echo new >/each/2; rm -r /each; ls /bin/sh\n' >root/kliko
chmod 755 root/kliko
make_image test/hundred root "${options[@]}"
[ "$(ls "$XDG_DATA_HOME/boxcar/images/layers"* | wc -l)" = 100 ] || fail "layers: $(ls "$XDG_DATA_HOME/boxcar/images/layers"* | wc -l)"
for runtime in runc crun; do
  BOXCAR_RUNTIME=$runtime expect_exit 0 boxcar tool --store "$runtime" --output "$runtime.out" test/hundred
  expect_text "$runtime.out/each" "$(seq 2 99 | grep -vx 7 | LC_ALL=C sort)"
  expect_text "$runtime.out/content" $'70\n99'
  expect_text "$runtime.out/old" $'/old/file\n/old/new'
done
