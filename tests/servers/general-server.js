// SPDX-License-Identifier: MIT
"use strict";
// The general test server: a folder TestServer with DataTypes, Methods, Dynamic, Events,
// Historical, Structures and Views, on opc.tcp://localhost:4840/UA/TestServer unless told
// otherwise. Its numeric node ids are those the recorded transcripts use; what they never touch
// has ids of our own choice.
//
//   --profile open     no security, anonymous (default)
//             users    Basic256Sha256 SignAndEncrypt, user names only
//             x509     the same, user certificates only
//             all      every policy and mode, also none, anonymous and user names
//             accept   Basic256Sha256 and None, every client certificate accepted
//   --limit n          every operation limit (default: none)
//   --publish-queue n  Publish requests a session may have outstanding (default: the library's)
//   --trust all|known  client certificates: all, or only those in the PKI folder (--pki)
//   --certificate f, --key f   the server's own certificate and key
//   --token-lifetime ms   life of a channel's keys (default: as the client asks)
//   --bare             the server object and the folder DataTypes, nothing else: starts in half the time
const path = require("node:path");
const { offer } = require("./host");
const {
  DataType: T, MessageSecurityMode: Mode, OPCUAServer, SecurityPolicy: Policy, ServerSession, StatusCodes, Variant,
  VariantArrayType, coerceNodeId, nodesets,
} = require("node-opcua");

const MINI = require.resolve("node-opcua-address-space/nodesets/mini.Nodeset2.xml");

const USERS = { admin: "admin-pass", operator: "operator-pass", viewer: "viewer-pass", test: "test-pass" };

const SECURE = { securityPolicies: [Policy.Basic256Sha256], securityModes: [Mode.SignAndEncrypt] };
const PROFILES = {
  open: { securityPolicies: [Policy.None], securityModes: [Mode.None], allowAnonymous: true },
  users: { ...SECURE, allowAnonymous: false },
  x509: { ...SECURE, allowAnonymous: false },
  all: {
    securityPolicies: [
      Policy.None, Policy.Basic128Rsa15, Policy.Basic256, Policy.Basic256Sha256,
      Policy.Aes128_Sha256_RsaOaep, Policy.Aes256_Sha256_RsaPss,
    ],
    securityModes: [Mode.None, Mode.Sign, Mode.SignAndEncrypt],
    allowAnonymous: true,
  },
  accept: {
    securityPolicies: [Policy.None, Policy.Basic256Sha256],
    securityModes: [Mode.None, Mode.Sign, Mode.SignAndEncrypt],
    allowAnonymous: true,
  },
};

const LIMITED = ["maxNodesPerRead", "maxNodesPerWrite", "maxNodesPerMethodCall", "maxNodesPerBrowse", "maxNodesPerRegisterNodes",
  "maxNodesPerNodeManagement", "maxMonitoredItemsPerCall", "maxNodesPerHistoryReadData", "maxNodesPerHistoryReadEvents",
  "maxNodesPerHistoryUpdateData", "maxNodesPerHistoryUpdateEvents", "maxNodesPerTranslateBrowsePathsToNodeIds"];

function build(port, certificates, words) {
  const profile = words.value("profile", "OPCUA_PROFILE", "open");
  if (!PROFILES[profile]) throw new Error(`unknown profile ${profile}; one of ${Object.keys(PROFILES).join(" ")}`);
  const limit = Number(words.value("limit", "OPCUA_LIMIT", 0));
  const queue = Number(words.value("publish-queue", "OPCUA_PUBLISH_QUEUE", 0));
  // of all servers in the process
  if (queue) ServerSession.maxPublishRequestInQueue = queue;
  const lifetime = Number(words.value("token-lifetime", "OPCUA_TOKEN_LIFETIME", 0));
  return new OPCUAServer({
    port,
    hostname: "localhost",
    resourcePath: "/UA/TestServer",
    ...PROFILES[profile],
    ...certificates,
    certificateFile: words.value("certificate", "OPCUA_CERTIFICATE", undefined),
    privateKeyFile: words.value("key", "OPCUA_KEY", undefined),
    maxConnectionsPerEndpoint: 200,
    ...(lifetime ? { defaultSecureTokenLifetime: lifetime } : {}),
    serverCapabilities: {
      maxSessions: 200,
      operationLimits: limit ? Object.fromEntries(LIMITED.map((service) => [service, limit])) : {},
    },
    userManager: {
      isValidUser: (user, password) => profile !== "x509" && Object.hasOwn(USERS, user) && USERS[user] === password,
    },
    nodeset_filename: words.has("bare") ? [MINI] : [nodesets.standard, path.join(__dirname, "points.xml")],
    serverInfo: {
      applicationUri: "urn:opcua:testserver:nodes",
      productUri: "urn:opcua:testserver",
      applicationName: { text: "OPC UA Test Server", locale: "en" },
    },
    buildInfo: { productName: "OPC UA Test Server", manufacturerName: "test", buildNumber: "1", softwareVersion: "1.0.0" },
  });
}

/** Adds nodes with rising ids, so that a folder, its variables and their ids read like a list. */
class Tree {
  constructor(space, namespace) {
    this.space = space;
    this.namespace = namespace;
  }

  folder(parent, browseName, id) {
    const under = parent ? { organizedBy: parent } : { organizedBy: this.space.rootFolder.objects };
    return this.namespace.addFolder(under.organizedBy, { browseName, nodeId: `i=${id}` });
  }

  variable(parent, browseName, id, dataType, value, options = {}) {
    const arrayType = options.list ? VariantArrayType.Array : VariantArrayType.Scalar;
    const access = options.access ?? "CurrentRead | CurrentWrite";
    const variant = { dataType: T[dataType], arrayType, value };
    const get = options.get && (() => new Variant({ dataType: T[dataType], value: options.get() }));
    return this.namespace.addVariable({
      ...options.attributes,
      componentOf: parent,
      browseName,
      nodeId: `i=${id}`,
      dataType: options.dataType ?? dataType,
      valueRank: options.list ? 1 : -1,
      accessLevel: access,
      userAccessLevel: access,
      minimumSamplingInterval: options.get ? 50 : 0,
      value: get ? { get } : value !== undefined && variant,
    });
  }

  /** A method; its argument variables take the ids that follow. */
  method(object, browseName, id, inputArguments, outputArguments, run) {
    const node = this.namespace.addMethod(object, { browseName, nodeId: `i=${id}`, inputArguments, outputArguments });
    node.bindMethod((inputs, context, callback) => {
      let result;
      try {
        const values = run(...inputs.map((v) => v.value));
        const outputs = values.map((value, i) => new Variant({
          dataType: outputArguments[i].dataType,
          arrayType: VariantArrayType.Scalar,
          value,
        }));
        result = { statusCode: StatusCodes.Good, outputArguments: outputs };
      } catch (e) {
        result = { statusCode: e instanceof RangeError ? StatusCodes.BadOutOfRange : StatusCodes.BadInternalError };
      }
      callback(null, result);
    });
  }
}

const SCALARS = [
  ["Boolean", true], ["SByte", -42], ["Byte", 42], ["Int16", -1000], ["UInt16", 1000], ["Int32", -100000],
  ["UInt32", 100000], ["Int64", [0xffffffff, 0xfff0bdc0]], ["UInt64", [0, 1000000]], ["Float", 3.14],
  ["Double", 2.718281828], ["String", "Hello OPC UA"], ["DateTime", new Date("2024-01-01T00:00:00Z")],
  ["Guid", "72962B91-FA75-4AE6-8D28-B404DC7DAF63"], ["ByteString", Buffer.from("OPC UA")],
  ["XmlElement", "<test>value</test>"], ["NodeId", coerceNodeId("ns=1;i=1000")], ["StatusCode", StatusCodes.Good],
  ["QualifiedName", { namespaceIndex: 1, name: "TestQualifiedName" }],
  ["LocalizedText", { locale: "en", text: "Hello" }],
];

const ARRAYS = [
  ["Boolean", [true, false, true]], ["Int32", Int32Array.of(1, 2, 3, 4, 5)], ["UInt32", Uint32Array.of(1, 2, 3)],
  ["Float", Float32Array.of(1.5, 2.5)], ["Double", Float64Array.of(1.1, 2.2, 3.3)], ["String", ["one", "two", "three"]],
  ["DateTime", [new Date(0), new Date("2024-01-01T00:00:00Z")]],
];

function addDataTypes(tree, root) {
  const folder = tree.folder(root, "DataTypes", 1001);
  const scalar = tree.folder(folder, "Scalar", 1002);
  SCALARS.forEach(([type, value], i) => tree.variable(scalar, `${type}Value`, 1003 + i, type, value));
  const readOnly = tree.folder(folder, "ReadOnly", 1030);
  SCALARS.forEach(([type, value], i) => tree.variable(readOnly, `${type}_RO`, 1031 + i, type, value, { access: "CurrentRead" }));
  const array = tree.folder(folder, "Array", 1060);
  ARRAYS.forEach(([type, value], i) => tree.variable(array, `${type}Array`, 1061 + i, type, value, { list: true }));
}

function addMethods(tree, root) {
  const methods = tree.folder(root, "Methods", 1101);
  const arg = (name, type, valueRank = -1) => ({ name, dataType: T[type], valueRank, description: { text: name } });
  const two = (type) => [arg("a", type), arg("b", type)];
  const rows = [
    ["Add", 1102, two("Double"), [arg("result", "Double")], (a, b) => [a + b]],
    ["Multiply", 1105, two("Double"), [arg("result", "Double")], (a, b) => [a * b]],
    ["Concatenate", 1108, two("String"), [arg("result", "String")], (a, b) => [`${a ?? ""}${b ?? ""}`]],
    ["Reverse", 1111, [arg("text", "String")], [arg("result", "String")], (s) => [[...(s ?? "")].reverse().join("")]],
    ["GetServerTime", 1114, [], [arg("time", "DateTime")], () => [new Date()]],
    ["Echo", 1116, [arg("value", "String")], [arg("value", "String")], (s) => [s]],
    ["Divide", 1119, two("Double"), [arg("result", "Double")], (a, b) => {
      if (b === 0) throw new RangeError("division by zero");
      return [a / b];
    }],
    ["Failing", 1122, [], [], () => { throw new Error("on purpose"); }],
    ["ArraySum", 1129, [arg("values", "Double", 1)], [arg("sum", "Double")],
      (list) => [Array.from(list ?? []).reduce((a, b) => a + b, 0)]],
    ["MultiOutput", 1135, [], [arg("number", "Int32"), arg("text", "String"), arg("flag", "Boolean")],
      () => [42, "hello", true]],
  ];
  for (const row of rows) tree.method(methods, ...row);
}

function addDynamic(tree, root) {
  const folder = tree.folder(root, "Dynamic", 1200);
  const start = Date.now();
  const seconds = () => (Date.now() - start) / 1000;
  const rows = [
    ["Counter", "UInt32", () => Math.floor(seconds() * 10)],
    ["SineWave", "Double", () => Math.sin(seconds())],
    ["Random", "Double", () => Math.random()],
    ["Timestamp", "DateTime", () => new Date()],
    ["Toggle", "Boolean", () => Math.floor(seconds()) % 2 === 1],
    ["NullableString", "String", () => (Math.floor(seconds()) % 2 ? "on" : null)],
  ];
  rows.forEach(([name, type, get], i) => tree.variable(folder, name, 1201 + i, type, null, { get, access: "CurrentRead" }));
}

function addEvents(tree, root) {
  const folder = tree.folder(root, "Events", 1250);
  const emitter = tree.namespace.addObject({
    componentOf: folder, browseName: "EventEmitter", nodeId: "i=1251", eventNotifier: 1,
    eventSourceOf: tree.space.rootFolder.objects.server,
  });
  const methodArguments = [{ name: "severity", dataType: T.UInt16 }, { name: "message", dataType: T.String }];
  tree.method(emitter, "Fire", 1252, methodArguments, [], (severity, message) => {
    emitter.raiseEvent("BaseEventType", {
      severity: { dataType: T.UInt16, value: severity },
      message: { dataType: T.LocalizedText, value: { text: message } },
    });
    return [];
  });
}

/* A temperature that swings, with two minutes of past before the server started. */
function addHistorical(tree, root) {
  const folder = tree.folder(root, "Historical", 1317);
  const node = tree.variable(folder, "HistoricalTemperature", 1318, "Double", undefined, {
    access: "CurrentRead | HistoryRead", attributes: { historizing: true },
  });
  tree.space.installHistoricalDataNode(node, { maxOnlineValues: 10000 });
  const temperatureAt = (ms) => 22 + 5 * Math.sin(ms / 10000);
  const set = (ms) => {
    node.setValueFromSource({ dataType: T.Double, value: temperatureAt(ms) }, StatusCodes.Good, new Date(ms));
  };
  const now = Date.now();
  for (let ms = now - 120000; ms < now; ms += 1000) set(ms);
  const timer = setInterval(() => set(Date.now()), 1000);
  return () => clearInterval(timer);
}

function addStructures(tree, root) {
  const folder = tree.folder(root, "Structures", 1440);
  const point = (x, y, z) => tree.space.constructExtensionObject(coerceNodeId("ns=3;i=3003"), { x, y, z });
  const dataType = "ns=3;i=3003";
  tree.variable(folder, "PointValue", 1443, "ExtensionObject", point(1.5, 2.5, 3.5), { dataType });
  tree.variable(folder, "PointArray", 1444, "ExtensionObject", [point(0, 0, 0), point(1, 1, 1)], { dataType, list: true });
}

function addViews(tree, root) {
  tree.folder(root, "Views", 1500);
  const view = tree.namespace.addView({
    organizedBy: tree.space.rootFolder.views, browseName: "OperatorView", nodeId: "i=1501",
  });
  for (const id of [1008, 1012]) {
    view.addReference({ referenceType: "Organizes", nodeId: coerceNodeId(`ns=1;i=${id}`) });
  }
}

/** What node-opcua raises when a caller knows it by another URL; without the type such a caller gets no answer. */
function addUrlMismatch(space) {
  const standard = space.getDefaultNamespace();
  const type = standard.addEventType({
    browseName: "AuditUrlMismatchEventType", nodeId: "i=2748", subtypeOf: "AuditCreateSessionEventType",
  });
  standard.addVariable({
    propertyOf: type, browseName: "EndpointUrl", nodeId: "i=2749", dataType: "String", modellingRule: "Mandatory",
  });
}

function populate(server, words) {
  const space = server.engine.addressSpace;
  const tree = new Tree(space, space.getOwnNamespace());
  const root = tree.folder(null, "TestServer", 1000);
  if (words.has("bare")) {
    addUrlMismatch(space);
    return addDataTypes(tree, root);
  }
  for (const add of [addDataTypes, addMethods, addDynamic, addEvents, addStructures, addViews]) add(tree, root);
  return addHistorical(tree, root);
}

offer(module, 4840, build, populate);
