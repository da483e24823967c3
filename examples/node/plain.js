// SPDX-License-Identifier: MIT
"use strict";
// The daemon from Node.js, without any package: node plain.js opc.tcp://127.0.0.1:4840
const net = require("net");
const readline = require("readline");

const path = (process.env.OPCUA_SOCKET || "/tmp/opcua-session-manager.sock").replace("unix://", "");
const socket = net.connect(path);
const waiting = new Map();
let next = 0, changes = 0, finish;
const enough = new Promise((resolve) => { finish = resolve; });

// A persistent connection: every request has an id, every reply and event line repeats it.
readline.createInterface({ input: socket }).on("line", (text) => {
  const line = JSON.parse(text);
  if (line.event) {
    console.log(`change ${++changes}: ${line.dataValue.value}`);
    if (changes === 3) finish();
    return;
  }
  const { resolve, reject } = waiting.get(line.id);
  waiting.delete(line.id);
  if (line.success) resolve(line.data);
  else reject(new Error(line.error.message));
});

function request(command, members) {
  const id = ++next;
  socket.write(JSON.stringify({ id, command, ...members }) + "\n");
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
}

async function main() {
  const { sessionId } = await request("open", { endpointUrl: process.argv[2] });
  const query = (method, ...params) => request("query", { sessionId, method, params });

  await query("write", "ns=2;s=Many/0006", 42);
  console.log("value =", (await query("read", "ns=2;s=Many/0006")).value);
  await query("resolveNodeId", "/Objects/Nothing").catch((error) => console.log("refused:", error.message));
  await request("stream", { sessionId, events: ["DataChangeReceived"] });
  const { subscriptionId } = await query("createSubscription", 100);
  await query("createMonitoredItems", subscriptionId, [{ nodeId: "ns=2;s=Dynamic/Counter", samplingInterval: 100 }]);
  await enough;
  await query("deleteSubscription", subscriptionId);
}

main().catch((error) => { console.error(error.message); process.exitCode = 1; }).finally(() => socket.destroy());
