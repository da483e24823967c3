// SPDX-License-Identifier: MIT
"use strict";
// The nodes of the types server: one row per variable, [name, builtin type, value], with a
// fourth element "array" or a list of dimensions. Edge values of every builtin type.
const {
  Argument, DataType: T, DataValue, DiagnosticInfo, ExpandedNodeId, LocalizedText, NodeId,
  NodeIdType, QualifiedName, StatusCodes, Variant, VariantArrayType, coerceNodeId,
} = require("node-opcua");
const { EUInformation, Range } = require("node-opcua-types");

/** Source time of all fixed values. */
const STAMP = new Date("2024-02-29T12:34:56.789Z");
const GUID = "72962B91-FA75-4AE6-8D28-B404DC7DAF63";
const NO_GUID = "00000000-0000-0000-0000-000000000000";
const URI = "urn:example:ns";
const bytes = (...list) => Buffer.from(list);
const text = (t, locale) => new LocalizedText({ text: t, locale });
const name = (ns, n) => new QualifiedName({ namespaceIndex: ns, name: n });
const stamped = (dataType, value, more) =>
  new DataValue({
    value: { dataType, arrayType: VariantArrayType.Scalar, value }, sourceTimestamp: STAMP, ...more,
  });

/* node-opcua writes 64-bit integers as [high, low]. */
const INT64 = { min: [0x80000000, 0], max: [0x7fffffff, 0xffffffff], minus1: [0xffffffff, 0xffffffff] };
const UINT64 = { max: [0xffffffff, 0xffffffff], half: [0x80000000, 0] };
const ONE = [0, 1];

const scalars = [
  ["Boolean_true", T.Boolean, true],
  ["Boolean_false", T.Boolean, false],
  ["SByte_min", T.SByte, -128],
  ["SByte_max", T.SByte, 127],
  ["Byte_min", T.Byte, 0],
  ["Byte_max", T.Byte, 255],
  ["Int16_min", T.Int16, -32768],
  ["Int16_max", T.Int16, 32767],
  ["UInt16_max", T.UInt16, 65535],
  ["Int32_min", T.Int32, -2147483648],
  ["Int32_max", T.Int32, 2147483647],
  ["Int32_zero", T.Int32, 0],
  ["UInt32_max", T.UInt32, 4294967295],
  ["Int64_min", T.Int64, INT64.min],
  ["Int64_max", T.Int64, INT64.max],
  ["Int64_minus1", T.Int64, INT64.minus1],
  ["Int64_2p53plus1", T.Int64, [0x200000, 1]],
  ["UInt64_max", T.UInt64, UINT64.max],
  ["UInt64_2p63", T.UInt64, UINT64.half],
  ["UInt64_one", T.UInt64, ONE],
  ["Float_pi", T.Float, 3.14],
  ["Float_one", T.Float, 1],
  ["Float_max", T.Float, 3.4028234663852886e38],
  ["Float_denorm", T.Float, 1.401298464324817e-45],
  ["Float_negzero", T.Float, -0],
  ["Float_nan", T.Float, NaN],
  ["Float_inf", T.Float, Infinity],
  ["Float_neginf", T.Float, -Infinity],
  ["Double_tenth", T.Double, 0.1],
  ["Double_one", T.Double, 1],
  ["Double_1e15", T.Double, 1e15],
  ["Double_1e21", T.Double, 1e21],
  ["Double_1em7", T.Double, 1e-7],
  ["Double_max", T.Double, Number.MAX_VALUE],
  ["Double_denorm", T.Double, Number.MIN_VALUE],
  ["Double_negzero", T.Double, -0],
  ["Double_pi", T.Double, Math.PI],
  ["Double_large_int", T.Double, 123456789012345680],
  ["Double_nan", T.Double, NaN],
  ["Double_inf", T.Double, Infinity],
  ["Double_neginf", T.Double, -Infinity],
  ["String_ascii", T.String, "Hello OPC UA"],
  ["String_empty", T.String, ""],
  ["String_null", T.String, null],
  ["String_unicode", T.String, "äöü€ 😀 漢字"],
  ["String_escapes", T.String, 'a"b\\c/d\n\t\r\b\f\u0001\u001f\u007f\u2028\u2029'],
  ["String_nul", T.String, "a\u0000b"],
  ["String_html", T.String, "<a href='x'>&amp;</a>"],
  ["DateTime_ms", T.DateTime, STAMP],
  ["DateTime_epoch", T.DateTime, new Date(0)],
  ["DateTime_1950", T.DateTime, new Date("1950-06-01T01:02:03.004Z")],
  ["DateTime_min", T.DateTime, new Date("1601-01-01T00:00:00Z")],
  ["DateTime_9999", T.DateTime, new Date("9999-12-31T23:59:59Z")],
  ["DateTime_2038", T.DateTime, new Date("2038-01-19T03:14:08Z")],
  ["Guid_upper", T.Guid, GUID],
  ["Guid_zero", T.Guid, NO_GUID],
  ["ByteString_ascii", T.ByteString, Buffer.from("OPC UA")],
  ["ByteString_empty", T.ByteString, Buffer.alloc(0)],
  ["ByteString_null", T.ByteString, null],
  ["ByteString_nonutf8", T.ByteString, bytes(0xff, 0xfe, 0x00, 0x80, 0xc3, 0x28)],
  ["ByteString_256", T.ByteString, Buffer.from(Uint8Array.from({ length: 256 }, (_, i) => i))],
  ["XmlElement", T.XmlElement, '<test a="1"><value>42</value></test>'],
  ["NodeId_i", T.NodeId, coerceNodeId("i=2253")],
  ["NodeId_i_ns", T.NodeId, coerceNodeId("ns=2;i=4294967295")],
  ["NodeId_s", T.NodeId, coerceNodeId('ns=1;s=Demo/äö"x')],
  ["NodeId_g", T.NodeId, coerceNodeId(`ns=1;g=${GUID}`)],
  ["NodeId_b", T.NodeId, new NodeId(NodeIdType.BYTESTRING, bytes(0xde, 0xad, 0x00, 0xff), 1)],
  ["NodeId_null", T.NodeId, coerceNodeId("i=0")],
  ["ExpandedNodeId_plain", T.ExpandedNodeId, new ExpandedNodeId(NodeIdType.NUMERIC, 1234, 1)],
  ["ExpandedNodeId_uri", T.ExpandedNodeId, new ExpandedNodeId(NodeIdType.NUMERIC, 1234, 0, URI, 0)],
  ["ExpandedNodeId_server", T.ExpandedNodeId, new ExpandedNodeId(NodeIdType.STRING, "abc", 2, undefined, 7)],
  ["ExpandedNodeId_uri_server", T.ExpandedNodeId, new ExpandedNodeId(NodeIdType.GUID, GUID, 0, URI, 3)],
  ["StatusCode_good", T.StatusCode, StatusCodes.Good],
  ["StatusCode_bad", T.StatusCode, StatusCodes.BadNodeIdUnknown],
  ["QualifiedName", T.QualifiedName, name(1, "Test")],
  ["QualifiedName_null", T.QualifiedName, name(0, null)],
  ["LocalizedText_both", T.LocalizedText, text("Grüße", "de")],
  ["LocalizedText_text", T.LocalizedText, text("only text")],
  ["LocalizedText_locale", T.LocalizedText, text(null, "en")],
  ["LocalizedText_null", T.LocalizedText, text(null, null)],
  ["ExtObj_Range", T.ExtensionObject, new Range({ low: -1.5, high: 2 })],
  ["ExtObj_EUInformation", T.ExtensionObject, new EUInformation({
    namespaceUri: "urn:x", unitId: 4408652, displayName: { text: "°C" }, description: { text: "degree Celsius" },
  })],
  ["ExtObj_Argument", T.ExtensionObject, new Argument({
    name: "x", dataType: coerceNodeId("i=11"), valueRank: -1, description: { text: "d" },
  })],
  ["ExtObj_null", T.ExtensionObject, null],
  ["DataValue_scalar", T.DataValue, stamped(T.Int32, 5, { statusCode: StatusCodes.UncertainInitialValue })],
  ["DiagnosticInfo", T.DiagnosticInfo, new DiagnosticInfo({
    symbolicId: 1, namespaceURI: 2, locale: 3, additionalInfo: "info",
  })],
  ["Null", T.Null, null],
];

const arrays = [
  ["Array_Boolean", T.Boolean, [true, false, true]],
  ["Array_SByte", T.SByte, [-128, 0, 127]],
  ["Array_Byte", T.Byte, bytes(0, 127, 128, 255)],
  ["Array_Int16", T.Int16, [-32768, 0, 32767]],
  ["Array_UInt16", T.UInt16, [0, 65535]],
  ["Array_Int32", T.Int32, [-2147483648, 0, 2147483647]],
  ["Array_UInt32", T.UInt32, [0, 4294967295]],
  ["Array_Int64", T.Int64, [INT64.min, INT64.minus1, ONE, INT64.max]],
  ["Array_UInt64", T.UInt64, [ONE, UINT64.half, UINT64.max]],
  ["Array_Float", T.Float, [1, 1.5, 0.1, -3.14]],
  ["Array_Float_nan", T.Float, [1, NaN, Infinity]],
  ["Array_Double", T.Double, [1, 1.5, 0.1, 1e300]],
  ["Array_String", T.String, ["", null, "x", "ä€"]],
  ["Array_DateTime", T.DateTime, [STAMP, new Date(0)]],
  ["Array_Guid", T.Guid, [GUID, NO_GUID]],
  ["Array_ByteString", T.ByteString, [Buffer.from("First"), Buffer.alloc(0), null]],
  ["Array_ByteString_nonutf8", T.ByteString, [Buffer.from("ok"), bytes(0xff, 0xfe)]],
  ["Array_XmlElement", T.XmlElement, ["<a/>", "<b/>"]],
  ["Array_NodeId", T.NodeId, [
    coerceNodeId("i=85"), coerceNodeId("ns=1;s=a"), coerceNodeId(`ns=1;g=${GUID}`),
    new NodeId(NodeIdType.BYTESTRING, bytes(1, 2, 255), 1),
  ]],
  ["Array_ExpandedNodeId", T.ExpandedNodeId, [
    new ExpandedNodeId(NodeIdType.NUMERIC, 1, 1), new ExpandedNodeId(NodeIdType.NUMERIC, 1, 0, URI, 2),
  ]],
  ["Array_StatusCode", T.StatusCode, [
    StatusCodes.Good, StatusCodes.BadInternalError, StatusCodes.UncertainLastUsableValue,
  ]],
  ["Array_QualifiedName", T.QualifiedName, [name(1, "A"), name(0, null)]],
  ["Array_LocalizedText", T.LocalizedText, [text("Hello", "en"), text("x")]],
  ["Array_ExtObj", T.ExtensionObject, [new Range({ low: 0, high: 1 }), new Range({ low: 2, high: 3 })]],
  ["Array_Variant", T.Variant, [
    new Variant({ dataType: T.Int32, value: 1 }),
    new Variant({ dataType: T.String, value: "two" }),
    new Variant({ dataType: T.Double, arrayType: VariantArrayType.Array, value: [3, 3.5] }),
    new Variant({ dataType: T.Boolean, value: true }),
  ]],
  ["Array_DataValue", T.DataValue, [
    stamped(T.Int32, 5), new DataValue({ statusCode: StatusCodes.BadNoData }),
  ]],
  ["Array_Int32_empty", T.Int32, []],
  ["Array_String_empty", T.String, []],
  ["Array_Double_one", T.Double, [42]],
].map((row) => [...row, "array"]);

const matrices = [
  ["Matrix_Int32_2x3", T.Int32, [1, 2, 3, 4, 5, 6], [2, 3]],
  ["Matrix_Double_2x2", T.Double, [1, 1.5, 2, 2.5], [2, 2]],
  ["Matrix_Byte_2x2x2", T.Byte, bytes(0, 1, 2, 3, 4, 5, 6, 255), [2, 2, 2]],
  ["Matrix_String_1x2", T.String, ["a", null], [1, 2]],
  ["Matrix_Boolean_2x1", T.Boolean, [true, false], [2, 1]],
];

/* Larger than one 64 KiB chunk of a message. */
const big = [
  ["Big_Int32_20000", T.Int32, Int32Array.from({ length: 20000 }, (_, i) => i), "array"],
  ["Big_Int32_15000", T.Int32, Int32Array.from({ length: 15000 }, (_, i) => i), "array"],
  ["Big_String_60000", T.String, "x".repeat(60000)],
  ["Big_String_100000", T.String, "x".repeat(100000)],
];

/** Rows of the above as [name, Variant]. */
const cases = [...scalars, ...arrays, ...matrices, ...big].map(([label, dataType, value, shape]) => {
  const dimensions = Array.isArray(shape) ? shape : undefined;
  let arrayType = VariantArrayType.Scalar;
  if (shape === "array") arrayType = VariantArrayType.Array;
  if (dimensions) arrayType = VariantArrayType.Matrix;
  return [label, new Variant({ dataType, arrayType, value, dimensions })];
});

/** Initial values of the writable nodes W_<type>, in the order of their creation. */
const writable = [
  ["Boolean", false], ["SByte", 0], ["Byte", 0], ["Int16", 0], ["UInt16", 0], ["Int32", 0], ["UInt32", 0],
  ["Int64", [0, 0]], ["UInt64", [0, 0]], ["Float", 0], ["Double", 0], ["String", ""], ["DateTime", STAMP],
  ["Guid", NO_GUID], ["ByteString", Buffer.alloc(0)], ["XmlElement", "<x/>"], ["NodeId", coerceNodeId("i=0")],
  ["ExpandedNodeId", new ExpandedNodeId(NodeIdType.NUMERIC, 1, 0)], ["StatusCode", StatusCodes.Good],
  ["QualifiedName", name(0, "q")], ["LocalizedText", text("l")],
];

module.exports = { STAMP, GUID, cases, stamped, writable };
