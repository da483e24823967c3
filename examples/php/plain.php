<?php
// SPDX-License-Identifier: MIT
// The daemon from PHP, without any package: php plain.php opc.tcp://127.0.0.1:4840
$path = str_replace('unix://', '', getenv('OPCUA_SOCKET') ?: '/tmp/opcua-session-manager.sock');
$daemon = stream_socket_client("unix://$path");
$events = [];

// A persistent connection: every request has an id, every reply and event line repeats it.
function request(string $command, array $members): mixed
{
    global $daemon, $events;
    static $id = 0;

    fwrite($daemon, json_encode(['id' => ++$id, 'command' => $command] + $members) . "\n");
    while (true) {
        $line = json_decode(fgets($daemon), true);
        if (isset($line['event'])) {
            $events[] = $line;
        } elseif (!$line['success']) {
            throw new RuntimeException($line['error']['message']);
        } else {
            return $line['data'];
        }
    }
}

$session = request('open', ['endpointUrl' => $argv[1]])['sessionId'];
$query = fn (string $method, mixed ...$params) =>
    request('query', ['sessionId' => $session, 'method' => $method, 'params' => $params]);

$query('write', 'ns=2;s=Many/0009', 42);
echo 'value = ', $query('read', 'ns=2;s=Many/0009')['value'], "\n";
try {
    $query('resolveNodeId', '/Objects/Nothing');
} catch (RuntimeException $refused) {
    echo 'refused: ', $refused->getMessage(), "\n";
}
request('stream', ['sessionId' => $session, 'events' => ['DataChangeReceived']]);
$subscription = $query('createSubscription', 100)['subscriptionId'];
$query('createMonitoredItems', $subscription, [['nodeId' => 'ns=2;s=Dynamic/Counter', 'samplingInterval' => 100]]);
for ($number = 1; $number <= 3; $number++) {
    $event = array_shift($events) ?? json_decode(fgets($daemon), true);
    echo "change $number: ", $event['dataValue']['value'], "\n";
}
$query('deleteSubscription', $subscription);
