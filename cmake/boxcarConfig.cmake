# find_package(boxcar): boxcar::boxcar is the public face in C++, include/boxcar/boxcar.h.
include(${CMAKE_CURRENT_LIST_DIR}/Libraries.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/boxcarTargets.cmake)
