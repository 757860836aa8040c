# SPDX-License-Identifier: MIT
# fish asks the program itself what may follow; see `mprof complete`.

function __mprof_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (mprof complete -- $words[2..] 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path (commandline -ct)
            case :pids
                __fish_complete_pids
            case ':program*'
                set -l first (math (string replace ':program ' '' -- $line) + 2)
                set -l program (string escape -- $words[$first..-2])
                complete -C (string join ' ' -- $program $words[-1])
            case '*'
                echo $line
        end
    end
end

complete -c mprof -f -k -a '(__mprof_complete)'
