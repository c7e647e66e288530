#!/usr/bin/env python3
"""Sells through Kassa as a program in another language would: with the address, the token and nothing else.

No .proto file and no generated code: every message is learned from the server's reflection.

    sale.py 127.0.0.1:50051 kassa-data/keys/local.token
"""

import os
import sys
import time
import uuid

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

DEADLINE_SECONDS = 20


def uuid7():
    """48 bits of milliseconds, then randomness: RFC 9562."""
    value = bytearray(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10))
    value[6] = value[6] & 0x0F | 0x70
    value[8] = value[8] & 0x3F | 0x80
    return str(uuid.UUID(bytes=bytes(value)))


class Refused(Exception):
    """An error as the server sent it: its code, and the reason from both places that carry it."""

    def __init__(self, code, message, trailer, details):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.trailer, self.details = code, message, trailer, details

    def info(self):
        """The one google.rpc.ErrorInfo that every error carries."""
        infos = [detail for name, detail in self.details if name == "google.rpc.ErrorInfo"]
        check("google.rpc.ErrorInfo in the details", len(infos), 1)
        return infos[0]


class Server:
    """The services of a server, known by its reflection alone."""

    def __init__(self, address, token):
        self.channel = grpc.insecure_channel(address)
        self.reflection = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = descriptor_pool.DescriptorPool(self.reflection)
        self.token = token

    def message(self, name):
        return message_factory.GetMessageClass(self.pool.FindMessageTypeByName(name))

    def facts(self, method):
        """What an RPC says of itself in its option: `kassa/v1/options.proto`."""
        service, name = method.split("/")
        described = self.pool.FindServiceByName(f"kassa.v1.{service}").methods_by_name[name]
        # Read anew by the server's own description of options: this library's has none but the standard ones.
        options = self.message("google.protobuf.MethodOptions").FromString(described.GetOptions().SerializeToString())
        return options.Extensions[self.pool.FindExtensionByName("kassa.v1.rpc")]

    def call(self, method, request, key=None, token=True):
        """Calls `Service/Method` with a request in JSON; gives the answer in JSON and the headers."""
        service, name = method.split("/")
        described = self.pool.FindServiceByName(f"kassa.v1.{service}").methods_by_name[name]
        answer = message_factory.GetMessageClass(described.output_type)
        message = json_format.ParseDict(request, message_factory.GetMessageClass(described.input_type)())
        metadata = [("authorization", f"Bearer {self.token}")] if token else []
        if key is not None:
            metadata.append(("idempotency-key", key))
        run = self.channel.unary_unary(
            f"/kassa.v1.{method}",
            request_serializer=lambda it: it.SerializeToString(),
            response_deserializer=answer.FromString,
        )
        try:
            reply, call = run.with_call(message, metadata=metadata, timeout=DEADLINE_SECONDS)
        except grpc.RpcError as error:
            raise self.refused(error) from None
        return json_format.MessageToDict(reply), dict(call.initial_metadata())

    def refused(self, error):
        trailers = dict(error.trailing_metadata() or [])
        details = []
        if "grpc-status-details-bin" in trailers:
            status = self.message("google.rpc.Status").FromString(trailers["grpc-status-details-bin"])
            check("the code in the details", status.code, error.code().value[0])
            check("the message in the details", status.message, error.details())
            for detail in status.details:
                name = detail.type_url.rsplit("/", 1)[-1]
                details.append((name, self.message(name).FromString(detail.value)))
        return Refused(error.code().name, error.details(), trailers.get("kassa-error-reason"), details)


def say(line):
    print(line, flush=True)


def check(what, found, wanted):
    if found != wanted:
        sys.exit(f"FAILED: {what} is {found!r}, and should be {wanted!r}")


def money(amount_minor):
    return {"amountMinor": str(amount_minor)}


def expect_refusal(code, reason, run):
    try:
        reply, _ = run()
    except Refused as refused:
        info = refused.info()
        check("the code", refused.code, code)
        check("the reason in the details", info.reason, reason)
        check("the domain", info.domain, "kassa")
        check("the trailer kassa-error-reason", refused.trailer, reason)
        check("the message's beginning", refused.message.startswith(reason), True)
        say(f"   {refused.code} {info.reason}, in the details and in the trailer")
        say(f"   {refused.message}")
        return info
    sys.exit(f"FAILED: should be refused with {reason}, but was answered {reply}")


def main(address, token_file):
    with open(token_file, encoding="ascii") as file:
        server = Server(address, file.read().strip())

    say("1. What is there?")
    services = sorted(server.reflection.get_services())
    say("   " + " ".join(services))
    for service in ("Access", "Catalog", "Orders", "Shifts"):
        check(f"kassa.v1.{service} among the services", f"kassa.v1.{service}" in services, True)

    facts = server.facts("Orders/CompleteSale")
    say("   CompleteSale: " + " ".join(str(facts).split()))
    check("the option of CompleteSale", json_format.MessageToDict(facts), {
        "from": "CALLER_CASHIER",
        "kind": "KIND_CHANGE",
        "id": "order_id",
    })

    say("2. Who am I?")
    me, headers = server.call("Access/WhoAmI", {})
    say(f"   {me['userName']} on register {me['registerCode']} in branch {me['branchCode']}")
    check("x-request-id in the headers", bool(headers.get("x-request-id")), True)

    say("3. Who am I without a token?")
    expect_refusal("UNAUTHENTICATED", "TOKEN_INVALID", lambda: server.call("Access/WhoAmI", {}, token=False))

    say("4. Put two products into the catalogue")
    run = uuid7()
    bread, cheese = f"PY-BREAD-{run}", f"PY-CHEESE-{run}"
    price = {"taxRate": {"value": "15"}, "category": "food"}
    products = [
        {"product": {"sku": bread, "name": "Bread", "price": money(250), **price}, "openingStock": {"value": "10"}},
        {
            "product": {"sku": cheese, "name": "Cheese", "unit": "kg", "price": money(1200), **price},
            "openingStock": {"value": "5.000"},
        },
    ]
    put, _ = server.call("Catalog/PutProducts", {"products": products}, key=f"products-{run}")
    check("created", put["createdCount"], 2)
    bread_id, cheese_id = put["productIds"]
    say(f"   {bread_id} {cheese_id}")

    say("5. Open a shift with 50.00 in the drawer")
    opening = {"shiftId": uuid7(), "openingFloat": money(5000)}
    opened, _ = server.call("Shifts/OpenShift", opening, key=f"shift-{run}")
    check("the shift's state", opened["shift"]["state"], "SHIFT_STATE_OPEN")
    say(f"   {opened['shift']['number']}" + (", joined" if opened.get("joined") else ""))

    say("6. Sell 2 bread and 1.235 kg of cheese for 20.00 cash")
    sale = {
        "orderId": uuid7(),
        "lines": [
            {"lineId": uuid7(), "productId": bread_id, "quantity": {"value": "2"}},
            {"lineId": uuid7(), "productId": cheese_id, "quantity": {"value": "1.235"}},
        ],
        "tenders": [{"type": "TENDER_TYPE_CASH", "amount": money(2000)}],
        "expectedTotal": money(1982),
    }
    key = f"sale-{run}"
    sold, headers = server.call("Orders/CompleteSale", sale, key=key)
    order = sold["order"]
    check("the order's id", order["orderId"], sale["orderId"])
    check("the order's state", order["state"], "ORDER_STATE_COMPLETED")
    check("the total", order["total"]["amountMinor"], "1982")
    check("the change", order["change"]["amountMinor"], "18")
    # Tax is included: 5.00 is 4.35 + 0.65, and 14.82 is 12.89 + 1.93.
    [tax] = order["taxTotals"]
    check("the tax", (tax["base"]["amountMinor"], tax["tax"]["amountMinor"]), ("1724", "258"))
    check("idempotent-replayed of a first answer", headers.get("idempotent-replayed"), None)
    say(f"   {order['receiptNumber']}: 19.82, of it 2.58 tax; 0.18 back")

    say("7. Send it again under the same key")
    again, headers = server.call("Orders/CompleteSale", sale, key=key)
    check("the answer", again, sold)
    check("idempotent-replayed", headers.get("idempotent-replayed"), "true")
    check("the key in the headers", headers.get("idempotency-key"), key)
    say(f"   the same answer, {again['order']['receiptNumber']}, and it says that it is a replay")

    say("8. Send something else under that key")
    other = {**sale, "orderId": uuid7()}
    expect_refusal(
        "INVALID_ARGUMENT", "IDEMPOTENCY_KEY_REUSED", lambda: server.call("Orders/CompleteSale", other, key=key)
    )

    say("9. Read the receipt")
    receipt, _ = server.call("Orders/GetReceipt", {"orderId": order["orderId"]})
    for line in receipt["text"].rstrip("\n").split("\n"):
        say(f"   | {line}")
    for words in (order["receiptNumber"], "Bread", "Cheese", "19.82"):
        check(f"{words!r} on the receipt", words in receipt["text"], True)

    say("10. Sell with a total that the customer was not told")
    wrong = {**sale, "orderId": uuid7(), "expectedTotal": money(1981)}
    for line in wrong["lines"]:
        line["lineId"] = uuid7()
    info = expect_refusal(
        "FAILED_PRECONDITION",
        "TOTAL_MISMATCH",
        lambda: server.call("Orders/CompleteSale", wrong, key=f"wrong-{run}"),
    )
    check("the total in the variables", info.metadata["total_minor"], "1982")
    check("the expected total in the variables", info.metadata["expected_minor"], "1981")
    gone = {"orderId": wrong["orderId"]}
    say("11. The refused sale left nothing behind")
    expect_refusal("NOT_FOUND", "ORDER_NOT_FOUND", lambda: server.call("Orders/GetOrder", gone))
    say("All as it should be.")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2])
