#!/bin/sh
# Builds the five images of this example (../build-images.sh):
#   build-images.sh [OUTPUT]        default ../../build/phage
here=$(dirname "$0")
exec "$here/../build-images.sh" phage "${1:-$here/../../build/phage}" '' index align sort call report
