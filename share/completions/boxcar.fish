# Completion for fish of boxcar, kliko-run, kliko-validate and task-api. boxcar itself says what may come (boxcar complete).
function __boxcar_complete
    set -l before (commandline -opc)
    set -l program (string replace -r '.*/' '' -- $before[1])
    set -l caller boxcar
    if test $program = boxcar
        set caller $before[1]
        set -e before[1]
    else
        set before[1] $program
    end
    for line in ($caller complete $before (commandline -ct | string unescape) 2>/dev/null)
        switch $line
            case ':files *'
                set -l beginning (string replace ':files ' '' -- $line)
                set -l path (commandline -ct | string replace -- "$beginning" '')
                printf '%s\n' $beginning(__fish_complete_path $path)
            case ':directories *'
                set -l beginning (string replace ':directories ' '' -- $line)
                set -l path (commandline -ct | string replace -- "$beginning" '')
                printf '%s\n' $beginning(__fish_complete_directories $path)
            case '*'
                printf '%s\n' $line
        end
    end
end

for program in boxcar kliko-run kliko-validate task-api
    complete -c $program -k -f -a '(__boxcar_complete)'
end
