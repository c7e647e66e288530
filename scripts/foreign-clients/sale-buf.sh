#!/usr/bin/env bash
# Sells through Kassa from a shell, with `buf curl` and the server's reflection alone.
#
#   sale-buf.sh 127.0.0.1:50051 kassa-data/keys/local.token
#
# BUF names the buf program; it comes with `npm install @bufbuild/buf`.
set -euo pipefail

if [ $# -ne 2 ]; then
    echo "usage: sale-buf.sh ADDRESS TOKEN_FILE" >&2
    exit 2
fi
address=$1
token_file=$2
buf=${BUF:-buf}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# In a file, so that the token is not in the list of processes.
printf 'authorization: Bearer %s\n' "$(tr -d '\n' <"$token_file")" >"$work/headers"

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

# 48 bits of milliseconds, then randomness: RFC 9562.
uuid7() {
    local time random
    time=$(printf '%012x' "$(date +%s%3N)")
    random=$(od -An -N10 -tx1 /dev/urandom | tr -d ' \n')
    printf '%s-%s-7%s-8%s-%s\n' "${time:0:8}" "${time:8:4}" "${random:0:3}" "${random:3:3}" "${random:6:12}"
}

# call REFLECTION METHOD REQUEST [KEY]: the answer goes to $work/answer, headers to $work/log.
# Gives buf's exit code, which is 8 times the gRPC code.
call() {
    local headers=(-H "@$work/headers")
    [ $# -lt 4 ] || headers+=(-H "idempotency-key: $4")
    "$buf" curl --protocol grpc --http2-prior-knowledge --reflect-protocol "$1" --connect-timeout 5 --verbose \
        "${headers[@]}" -d "$3" "http://$address/kassa.v1.$2" >"$work/answer" 2>"$work/log"
}

must_call() {
    call "$@" || { cat "$work/log" >&2; fail "$2 was refused"; }
}

# field EXPRESSION: a value of the JSON answer, `it`.
field() {
    python3 -c 'import json, sys; it = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$work/answer" "$1"
}

# header NAME: a header or trailer of the answer; empty if there is none.
header() {
    sed -n "s/^buf: < (#[0-9]*) $1: //Ip" "$work/log" | tr -d '\r'
}

check() {
    [ "$2" = "$3" ] || fail "$1 is '$2', and should be '$3'"
}

# learn REFLECTION SET QUERY...: asks the reflection service itself for files; a set of files in binary goes to SET.
learn() {
    local service=grpc.reflection.${1#grpc-}.ServerReflection/ServerReflectionInfo reflection=$1 set=$2 query
    shift 2
    for query in "$@"; do
        printf '%s\n' "$query"
    done | "$buf" curl --protocol grpc --http2-prior-knowledge --reflect-protocol "$reflection" --connect-timeout 5 \
        -d @- "http://$address/$service" >"$work/files"
    python3 - "$work/files" "$set" <<'END'
import base64, json, sys

text, answers, decoder = open(sys.argv[1]).read().strip(), [], json.JSONDecoder()
while text:
    answer, end = decoder.raw_decode(text)
    answers.append(answer)
    text = text[end:].lstrip()

def length(count):
    return bytes([count]) if count < 128 else bytes([count & 127 | 128]) + length(count >> 7)

with open(sys.argv[2], "wb") as set_of_files:  # google.protobuf.FileDescriptorSet { repeated FileDescriptorProto file = 1; }
    for answer in answers:
        for file in map(base64.b64decode, answer["fileDescriptorResponse"]["fileDescriptorProto"]):
            set_of_files.write(b"\x0a" + length(len(file)) + file)
END
}

# refused REFLECTION CODE REASON METHOD REQUEST [KEY]: must be refused with this code (name and number) and reason.
refused() {
    local reflection=$1 name=${2% *} number=${2#* } reason=$3 exit_code=0
    shift 3
    call "$reflection" "$@" || exit_code=$?
    [ "$exit_code" -ne 0 ] || fail "$1 should be refused with $reason, but was answered $(cat "$work/answer")"
    check "buf's exit code" "$exit_code" "$((number * 8))"
    # The error is a JSON object in the log.
    sed -n '/^{$/,/^}$/p' "$work/log" >"$work/answer"
    check "the code" "$(field 'it["code"]')" "$name"
    check "the trailer" "$(header kassa-error-reason)" "$reason"
    local message
    message=$(field 'it["message"]')

    # buf leaves the details encoded, for it knows no google.rpc.ErrorInfo; the server does, and tells by reflection.
    check "google.rpc.ErrorInfo in the details" \
        "$(field '[d["type"] for d in it["details"]].count("google.rpc.ErrorInfo")')" 1
    # It leaves the padding of the base64 out, too.
    field '[d["value"] + "=" * (-len(d["value"]) % 4) for d in it["details"] if d["type"] == "google.rpc.ErrorInfo"][0]' |
        base64 -d >"$work/info.binpb"
    learn "$reflection" "$work/set.binpb" \
        '{"fileByFilename": "google/protobuf/duration.proto"}' '{"fileContainingSymbol": "google.rpc.ErrorInfo"}'
    "$buf" convert "$work/set.binpb" --type google.rpc.ErrorInfo --from "$work/info.binpb" --to "-#format=json" \
        >"$work/answer"
    check "the reason in the details" "$(field 'it["reason"]')" "$reason"
    check "the domain" "$(field 'it["domain"]')" kassa
    echo "   $name $reason, in the details and in the trailer"
    echo "   $message"
}

run=$(uuid7)
key="sale-$run"

echo "1. Who am I?"
must_call grpc-v1 Access/WhoAmI '{}'
echo "   $(field 'it["userName"]') on register $(field 'it["registerCode"]') in branch $(field 'it["branchCode"]')"

echo "2. The same through the older reflection, v1alpha"
must_call grpc-v1alpha Access/WhoAmI '{}'
echo "   $(field 'it["userName"]') on register $(field 'it["registerCode"]') in branch $(field 'it["branchCode"]')"

echo "3. Put bread and cheese into the catalogue"
must_call grpc-v1 Catalog/PutProducts '{"products": [
    {"product": {"sku": "BUF-BREAD-'"$run"'", "name": "Bread", "price": {"amountMinor": "250"}, "taxRate": {"value": "15"}},
     "openingStock": {"value": "10"}},
    {"product": {"sku": "BUF-CHEESE-'"$run"'", "name": "Cheese", "unit": "kg", "price": {"amountMinor": "1200"},
     "taxRate": {"value": "15"}}, "openingStock": {"value": "5"}}]}' "products-$run"
check "created" "$(field 'it["createdCount"]')" 2
bread=$(field 'it["productIds"][0]')
cheese=$(field 'it["productIds"][1]')
echo "   $bread $cheese"

echo "4. Open a shift, or join the one that is open"
must_call grpc-v1 Shifts/OpenShift '{"openingFloat": {"amountMinor": "5000"}}' "shift-$run"
check "the shift's state" "$(field 'it["shift"]["state"]')" SHIFT_STATE_OPEN
echo "   $(field 'it["shift"]["number"] + (", joined" if it.get("joined") else "")')"

# sale ORDER_ID EXPECTED_TOTAL: 2 bread and 1.235 kg of cheese, 19.82, for 20.00 cash.
sale() {
    printf '{"orderId": "%s", "expectedTotal": {"amountMinor": "%s"},
        "lines": [{"productId": "%s", "quantity": {"value": "2"}}, {"productId": "%s", "quantity": {"value": "1.235"}}],
        "tenders": [{"type": "TENDER_TYPE_CASH", "amount": {"amountMinor": "2000"}}]}' "$1" "$2" "$bread" "$cheese"
}

echo "5. Sell 2 bread and 1.235 kg of cheese for 20.00 cash"
order=$(uuid7)
must_call grpc-v1 Orders/CompleteSale "$(sale "$order" 1982)" "$key"
check "the order's id" "$(field 'it["order"]["orderId"]')" "$order"
check "the order's state" "$(field 'it["order"]["state"]')" ORDER_STATE_COMPLETED
check "the total" "$(field 'it["order"]["total"]["amountMinor"]')" 1982
check "the change" "$(field 'it["order"]["change"]["amountMinor"]')" 18
check "idempotent-replayed of a first answer" "$(header idempotent-replayed)" ""
receipt_number=$(field 'it["order"]["receiptNumber"]')
cp "$work/answer" "$work/first"
echo "   $receipt_number: 19.82; 0.18 back"

echo "6. Send it again under the same key, with v1alpha"
must_call grpc-v1alpha Orders/CompleteSale "$(sale "$order" 1982)" "$key"
cmp -s "$work/answer" "$work/first" || fail "the second answer is not the first"
check "idempotent-replayed" "$(header idempotent-replayed)" true
echo "   the same answer, and it says that it is a replay"

echo "7. Sell with a total that the customer was not told"
refused grpc-v1 "failed_precondition 9" TOTAL_MISMATCH Orders/CompleteSale "$(sale "$(uuid7)" 1981)" "wrong-$run"
check "the total in the variables" "$(field 'it["metadata"]["total_minor"]')" 1982
check "the expected total in the variables" "$(field 'it["metadata"]["expected_minor"]')" 1981

echo "8. The same refusal through v1alpha"
refused grpc-v1alpha "failed_precondition 9" TOTAL_MISMATCH Orders/CompleteSale "$(sale "$(uuid7)" 1981)" "wrong-$run"
echo "All as it should be."
