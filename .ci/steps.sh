# Runs steps, times them, and sums them up. Sourced by .ci/run, which sets `log`, the output of the tests.

steps=()
step_name=
run_start=$SECONDS

fail() {
    echo "$1" >&2
    exit 1
}

# step NAME COMMAND...: not in a subshell, and not in a condition, which would make a failure inside go unnoticed.
step() {
    step_name=$1
    step_start=$SECONDS
    shift
    printf '\n==> %s\n' "$step_name"
    "$@" </dev/null
    printf -- '--- %s: %d s\n' "$step_name" "$((SECONDS - step_start))"
    steps+=("$(printf '%6d s  %s' "$((SECONDS - step_start))" "$step_name")")
    step_name=
}

# A checkout may belong to another user than the one who checks it.
git_here() {
    git -c safe.directory='*' "$@"
}

summary() {
    local code=$?
    [ -z "$step_name" ] || steps+=("$(printf '%6d s  %s: FAILED' "$((SECONDS - step_start))" "$step_name")")
    printf '\n==> summary\n'
    [ "${#steps[@]}" -eq 0 ] || printf '%s\n' "${steps[@]}"
    printf '%6d s  in all\n' "$((SECONDS - run_start))"
    awk '/^test result:/ { passed += $4; failed += $6; ignored += $8; runs++ }
        END { if (runs) printf "tests: %d passed, %d failed, %d ignored, in %d runs\n", passed, failed, ignored, runs }' "$log"
    rm -f "$log"
    if [ "$code" -eq 0 ]; then echo "All passed."; else echo "Failed, with exit code $code." >&2; fi
}
