<?php
// SPDX-License-Identifier: MIT
//
// Rows of query: [method, params, kind of the result or refused(…), session (default demo)].
// Params may be a function of the run, for what earlier rows have returned.
declare(strict_types=1);

const QUERY_METHODS = 'getEndpoints browse browseWithContinuation browseNext browseAll browseRecursive translateBrowsePaths
    resolveNodeId read readMulti write writeMulti call createSubscription createMonitoredItems createEventMonitoredItem
    deleteMonitoredItems deleteSubscription publish transferSubscriptions republish historyReadRaw historyReadProcessed
    historyReadAtTime isConnected getConnectionState reconnect getTimeout getAutoRetry getBatchSize
    getDefaultBrowseMaxDepth getServerMaxNodesPerRead getServerMaxNodesPerWrite discoverDataTypes invalidateCache
    flushCache modifyMonitoredItems setTriggering trustCertificate untrustCertificate getTrustStore getTrustPolicy
    getEventDispatcher getLogger';

function id(int|string $id, int $ns = 0): array
{
    return ['ns' => $ns, 'id' => $id, 'type' => is_int($id) ? 'numeric' : 'string'];
}

function plant(string $path): array { return id($path, 2); }

function arg(int $type, mixed $value): array { return ['type' => $type, 'value' => $value, 'dimensions' => null]; }

/** @return list<array> */
function readingRows(): array
{
    $path = ['startingNodeId' => id(84), 'relativePath' => [['referenceTypeId' => null, 'isInverse' => false,
        'includeSubtypes' => true, 'targetName' => ['ns' => 0, 'name' => 'Objects']]]];
    $rows = [
        ['getEndpoints', fn ($run) => [$run->urls['demo'], true], listOf(endpoint(), 1)],
        ['getEndpoints', fn ($run) => [$run->urls['types'], false], listOf(endpoint(), 1), 'types'],
        ['browse', [id(85), 0, null, true, [], true], listOf(reference(), 2)],
        ['browse', [id(85), 2, id(31), true, [1, 2], false], listOf(reference(), 2)],
        ['browse', [plant('nothing'), 0, null, true, [], true], exactly([])],
        ['browse', [id(85), 3], refused('ValueError')],
        ['browse', [null], refused('TypeError')],
        ['browseAll', [id('Types', 1), 0, null, true, [], true], listOf(reference(), 50), 'types'],
        ['browseWithContinuation', [id(2253), 0, null, true, []], browseResultSet()],
        ['browseNext', ['AAAA'], browseResultSet()],
        ['browseRecursive', [id(2253), 0, 2, null, true, []], listOf(browseNode(), 1)],
        ['translateBrowsePaths', [[$path]], listOf(pathResult(), 1)],
        ['translateBrowsePaths', [[]], refused('ServiceException')],
        ['resolveNodeId', ['/Objects/Server', null, true], exactly(id(2253))],
        ['resolveNodeId', ['ns=2;s=a/b'], exactly(plant('a/b'))],
        ['resolveNodeId', ['Objects'], refused('InvalidNodeIdException')],
        ['resolveNodeId', ['/Objects/nothing'], refused('ServiceException')],
        ['read', [plant('Dynamic/Sine'), 13, false], goodValue(11)],
        ['read', [id(2253), 3, false], goodValue(20)],
        ['read', [plant('nothing'), 13, false], dataValue()],
        ['readMulti', [[['nodeId' => plant('Dynamic/Clock')], ['nodeId' => id(85), 'attributeId' => 4]]], listOf(dataValue(), 2)],
        ['readMulti', [[]], refused('ServiceException')],
        ['readMulti', [null], refused('TypeError')],
        ['call', [plant('Methods'), plant('Methods/Add'), [arg(11, 3.0), arg(11, 4)]], callResult()],
        ['call', [plant('Methods'), plant('Methods/Nothing')], callResult()],
        ['call', [plant('Methods'), plant('Methods/Echo'), [arg(24, [arg(6, 5), arg(12, 'ä/b')])]], callResult()],
        ['call', [plant('Methods'), plant('Methods/Echo'), [['value' => 5]]], refused('ValueError')],
    ];
    foreach (array_slice(TYPE_NAMES, 0, 23) as $i => $name) {
        $rows[] = ['read', [plant("Types/Scalar/$name"), 13, false], goodValue($i + 1, false)];
        $rows[] = ['read', [plant("Types/Array/$name"), 13, false], goodValue($i + 1, true)];
        $rows[] = ['read', [plant("Types/Matrix/$name"), 13, false], goodValue($i + 1, true)];
        $rows[] = ['read', [plant("Types/EmptyArray/$name"), 13, false], goodValue($i + 1, true)];
    }
    foreach (EDGES as $name) {
        $rows[] = ['read', [id($name, 1), 13, false], dataValue(), 'types'];
        $rows[] = ['read', [id($name, 1)], dataValue(), 'types'];
    }
    return $rows;
}

/** What is written, its type, and exactly what a client with strict types reads back. */
function writingRows(): array
{
    $rows = [
        ['write', [plant('Many/0500'), 5, null], exactly(0)],
        ['write', [plant('nothing'), 5, 6], status()],
        ['write', [plant('Access/ReadOnly'), 5, 6], status()],
        ['write', [plant('Many/0500'), 'five', 6], refused('EncodingException')],
        ['write', [plant('Many/0500'), 5, 99], refused('ValueError')],
        ['write', [plant('nothing'), 5, null], refused('WriteTypeDetectionException')],
        ['writeMulti', [[['nodeId' => plant('Many/0501'), 'value' => 1, 'type' => 6],
            ['nodeId' => plant('nothing'), 'value' => 1, 'type' => 6]]], listOf(status(), 2)],
        ['writeMulti', [null], refused('TypeError')],
    ];
    $values = ['Boolean' => true, 'SByte' => -128, 'Byte' => 255, 'Int16' => -1, 'UInt16' => 65535, 'Int32' => PHP_INT_MIN >> 32,
        'UInt32' => 0xFFFFFFFF, 'Int64' => PHP_INT_MIN, 'UInt64' => -1, 'Float' => 5.0, 'Double' => 5.0,
        'String' => "ä/\u{2028}😀\"\\\x01", 'Guid' => '72962b91-fa75-4ae6-8d28-b404dc7daf63', 'ByteString' => 'abc/ä',
        'NodeId' => id('a/ä', 1), 'QualifiedName' => ['ns' => 1, 'name' => 'n'],
        'LocalizedText' => ['locale' => 'de', 'text' => 'ü'], 'StatusCode' => 0x80340000];
    foreach ($values as $name => $value) {
        $type = array_search($name, TYPE_NAMES, true) + 1;
        foreach (['types' => id("W_$name", 1), 'demo' => plant("Types/Writable/$name")] as $server => $node) {
            $rows[] = ['write', [$node, $value, $type], exactly(0), $server];
            $rows[] = ['read', [$node, 13, false], obj(['value' => exactly($value), 'type' => exactly($type),
                'dimensions' => nothing(), 'statusCode' => exactly(0), 'sourceTimestamp' => orNull(like(TIME)),
                'serverTimestamp' => orNull(like(TIME))]), $server];
        }
    }
    // a date as json_encode writes a DateTimeImmutable
    $rows[] = ['write', [plant('Types/Writable/DateTime'), new DateTimeImmutable('2024-06-01 12:00:00.25 +02:00'), 13], exactly(0)];
    $rows[] = ['read', [plant('Types/Writable/DateTime')], fn ($v, $at) => dataValue()($v, $at)
        ?? exactly('2024-06-01T10:00:00.250000+00:00')($v['value'], "$at.value")];
    return $rows;
}

function subscribingRows(): array
{
    $sub = fn ($run) => $run->result('createSubscription', 'subscriptionId', 1);
    $item = fn ($run) => $run->result('createMonitoredItems', 0, [])['monitoredItemId'] ?? 1;
    $fire = [plant('Events'), plant('Events/Fire'), [arg(5, 500), arg(12, 'told/ä')]];
    $watched = ['nodeId' => plant('Dynamic/Counter'), 'attributeId' => 13, 'samplingInterval' => 50.0, 'queueSize' => 1,
        'clientHandle' => 7, 'monitoringMode' => 0];
    $quiet = ['nodeId' => plant('Many/0502')];
    return [
        ['createSubscription', [100.0, 2400, 10, 0, true, 0], subscription()],
        ['createMonitoredItems', fn ($run) => [$sub($run), [$watched, $quiet]], listOf(monitoredItem(), 2)],
        ['createMonitoredItems', fn ($run) => [$sub($run), null], refused('TypeError')],
        ['createEventMonitoredItem', fn ($run) => [$sub($run), id(2253), ['EventId', 'EventType', 'SourceName', 'Time', 'Message', 'Severity'], 9],
            monitoredItem()],
        ['call', $fire, callResult()],
        ['publish', [[]], publishResult()],
        ['publish', fn ($run) => [[['subscriptionId' => $sub($run), 'sequenceNumber' => $run->result('publish', 'sequenceNumber', 1)]]],
            publishResult()],
        ['publish', [[]], publishResult()],
        ['republish', fn ($run) => [$sub($run), $run->result('publish', 'sequenceNumber', 1)], orRefused(obj(['sequenceNumber' => uint32(),
            'publishTime' => orNull(like(TIME)), 'notifications' => listOf(notification())]), 'ServiceException')],
        ['modifyMonitoredItems', fn ($run) => [$sub($run), [['monitoredItemId' => $item($run), 'samplingInterval' => 250.0]]],
            listOf(modifiedItem(), 1)],
        ['setTriggering', fn ($run) => [$sub($run), $item($run), [$item($run) + 1], []],
            obj(['addResults' => listOf(status(), 1), 'removeResults' => listOf(status())])],
        ['deleteMonitoredItems', fn ($run) => [$sub($run), [$item($run), 4711]], listOf(status(), 2)],
        ['transferSubscriptions', fn ($run) => [[4711], false],
            listOf(obj(['statusCode' => status(), 'availableSequenceNumbers' => listOf(uint32())]), 1)],
        ['deleteSubscription', fn ($run) => [$sub($run)], exactly(0)],
        ['deleteSubscription', [4711], status()],
    ];
}

function remainingRows(): array
{
    $start = '2024-01-01T00:00:00+00:00';
    $end = '2024-01-01T00:30:00+00:00';
    $sine = plant('History/Sine');
    $none = 'SerializationException';
    return [
        ['historyReadRaw', [$sine, $start, $end, 0, false], listOf(goodValue(11), 30)],
        ['historyReadRaw', [$sine, '2024-01-01T02:00:00+02:00', null, 3, false], listOf(goodValue(11), 1)],
        ['historyReadRaw', [$sine, 'never'], refused('DateMalformedStringException')],
        ['historyReadProcessed', [$sine, $start, $end, 60000.0, id(2342)], orRefused(listOf(dataValue()), 'ServiceException')],
        ['historyReadAtTime', [$sine, [$start, $end]], orRefused(listOf(dataValue()), 'ServiceException')],
        ['historyReadAtTime', [$sine, null], refused('TypeError')],
        ['isConnected', [], exactly(true)],
        ['getConnectionState', [], exactly('Connected')],
        ['reconnect', [], nothing()],
        ['getConnectionState', [], oneOf(STATES)],
        ['getTimeout', [], exactly(5.0)],
        ['getAutoRetry', [], exactly(1)],
        ['getBatchSize', [], nothing()],
        ['getDefaultBrowseMaxDepth', [], exactly(10)],
        ['getServerMaxNodesPerRead', [], orNull(int())],
        ['getServerMaxNodesPerWrite', [], orNull(int())],
        ['discoverDataTypes', [null, true], int()],
        ['discoverDataTypes', [], int(), 'types'],
        ['invalidateCache', [plant('Dynamic/Sine')], nothing()],
        ['flushCache', [], nothing()],
        ['trustCertificate', [base64_encode('no certificate')], nothing()],
        ['untrustCertificate', ['00:11'], nothing()],
        ['getTrustStore', [], nothing()],
        ['getTrustPolicy', [], nothing()],
        ['getEventDispatcher', [], refused($none)],
        ['getLogger', [], refused($none)],
        ['connect', [], refused('forbidden_method')],
        ['addNodes', [[]], refused('forbidden_method')],
        ['read', [id(85)], refused('session_not_found'), 'none'],
    ];
}

function queryRows(): array
{
    return [...readingRows(), ...writingRows(), ...subscribingRows(), ...remainingRows()];
}
