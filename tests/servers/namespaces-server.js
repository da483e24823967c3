// SPDX-License-Identifier: MIT
"use strict";
// A server whose namespaces come in the order it is told (--namespaces a,b,…), each with the
// variable s=Name whose value is the namespace's URI. opc.tcp://localhost:4865/UA/Namespaces.
const { offer } = require("./host");
const { DataType, OPCUAServer, Variant } = require("node-opcua");

// The server object and the base types: all it takes, and loaded in half the time.
const MINI = require.resolve("node-opcua-address-space/nodesets/mini.Nodeset2.xml");

function build(port, certificates) {
  return new OPCUAServer({
    port,
    hostname: "localhost",
    resourcePath: "/UA/Namespaces",
    ...certificates,
    nodeset_filename: [MINI],
  });
}

function populate(server, words) {
  const space = server.engine.addressSpace;
  // Of audit events these node sets have no types.
  space.rootFolder.objects.server.raiseEvent = () => {};
  for (const uri of words.value("namespaces", "OPCUA_NAMESPACES", "urn:a").split(",")) {
    const namespace = space.registerNamespace(uri);
    namespace.addVariable({
      organizedBy: space.rootFolder.objects,
      browseName: "Name",
      nodeId: `ns=${namespace.index};s=Name`,
      dataType: "String",
      minimumSamplingInterval: 50,
      value: { get: () => new Variant({ dataType: DataType.String, value: uri }) },
    });
  }
}

offer(module, 4865, build, populate);
