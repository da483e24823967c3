// SPDX-License-Identifier: MIT
"use strict";
// Keeps everything the test servers open on loopback. Required before node-opcua is loaded.
//
// node-opcua listens on all addresses and announces itself by multicast DNS; neither may leave
// the machine a test runs on. TCP listeners are bound to 127.0.0.1, UDP sockets too; datagrams
// to anywhere else are dropped silently and multicast groups are not joined.
const dgram = require("node:dgram");
const net = require("node:net");

const HERE = "127.0.0.1";

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function listenOnLoopback(first, ...rest) {
  const callback = rest.find((a) => typeof a === "function");
  if (first !== null && typeof first === "object") {
    const where = first.path || first.fd !== undefined ? first : { ...first, host: HERE };
    return listen.call(this, where, ...rest);
  }
  if (/^\d+$/.test(String(first))) {
    const backlog = rest.find((a) => typeof a === "number");
    return listen.call(this, { port: Number(first), host: HERE, backlog }, callback);
  }
  return listen.call(this, first, ...rest);
};

const socket = dgram.Socket.prototype;
const { bind, send } = socket;

socket.bind = function bindToLoopback(...args) {
  const [first] = args;
  const given = typeof first === "object" && first !== null ? first : { port: Number(first) || 0 };
  const callback = args.find((a) => typeof a === "function");
  return bind.call(this, { ...given, address: HERE, exclusive: false }, callback);
};

socket.send = function sendWithinLoopback(...args) {
  const target = args.find((a) => typeof a === "string" && /^127\.\d+\.\d+\.\d+$/.test(a));
  if (target) return send.apply(this, args);
  const callback = args[args.length - 1];
  if (typeof callback === "function") process.nextTick(callback, null, 0);
  return undefined;
};

for (const name of ["addMembership", "dropMembership", "setMulticastInterface"]) {
  socket[name] = () => {};
}
