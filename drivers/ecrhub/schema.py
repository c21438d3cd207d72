"""The messages of both SDKs as data, and their types for the protobuf runtime (reference 5).

Every text is declared as bytes: a text in a wrong character set must not cost a
payment, and the runtime would refuse it. Fields that are not named here, or that
come with another wire type, are unknown fields to the runtime and stay untouched.
So `token`, `attach`, `extends` and the like are never looked at.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

# Everything else is a text. A request and a response differ in what `biz_data` is.
_MESSAGES: Final = {"biz_data": "{message}Biz", "pair_data": "PairData", "device_data": "DeviceData"}
_TRUTH: Final = "success"

SDK_1_0: Final = {
    "Request": "1 topic, 2 msg_id, 3 app_id, 4 timestamp, 5 version, 6 biz_data, 10 pair_data",
    "RequestBiz": (
        "1 merchant_order_no, 2 orig_merchant_order_no, 3 price_currency, 4 order_amount, 5 tip_amount,"
        "6 trans_type, 7 pay_method_category"
    ),
    "PairData": "1 mac_address, 2 device_name, 3 alias_name",
    "Response": (
        "1 topic, 2 msg_id, 3 app_id, 4 timestamp, 5 success, 6 error_msg, 7 version, 8 biz_data,"
        "9 device_data"
    ),
    "ResponseBiz": (
        "1 merchant_order_no, 2 order_amount, 3 trans_no, 4 price_currency, 5 trans_type, 7 terminal_sn,"
        "8 pay_scenario, 9 trans_status, 11 pay_user_account_id, 12 paid_amount, 14 pay_method_id"
    ),
    "DeviceData": "1 app_name, 2 device_sn, 3 app_version",
}
SDK_1_1: Final = {
    "Request": "1 topic, 2 request_id, 3 app_id, 4 timestamp, 5 version, 6 biz_data, 10 device_data",
    "RequestBiz": (
        "1 merchant_order_no, 2 orig_merchant_order_no, 3 price_currency, 4 order_amount, 5 tip_amount,"
        "7 trans_type, 8 pay_method_category"
    ),
    "Response": (
        "1 topic, 2 request_id, 3 app_id, 4 response_code, 5 response_msg, 6 biz_data, 7 device_data"
    ),
    "ResponseBiz": (
        "1 merchant_order_no, 2 order_amount, 3 trans_no, 4 price_currency, 5 trans_type, 6 pay_scenario,"
        "7 trans_status, 10 pay_method_id, 15 cashback_amount, 16 tip_amount"
    ),
    "DeviceData": "1 mac_address, 2 app_name, 3 device_sn, 4 app_version",
}


def message_types(package: str, tables: dict[str, str]) -> dict[str, Any]:
    """The runtime's class for each message of a table."""
    file = FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto2")
    for message, fields in tables.items():
        made = file.message_type.add(name=message)
        for entry in fields.split(","):
            number, name = entry.split()
            made.field.append(_field(package, message, int(number), name))
    pool = DescriptorPool()
    pool.Add(file)
    return {name: GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}")) for name in tables}


def _field(package: str, message: str, number: int, name: str) -> FieldDescriptorProto:
    field = FieldDescriptorProto(name=name, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL)
    if name in _MESSAGES:
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".{package}.{_MESSAGES[name].format(message=message)}"
    elif name == _TRUTH:
        field.type = FieldDescriptorProto.TYPE_BOOL
    else:
        field.type = FieldDescriptorProto.TYPE_BYTES
    return field
