// SPDX-License-Identifier: MIT
"use strict";
// Alarms (OPC 10000-9) with the real state machines of node-opcua, on
// opc.tcp://localhost:4864/UA/Alarms unless told otherwise. The object ns=1;s=Tank has Level
// (Double, writable), PumpFault (Boolean, writable), the conditions LevelAlarm (limits 5, 20, 80,
// 95), PressureAlarm (exclusive, 1 and 6, on Pressure) and PumpAlarm (off normal), and Counter,
// which --rate (50) times a second counts up by one while Running (writable) is true. With
// --alarms each count changes the state of the condition CountAlarm and fires its event, whose
// message is the count. With --nameless a second object, ns=1;s=Old, tells of its two alarms as servers
// without conditions do: events of two types with a state and no ConditionId, each time Old/Fault (Int32)
// is written: bit 0 is one, bit 1 the other.
const { offer } = require("./host");
const { DataType: T, OPCUAServer, StatusCodes: S, nodesets } = require("node-opcua");

const OPTIONALS = ["ConfirmedState", "Confirm", "ShelvingState", "ShelvingState.UnshelveTime"];

function build(port, certificates) {
  return new OPCUAServer({
    port,
    hostname: "localhost",
    resourcePath: "/UA/Alarms",
    ...certificates,
    nodeset_filename: [nodesets.standard],
    serverCapabilities: { maxMonitoredItemsQueueSize: 100000, maxSessions: 100 },
    buildInfo: {
      productName: "Alarm server", productUri: "urn:osm:alarms", manufacturerName: "osm", softwareVersion: "9.8",
      buildNumber: "42", buildDate: new Date("2024-05-06T07:08:09.010Z"),
    },
  });
}

function addVariable(namespace, tank, name, dataType, value) {
  return namespace.addVariable({
    componentOf: tank, browseName: name, nodeId: `s=Tank/${name}`, dataType, minimumSamplingInterval: 0,
    accessLevel: "CurrentRead | CurrentWrite", userAccessLevel: "CurrentRead | CurrentWrite",
    value: { dataType, value },
  });
}

function addConditions(namespace, tank, inputs) {
  const common = (name, inputNode) => ({
    browseName: name, nodeId: `s=Tank/${name}`, componentOf: tank, conditionSource: tank, conditionName: name,
    inputNode, optionals: [...OPTIONALS], maxTimeShelved: 3600000,
  });
  return [
    namespace.instantiateNonExclusiveLimitAlarm("NonExclusiveLimitAlarmType", {
      ...common("LevelAlarm", inputs.Level), lowLowLimit: 5, lowLimit: 20, highLimit: 80, highHighLimit: 95,
    }),
    namespace.instantiateExclusiveLimitAlarm("ExclusiveLimitAlarmType", {
      ...common("PressureAlarm", inputs.Pressure), lowLimit: 1, highLimit: 6,
    }),
    namespace.instantiateOffNormalAlarm({ ...common("PumpAlarm", inputs.PumpFault), normalState: inputs.Normal }),
  ];
}

/** Returns what changes the alarm's state and fires its event, with a number as message. */
function addCountAlarm(namespace, tank, inputs) {
  const alarm = namespace.instantiateOffNormalAlarm({
    browseName: "CountAlarm", nodeId: "s=Tank/CountAlarm", componentOf: tank, conditionSource: tank,
    conditionName: "CountAlarm", inputNode: inputs.Normal, normalState: inputs.Normal, optionals: [],
  });
  alarm.setEnabledState(true);
  const branch = alarm.currentBranch();
  branch.setQuality(S.Good);
  return (count) => {
    branch.setActiveState(count % 2 === 1);
    branch.setRetain(true);
    branch.setTime(new Date());
    branch.setReceiveTime(new Date());
    branch.setMessage(String(count));
    alarm.raiseConditionEvent(branch, true);
  };
}

/** Events of alarms by a server that knows no conditions. */
function addNameless(namespace, space) {
  const old = namespace.addObject({
    organizedBy: space.rootFolder.objects, browseName: "Old", nodeId: "s=Old",
    eventNotifier: 1, eventSourceOf: space.rootFolder.objects.server,
  });
  const fault = namespace.addVariable({
    componentOf: old, browseName: "Fault", nodeId: "s=Old/Fault", dataType: T.Int32, minimumSamplingInterval: 0,
    accessLevel: "CurrentRead | CurrentWrite", userAccessLevel: "CurrentRead | CurrentWrite", value: { dataType: T.Int32, value: 0 },
  });
  let before = 0;
  fault.on("value_changed", (changed) => {
    const now = changed.value.value;
    const alarms = [["DiscreteAlarmType"], ["OffNormalAlarmType"], ["TripAlarmType", "North"], ["TripAlarmType", "South"]];
    alarms.forEach(([type, name], bit) => {
      if (((now ^ before) >> bit) % 2 === 0) return;
      const active = Boolean((now >> bit) & 1);
      old.raiseEvent(type, {
        ...(name ? { conditionName: { dataType: T.String, value: name } } : {}),
        message: { dataType: T.LocalizedText, value: { text: `${type} ${active ? "is" : "was"} there` } },
        severity: { dataType: T.UInt16, value: 700 },
        "activeState.id": { dataType: T.Boolean, value: active },
      });
    });
    before = now;
  });
}

/** Counts by the clock, so that a timer that comes late makes up for what it missed. */
function startCounter(namespace, tank, rate, tell) {
  const counter = addVariable(namespace, tank, "Counter", T.UInt32, 0);
  const running = addVariable(namespace, tank, "Running", T.Boolean, true);
  let count = 0;
  let last = Date.now();
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - last) * rate) / 1000);
    if (due === 0) return;
    last += (due * 1000) / rate;
    if (!running.readValue().value.value) return;
    for (let i = 0; i < due; i += 1) {
      count += 1;
      counter.setValueFromSource({ dataType: T.UInt32, value: count });
      tell(count);
    }
  }, 1000 / rate);
  return () => clearInterval(timer);
}

function populate(server, words) {
  const space = server.engine.addressSpace;
  space.installAlarmsAndConditionsService();
  const namespace = space.getOwnNamespace();
  const tank = namespace.addObject({
    organizedBy: space.rootFolder.objects, browseName: "Tank", nodeId: "s=Tank",
    eventNotifier: 1, eventSourceOf: space.rootFolder.objects.server,
  });
  const inputs = {
    Level: addVariable(namespace, tank, "Level", T.Double, 50),
    Pressure: addVariable(namespace, tank, "Pressure", T.Double, 3),
    PumpFault: addVariable(namespace, tank, "PumpFault", T.Boolean, false),
    Normal: addVariable(namespace, tank, "Normal", T.Boolean, false),
  };
  for (const alarm of addConditions(namespace, tank, inputs)) {
    alarm.setEnabledState(true);
    alarm.currentBranch().setQuality(S.Good);
  }
  if (words.has("nameless")) addNameless(namespace, space);
  const tell = words.has("alarms") ? addCountAlarm(namespace, tank, inputs) : () => {};
  return startCounter(namespace, tank, Number(words.value("rate", "OPCUA_RATE", 50)), tell);
}

offer(module, 4864, build, populate);
