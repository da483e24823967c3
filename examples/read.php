<?php
// Reads one value through the daemon. Plain PHP, no packages:
//   php examples/read.php opc.tcp://127.0.0.1:4840 'ns=2;s=Dynamic/Sine'
declare(strict_types=1);

function ask(array $request): mixed
{
    $path = getenv('OPCUA_SOCKET') ?: '/tmp/opcua-session-manager.sock';
    $socket = stream_socket_client("unix://$path", $errno, $error, 30)
        ?: throw new RuntimeException("$path: $error");
    fwrite($socket, json_encode($request) . "\n");
    $reply = json_decode(stream_get_contents($socket), true);
    if ($reply['success'] !== true) {
        throw new RuntimeException($reply['error']['type'] . ': ' . $reply['error']['message']);
    }
    return $reply['data'];
}

[, $url, $node] = $argv + [1 => 'opc.tcp://127.0.0.1:4840', 2 => 'ns=2;s=Dynamic/Sine'];

// The second process that opens the same URL gets the same session: no connecting, no waiting.
$session = ask(['command' => 'open', 'endpointUrl' => $url, 'config' => []])['sessionId'];
$value = ask(['command' => 'query', 'sessionId' => $session, 'method' => 'read', 'params' => [$node]]);

printf("%s = %s (status 0x%08X)\n", $node, json_encode($value['value']), $value['statusCode']);
