#!/bin/sh
# Builds the three images of this example, and what they are built on (../build-images.sh):
#   build-images.sh [OUTPUT]        default ../../build/dicom
here=$(dirname "$0")
exec "$here/../build-images.sh" dicom "${1:-$here/../../build/dicom}" 'python python3' base anonymise convert statistics
