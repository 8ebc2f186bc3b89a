# A layer writes nothing outside of its own tree: "../" and a symlink that leads out are refused, an absolute path is taken below it.
python3 - "$TMPDIR" <<'PY'
import io, sys, tarfile
def layer(name, *members):
    with tarfile.open(f"{sys.argv[1]}/{name}.tar", "w") as tar:
        for path, link, data in members:
            info = tarfile.TarInfo(path)
            if link is not None:
                info.type, info.linkname = tarfile.SYMTYPE, link
            else:
                info.size = len(data)
            tar.addfile(info, io.BytesIO(data or b""))
out = sys.argv[1] + "/outside"
layer("dotdot", ("../../../../../../../.." + out + "1", None, b"x"))
layer("absolute", (out + "2", None, b"x"))
layer("symlink", ("exit", sys.argv[1], None), ("exit/outside3", None, b"x"))
PY
# import CODE NAME
import() {
  local hostile=$2 layout=$TMPDIR/$2 layer config
  mkdir -p "$layout/blobs/sha256"
  blob() { local d; d=$(sha256sum <"$1" | cut -d' ' -f1); cp "$1" "$layout/blobs/sha256/$d"; echo "$d"; }
  layer=$(blob "$TMPDIR/$hostile.tar")
  echo "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:$layer\"]}}" >c.json
  config=$(blob c.json)
  echo "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:$config\",\"size\":$(stat -c %s c.json)},\"layers\":[{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"sha256:$layer\",\"size\":$(stat -c %s "$TMPDIR/$hostile.tar")}]}" >m.json
  echo "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:$(blob m.json)\",\"size\":$(stat -c %s m.json),\"annotations\":{\"org.opencontainers.image.ref.name\":\"latest\"}}]}" >"$layout/index.json"
  echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
  expect_exit "$1" boxcar image import "oci:$layout" --as "test/$hostile"
}
import 2 dotdot
expect_err "entry '(\.\./)+.*outside1': it leads out of the image"
import 2 symlink
expect_err "entry 'exit/outside3'.*a symlink that leads nowhere in the layer"
[ -z "$(ls "$XDG_DATA_HOME/boxcar/images/layers"*)" ] || fail "a refused layer stays"
import 0 absolute # as if it were relative, as tar does
[ "$(find "$XDG_DATA_HOME/boxcar/images/layers"* -path "*$TMPDIR/outside2" | wc -l)" = 1 ] || fail "not in its own tree"
expect_exit 0 boxcar image ls --json
expect_json 'length == 1'
[ -z "$(ls -d "$TMPDIR"/outside* 2>/dev/null)" ] || fail "written outside: $(ls -d "$TMPDIR"/outside*)"
