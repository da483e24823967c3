// SPDX-License-Identifier: MIT
"use strict";
// The types server: a variable for every edge value of every builtin type (types-cases.js), one
// writable node per type, a counter, methods that echo, fail and sleep, an event on demand.
// Security None, anonymous, opc.tcp://localhost:4861/UA/Types unless told otherwise.
const { offer } = require("./host");
const {
  DataType: T, DataValue, MessageSecurityMode, OPCUAServer, SecurityPolicy, StatusCodes, Variant,
} = require("node-opcua");
const { STAMP, GUID, cases, stamped, writable } = require("./types-cases");

function build(port, certificates) {
  return new OPCUAServer({
    port,
    hostname: "localhost",
    resourcePath: "/UA/Types",
    allowAnonymous: true,
    securityPolicies: [SecurityPolicy.None],
    securityModes: [MessageSecurityMode.None],
    serverCapabilities: { maxSessions: 400 },
    maxConnectionsPerEndpoint: 400,
    ...certificates,
    serverInfo: {
      applicationUri: "urn:exam:types",
      productUri: "urn:exam",
      applicationName: { text: "Types", locale: "en" },
    },
    buildInfo: {
      productName: "Types",
      buildNumber: "7",
      buildDate: new Date("2024-01-02T03:04:05Z"),
      manufacturerName: "exam",
      productUri: "urn:exam",
      softwareVersion: "1.2.3",
    },
  });
}

/** Variables whose value, status and source time are exactly what was put in or written. */
class Variables {
  constructor(namespace, folder) {
    this.namespace = namespace;
    this.folder = folder;
  }

  add(browseName, initial, options = {}) {
    const access = options.access ?? "CurrentRead | CurrentWrite";
    let current = initial;
    const node = this.namespace.addVariable({
      componentOf: options.parent ?? this.folder,
      browseName,
      nodeId: options.nodeId ?? `s=${browseName}`,
      dataType: options.dataType ?? "BaseDataType",
      valueRank: options.valueRank ?? -2,
      minimumSamplingInterval: 50,
      accessLevel: access,
      userAccessLevel: access,
    });
    // node-opcua would refuse a Boolean in a node of type BaseDataType
    node.verifyVariantCompatibility = () => {};
    node.bindVariable({
      timestamped_get: () => current,
      timestamped_set: async ({ value, statusCode }) => {
        current = new DataValue({ value, statusCode, sourceTimestamp: STAMP });
        return StatusCodes.Good;
      },
    }, true);
    return node;
  }
}

function addSpecial(variables) {
  const int32 = { dataType: "Int32", valueRank: -1 };
  const seven = new Variant({ dataType: T.Int32, value: 7 });
  variables.add("ReadOnly", stamped(T.Int32, 1), { ...int32, access: "CurrentRead" });
  variables.add("WriteOnly", stamped(T.Int32, 1), { ...int32, access: "CurrentWrite" });
  variables.add("DV_uncertain", stamped(T.Int32, 7, { statusCode: StatusCodes.UncertainInitialValue }));
  variables.add("DV_bad_value", stamped(T.Int32, 7, { statusCode: StatusCodes.BadSensorFailure }));
  variables.add("DV_bad_novalue", new DataValue({ statusCode: StatusCodes.BadWaitingForInitialData }));
  variables.add("DV_no_ts", new DataValue({ value: seven }));
  variables.add("DV_pico", new DataValue({
    value: seven, sourceTimestamp: STAMP, sourcePicoseconds: 4321, serverTimestamp: STAMP, serverPicoseconds: 99,
  }));
  const ids = {
    Numeric: "i=70000", String: "s=Id String/ä", Guid: `g=${GUID}`, Opaque: `b=${Buffer.from("dead00ff", "hex").toString("base64")}`,
  };
  for (const [kind, nodeId] of Object.entries(ids)) {
    variables.add(`Id${kind}`, stamped(T.String, kind.toLowerCase()), { nodeId });
  }
}

function addMethods(namespace, folder, server) {
  const done = (...outputArguments) => ({ statusCode: StatusCodes.Good, outputArguments });
  const method = (browseName, inputArguments, outputArguments, run) => {
    const node = namespace.addMethod(folder, { nodeId: `s=${browseName}`, browseName, inputArguments, outputArguments });
    node.bindMethod((inputs, _context, callback) => {
      Promise.resolve(run(...inputs.map((v) => v.value), inputs)).then((r) => callback(null, r), callback);
    });
  };
  const any = (n) => ({ name: n, dataType: T.Variant, valueRank: -2, description: { text: n } });
  const int32 = (n) => ({ name: n, dataType: T.Int32 });

  method("Echo", [any("in")], [any("out")], (_value, inputs) => done(inputs[0]));
  method("Add", [int32("a"), int32("b")], [int32("sum")], (a, b) => done({ dataType: T.Int32, value: (a + b) | 0 }));
  method("Fail", [], [], () => ({ statusCode: StatusCodes.BadInternalError }));
  method("Sleep", [{ name: "ms", dataType: T.UInt32 }], [],
    (ms) => new Promise((resolve) => { setTimeout(() => resolve(done()), ms); }));
  method("Fire", [{ name: "severity", dataType: T.UInt16 }, { name: "message", dataType: T.String }], [],
    (severity, message) => {
      server.raiseEvent("BaseEventType", {
        severity: { dataType: T.UInt16, value: severity },
        message: { dataType: T.LocalizedText, value: { text: message } },
        sourceName: { dataType: T.String, value: "Types" },
      });
      return done();
    });
}

function populate(server) {
  const space = server.engine.addressSpace;
  const namespace = space.getOwnNamespace();
  const folder = namespace.addObject({ organizedBy: space.rootFolder.objects, browseName: "Types", nodeId: "s=Types" });
  const variables = new Variables(namespace, folder);

  for (const [name, value] of cases) {
    variables.add(name, new DataValue({ value, sourceTimestamp: STAMP }));
  }
  const parent = namespace.addObject({ componentOf: folder, browseName: "Write", nodeId: "s=Write" });
  for (const [type, zero] of writable) {
    variables.add(`W_${type}`, stamped(T[type], zero), { parent, dataType: type });
  }
  variables.add("W_Any", stamped(T.Int32, 0), { parent });
  addSpecial(variables);

  // moves every 100 ms, for subscriptions
  let count = 0;
  const counter = variables.add("Counter", stamped(T.Int32, 0), { dataType: "Int32", valueRank: -1 });
  counter.bindVariable({ get: () => new Variant({ dataType: T.Int32, value: count }) }, true);
  const timer = setInterval(() => { count += 1; }, 100);

  addMethods(namespace, folder, space.rootFolder.objects.server);
  return () => clearInterval(timer);
}

offer(module, 4861, build, populate);
