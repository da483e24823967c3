// SPDX-License-Identifier: MIT
"use strict";
// Structures of a server's own that hold standard ones (structures.xml), on
// opc.tcp://localhost:4867/UA/Structures unless told otherwise: ns=2;s=Reading, s=Readings (a list),
// s=Batch, all writable.
const path = require("node:path");
const { offer } = require("./host");
const { OPCUAServer, VariantArrayType, nodesets } = require("node-opcua");

function build(port, certificates) {
  return new OPCUAServer({
    port, hostname: "localhost", resourcePath: "/UA/Structures", ...certificates,
    nodeset_filename: [nodesets.standard, path.join(__dirname, "structures.xml")],
  });
}

function populate(server) {
  const space = server.engine.addressSpace;
  const namespace = space.getNamespace("urn:osm:structures");
  const type = (name) => space.findDataType(name, namespace.index);
  const reading = (value) => space.constructExtensionObject(type("Reading"), {
    value,
    unit: { namespaceUri: "urn:unece", unitId: 4408652, displayName: { text: "°C" }, description: { text: "degree" } },
    limits: { low: 0, high: 100 },
  });
  const add = (name, dataType, value, more = {}) => namespace.addVariable({
    organizedBy: space.rootFolder.objects, browseName: name, nodeId: `s=${name}`, dataType: type(dataType).nodeId,
    accessLevel: "CurrentRead | CurrentWrite", userAccessLevel: "CurrentRead | CurrentWrite",
    value: { dataType: "ExtensionObject", value, ...more }, ...(more.arrayType ? { valueRank: 1 } : {}),
  });
  add("Reading", "Reading", reading(3.5));
  add("Readings", "Reading", [reading(1), reading(2)], { arrayType: VariantArrayType.Array });
  add("Batch", "Batch", space.constructExtensionObject(type("Batch"), { name: "B7", readings: [reading(4), reading(5)] }));
}

offer(module, 4867, build, populate);
