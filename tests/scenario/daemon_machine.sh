# What containers share is the machine on which the daemon has them run, also where its socket is here: one of a single core.
make_kliko_image test/quick 'echo done >/output/text' <<<'{schema_version: 4, io: split}'
stop_daemon
all=$(taskset -cp $BASHPID | sed 's/.*: //')
taskset -cp "${all%%[-,]*}" $BASHPID >/dev/null
start_daemon
taskset -cp "$all" $BASHPID >/dev/null
for cores in 1.5 1; do printf 'steps:\n  a: {image: test/quick, resources: {cpu: %s}}\n' $cores >$cores.yml; done
expect_exit 2 boxcar run 1.5.yml
expect_err "^1.5.yml:2:[0-9]+: step 'a' requests 1.5 cores, more than the 1 that there are here \(--cores\)"
expect_exit 0 boxcar run 1.yml
