<?php
// SPDX-License-Identifier: MIT
//
// Rows of invoke: [method, args, kind of the result or refused(…), session (default demo)].
declare(strict_types=1);

const DAY = '2024-01-01T';

function minute(int $n): array { return aTime(DAY . sprintf('00:%02d:00.000000+00:00', $n)); }

function aPlant(string $path): array { return aNode("ns=2;s=$path"); }

function valueRows(): array
{
    $node = aPlant('Dynamic/Sine');
    $path = ['startingNodeId' => aNode('i=84'), 'relativePath' => [['targetName' => aName('Objects')]]];
    $rows = [
        ['read', [$node], tGood(11)],
        ['read', ['nodeId' => 'ns=2;s=Dynamic/Sine', 'attributeId' => 13], tGood(11)],
        ['read', ['ns=2;s=Types/Scalar/ByteString', 13, true], tGood(15)],
        ['read', ['node' => 'i=85'], refused('Error')],
        ['read', [], refused('TypeError')],
        ['read', [['__t' => 'Unheard', 'v' => 1]], refused('EncodingException')],
        ['readMulti', [[['nodeId' => $node], ['nodeId' => aNode('i=85'), 'attributeId' => 4]]], listOf(tDataValue(), 2)],
        ['write', [aPlant('Many/0503'), 5, anEnum('BuiltinType', 6)], exactly(0)],
        ['write', [aPlant('Types/Writable/LocalizedText'), ['__t' => 'LocalizedText', 'locale' => 'de', 'text' => 'ü/'],
            anEnum('BuiltinType', 21)], exactly(0)],
        ['write', [aPlant('Types/Writable/DateTime'), minute(1), anEnum('BuiltinType', 13)], exactly(0)],
        ['writeMulti', [[['nodeId' => aPlant('Many/0504'), 'value' => 1, 'type' => anEnum('BuiltinType', 6)]]], listOf(exactly(0), 1)],
        ['call', [aPlant('Methods'), aPlant('Methods/Add'), [aVariant(11, 3.0), aVariant(11, 4.5)]], tCallResult()],
        ['call', [aPlant('Methods'), aPlant('Methods/Echo'), [aVariant(17, aNode('ns=1;s=a/b'))]], tCallResult()],
        ['browse', [aNode('i=85'), anEnum('BrowseDirection', 0), null, true, [anEnum('NodeClass', 1)], true], listOf(tReference(), 1)],
        ['browseAll', ['i=85'], listOf(tReference(), 1)],
        ['browseRecursive', [aNode('i=2253'), anEnum('BrowseDirection', 0), 2], listOf(tBrowseNode(), 1)],
        ['browseWithContinuation', [aNode('i=85')], tBrowseResultSet()],
        ['browseNext', ['AAAA'], tBrowseResultSet()],
        ['getEndpoints', fn ($run) => [$run->urls['demo']], listOf(tEndpoint(), 1)],
        ['translateBrowsePaths', [[$path]], listOf(tPathResult(), 1)],
        ['resolveNodeId', ['/Objects/Server'], exactly(['__t' => 'NodeId', 'v' => 'i=2253'])],
        ['discoverDataTypes', [], int()],
        ['registerTypeCodec', [], refused('forbidden_method')],
        ['nothingLikeThis', [], refused('unknown_method')],
    ];
    foreach (TYPE_NAMES as $i => $name) {
        $rows[] = ['read', ["ns=2;s=Types/Array/$name"], tGood($i + 1)];
        if ($name !== 'Variant' && $name !== 'DiagnosticInfo') {
            $rows[] = ['read', ["ns=2;s=Types/Scalar/$name"], tGood($i + 1)];
        }
    }
    foreach (EDGES as $name) {
        $rows[] = ['read', ["ns=1;s=$name"], tDataValue(), 'types'];
    }
    return $rows;
}

function serverRows(): array
{
    $rows = [];
    foreach (['ProductName', 'ManufacturerName', 'SoftwareVersion', 'BuildNumber'] as $what) {
        $rows[] = ["getServer$what", [], text(), 'types'];
        $rows[] = ["getServer$what", [], orNull(text())];
    }
    return [...$rows,
        ['getServerBuildDate', [], orNull(tTime())],
        ['getServerBuildDate', [], tTime(), 'types'],
        ['getServerBuildInfo', [], tBuildInfo(), 'types'],
    ];
}

function invokedSubscriptionRows(): array
{
    $sub = fn ($run) => $run->result('invoke createSubscription', 'subId', 1);
    $item = fn ($run) => $run->result('invoke createMonitoredItems', 0, [])['id'] ?? 1;
    return [
        ['createSubscription', ['publishingInterval' => 100.0, 'priority' => 1], tSubscription()],
        ['createMonitoredItems', fn ($run) => [$sub($run), [['nodeId' => aPlant('Dynamic/Counter'), 'samplingInterval' => 50.0],
            ['nodeId' => 'ns=2;s=Many/0502']]], listOf(tItem(), 2)],
        ['createEventMonitoredItem', fn ($run) => [$sub($run), aNode('i=2253'), ['EventId', 'Message', 'Time'], 9], tItem()],
        ['call', [aPlant('Events'), aPlant('Events/Fire'), [aVariant(5, 500), aVariant(12, 'told')]], tCallResult()],
        ['publish', [], tPublishResult()],
        ['publish', [[]], tPublishResult()],
        ['republish', fn ($run) => [$sub($run), $run->result('invoke publish', 'seq', 1)], orRefused(obj(['sequenceNumber' => uint32(),
            'publishTime' => orNull(tTime()), 'notifications' => listOf(tNotification())]), 'ServiceException')],
        ['modifyMonitoredItems', fn ($run) => [$sub($run), [['monitoredItemId' => $item($run), 'queueSize' => 5]]], listOf(tModifiedItem(), 1)],
        ['setTriggering', fn ($run) => [$sub($run), $item($run), [$item($run) + 1]],
            tagged('SetTriggeringResult', ['add' => listOf(status(), 1), 'remove' => listOf(status())])],
        ['deleteMonitoredItems', fn ($run) => [$sub($run), [$item($run)]], listOf(exactly(0), 1)],
        ['transferSubscriptions', [[4711]], listOf(tagged('TransferResult', ['status' => status(), 'avail' => listOf(uint32())]), 1)],
        ['deleteSubscription', fn ($run) => [$sub($run)], exactly(0)],
    ];
}

function historyRows(): array
{
    $sine = aPlant('History/Sine');
    $node = aNode('ns=1;s=History');
    $values = [aDataValue(5.0, DAY . '01:00:00.000000+00:00')];
    $event = [aNode('i=2253'), ['EventType', 'Message'], [[aVariant(17, aNode('i=2041')), aVariant(21, ['__t' => 'LocalizedText', 'locale' => null, 'text' => 'm'])]]];
    $rows = [
        ['historyReadRaw', [$sine, minute(0), minute(10)], listOf(tGood(11), 10)],
        ['historyReadProcessed', [$sine, minute(0), minute(10), 60000.0, aNode('i=2342')], orRefused(listOf(tDataValue()), 'ServiceException')],
        ['historyReadAtTime', [$sine, [minute(0)]], orRefused(listOf(tDataValue()), 'ServiceException')],
        ['historyDeleteAtTime', [$node, [minute(3)]], listOf(status()), 'history'],
        ['historyDeleteRawModified', [$node, minute(5), minute(6)], status(), 'history'],
        ['historyDeleteEvent', [aNode('i=2253'), ['AAAA']], orRefused(listOf(status()), 'ServiceException'), 'history'],
        ['historyAggregate', [$sine, minute(0), minute(10), 60000.0, anEnum('AggregateFunction', 'average')], listOf(tDataValue(), 10)],
        ['historyAggregate', [$sine, minute(10), minute(0), 60000, anEnum('AggregateFunction', 'count'), null], refused('InvalidArgumentException')],
        ['aggregate', [$values, minute(0), aTime(DAY . '02:00:00.000000+00:00'), 0.0, anEnum('AggregateFunction', 'maximum')], listOf(tDataValue(), 1)],
    ];
    foreach (['Insert', 'Replace', 'Update'] as $how) {
        $rows[] = ["history{$how}Data", [$node, $values], listOf(status(), 1), 'history'];
        $rows[] = ["history{$how}Event", $event, orRefused(listOf(status()), 'ServiceException'), 'history'];
    }
    return $rows;
}

function nodeRows(): array
{
    $new = ['parentNodeId' => 'i=85', 'referenceTypeId' => aNode('i=35'), 'requestedNewNodeId' => 'ns=1;s=made/here',
        'browseName' => aName('made', 1), 'nodeClass' => anEnum('NodeClass', 2), 'typeDefinition' => 'i=63', 'value' => aVariant(12, 'ä')];
    $edge = ['sourceNodeId' => 'i=85', 'referenceTypeId' => 'i=35', 'isForward' => true, 'targetNodeId' => 'ns=1;s=made/here'];
    return [
        ['addNodes', [[$new]], listOf(tagged('AddNodesResult', ['status' => exactly(0), 'added' => tNodeId()]), 1), 'history'],
        ['addNodes', [[['nodeClass' => 2] + $new]], refused('TypeError'), 'history'],
        ['addReferences', [[$edge + ['targetNodeClass' => anEnum('NodeClass', 2)]]], listOf(status(), 1), 'history'],
        ['deleteReferences', [[$edge]], listOf(status(), 1), 'history'],
        ['deleteNodes', [[['nodeId' => 'ns=1;s=made/here']]], listOf(status(), 1), 'history'],
    ];
}

function fileRows(): array
{
    $file = 'ns=1;s=Files/hello.txt';
    $folder = aNode('ns=1;s=Files');
    $handle = fn ($run) => $run->result('invoke openFile', null, 1);
    $made = fn ($run) => $run->result('invoke createFileInDirectory', 'fileNodeId', 'i=1');
    return [
        ['openFile', [aPlant('Many'), 1], refused('ServiceException')],
        ['openFile', [$file, anEnum('OpenFileMode', 1)], int(), 'files'],
        ['readFile', fn ($run) => [$file, $handle($run), 5], text(), 'files'],
        ['getFilePosition', fn ($run) => [$file, $handle($run)], exactly(5), 'files'],
        ['setFilePosition', fn ($run) => [$file, $handle($run), 0], nothing(), 'files'],
        ['closeFile', fn ($run) => [$file, $handle($run)], nothing(), 'files'],
        ['openFile', [$file, 2], int(), 'files'],
        ['writeFile', fn ($run) => [$file, $handle($run), 'abc/ä'], nothing(), 'files'],
        ['closeFile', fn ($run) => [$file, $handle($run)], nothing(), 'files'],
        ['createDirectory', [$folder, 'dir'], tNodeId(), 'files'],
        ['createFileInDirectory', [$folder, 'new.txt'], tagged('CreateFileResult', ['fileNodeId' => like('/^(ns=\d+;)?[isgb]=/'), 'fileHandle' => int()]), 'files'],
        ['moveOrCopyFileSystemObject', fn ($run) => [$folder, $made($run), $run->result('invoke createDirectory', null, $folder), true, 'copy.txt'],
            tNodeId(), 'files'],
        ['deleteFileSystemObject', fn ($run) => [$folder, $made($run)], nothing(), 'files'],
    ];
}

function invokeRows(): array
{
    return [...valueRows(), ...serverRows(), ...invokedSubscriptionRows(), ...historyRows(), ...nodeRows(), ...fileRows()];
}
