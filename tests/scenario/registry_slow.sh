# A registry that is too busy, silent or slow: it is told, and boxcar does not wait forever.
. "$SOURCE/tests/registry_lib.sh"
faulty_registry

# Too many requests: as long as it says so a few times are tried, which is told.
echo status 429 100 >proxy.mode
fails_with "^docker://$image: the registry has too many requests, trying again in 1 s$" 'the registry: .*too many requests to registry'
echo status 429 2 >proxy.mode
expect_exit 0 boxcar image pull $image
boxcar image rm $image >/dev/null

# Silence: what boxcar waits for is told, and after some time it gives up; what came whole may be of use later.
echo stall 1500000 >proxy.mode
BOXCAR_PULL_TIMEOUT=2 fails_with 'trying again' 'the registry: nothing came for 2 s'
kill -STOP $registry_pid
BOXCAR_PULL_TIMEOUT=6 fails_with "^waiting for docker://$image: nothing came for 5 s$" 'the registry: nothing came for 6 s'
kill -CONT $registry_pid
# Slow is not silent.
echo slow 400000 >proxy.mode
expect_exit 0 boxcar image pull $image
expect_err "^docker://$image: [0-9.]+ .iB came so far$"
boxcar image rm $image >/dev/null
