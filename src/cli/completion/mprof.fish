# SPDX-License-Identifier: MIT
# fish asks the program itself what may follow; see `mprof complete`.

# A token may hold newlines: as the last one it is one word all the same.
function __mprof_ask
    set -l words (commandline -opc)
    set -l current (commandline -ct | string collect)
    mprof complete -- $words[2..] "$current" 2>/dev/null
end

# Recordings and tables below what is typed. A name with a newline is left out:
# a candidate is one line.
function __mprof_recordings
    set -l typed (commandline -ct | string collect)
    for name in $typed*.{dat,csv,txt} $typed*/
        string match -q '*'\n'*' -- $name; or printf '%s\n' $name
    end
end

function __mprof_complete
    for line in (__mprof_ask)
        switch $line
            case :files
            case :recordings
                __mprof_recordings
            case :pids
                __fish_complete_pids
            case ':program*'
                set -l words (commandline -opc) (commandline -ct)
                set -l first (math (string replace ':program ' '' -- $line) + 2)
                set -l program (string escape -- $words[$first..-2])
                complete -C (string join ' ' -- $program $words[-1])
            case '*'
                echo $line
        end
    end
end

function __mprof_wants_files
    contains -- :files (__mprof_ask)
end

complete -c mprof -n 'not __mprof_wants_files' -f -k -a '(__mprof_complete)'
complete -c mprof -n __mprof_wants_files -F -k -a '(__mprof_complete)'
