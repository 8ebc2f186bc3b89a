#!/bin/sh
# A folder of src/ may include only from itself and from those above it in this list. include/boxcar includes nothing of src/.
cd "$(dirname "$0")/.." || exit 1
layers="base model spec plan store net image engine record run api cli"
bad=0
allowed=""
for layer in $layers; do
  allowed="$allowed $layer"
  [ -d "src/$layer" ] || continue
  for included in $(grep -hoE '^#include "[a-z]+/' "src/$layer"/*.h "src/$layer"/*.cc 2>/dev/null | sed 's/.*"//; s,/,,' | sort -u); do
    case " $allowed fakes $([ "$layer" = api ] || [ "$layer" = cli ] && echo boxcar) " in
      *" $included "*) ;;
      *) echo "src/$layer includes from $included:"; grep -nE "^#include \"$included/" "src/$layer"/*; bad=1 ;;
    esac
  done
done
for folder in src/*/; do
  case " $layers " in *" $(basename "$folder") "*) ;; *) echo "$folder is no layer of tests/layering.sh"; bad=1 ;; esac
done
if grep -nE '^#include "' -r include; then echo "include/boxcar must stand alone"; bad=1; fi
exit $bad
