count=0
is_counting=no

handler() {
    count=$((count + 1))
    local was_kept=false deed value
    [[ -e $folder/mark ]] && was_kept=true
    touch "$folder/mark"
    # Of {"deed": value} only a beginning: it may be megabytes long.
    IFS= read -r -n 200 beginning < "$event"
    deed=$(cut -d '"' -f 2 <<< "$beginning")
    value=$(sed 's/^[^:]*: //; s/}$//' <<< "$beginning")
    case $deed in
        "leave a child") sleep 1000 & exit "$value" ;;
        exit) exit "$value" ;;
        signal) kill -"$value" $$ ;;
        fail)
            echo "failed: $value" >&2
            echo "{\"errorType\": \"Failed\", \"errorMessage\": $value}"
            return 1
            ;;
        sleep) sleep "$value" ;;
        spin) while :; do :; done ;;
        say) echo "${value//\"/}" >&2 && echo "${value//\"/}" >&2 ;;
        repeat) printf '"' && head -c "$value" /dev/zero | tr '\0' x && printf '"' && return ;;
        echo) sed 's/^[^:]*: //; s/}$//' "$event" && return ;;
        "count beyond") count_beyond "$value" ;;
        tell) tell && return ;;
    esac
    echo "[$count, $was_kept]"
}

tell() {
    local remaining=$(($(header lambda-runtime-deadline-ms) - $(date +%s%3N)))
    local arn trace
    arn=$(header lambda-runtime-invoked-function-arn)
    trace=$(header lambda-runtime-trace-id)
    echo "[\"$request_id\", \"$trace\", \"$arn\", $remaining]"
}

# Counts on in two files, by a child each; comes back once both are above the limit.
count_beyond() {
    if [[ $is_counting == no ]]; then
        tick ticks &
        tick child &
        is_counting=yes
    fi
    while (($(read_count ticks) <= $1 || $(read_count child) <= $1)); do sleep 0.001; done
}

tick() {
    local number=0
    while :; do
        number=$((number + 1))
        echo $number > "$folder/$1.new"
        mv "$folder/$1.new" "$folder/$1"
        sleep 0.001
    done
}

read_count() {
    cat "$folder/$1" 2> /dev/null || echo 0
}
