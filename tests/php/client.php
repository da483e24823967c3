<?php
// SPDX-License-Identifier: MIT
//
// The wire format as PHP clients speak it (docs/protocol.md): a connection per request, one line
// there, one line back, JSON as json_encode writes it: `\/`, `\uXXXX`, 5.0 as 5, [] for nothing.
declare(strict_types=1);

final class Refusal extends Exception
{
    public function __construct(public readonly string $type, string $text)
    {
        parent::__construct($text);
    }
}

final class Daemon
{
    public function __construct(private string $endpoint)
    {
    }

    /** The reply line to a request, without its newline. */
    private function exchange(string $line): string
    {
        $socket = @stream_socket_client($this->endpoint, $errno, $error, 30);
        if ($socket === false) {
            throw new RuntimeException("cannot connect to {$this->endpoint}: $error");
        }
        stream_set_timeout($socket, 30);
        fwrite($socket, $line . "\n");
        $reply = stream_get_contents($socket);
        fclose($socket);
        if ($reply === false || !str_ends_with($reply, "\n") || substr_count($reply, "\n") !== 1) {
            throw new RuntimeException('not one line: ' . substr((string) $reply, 0, 200));
        }
        return rtrim($reply, "\n");
    }

    /** The data of a success; a failure is a Refusal. Anything but the two envelopes throws. */
    public function ask(array $request): mixed
    {
        $reply = json_decode($this->exchange(json_encode($request, JSON_THROW_ON_ERROR)), true, 512, JSON_THROW_ON_ERROR);
        $keys = is_array($reply) ? array_keys($reply) : [];
        sort($keys);
        if ($keys === ['data', 'success'] && $reply['success'] === true) {
            return $reply['data'];
        }
        $error = $reply['error'] ?? null;
        $complaint = $keys === ['error', 'success'] && $reply['success'] === false
            ? obj(['type' => text(), 'message' => text()])($error, 'error') : 'no envelope of the contract';
        if ($complaint !== null) {
            throw new RuntimeException($complaint . ': ' . substr(json_encode($reply), 0, 300));
        }
        throw new Refusal($error['type'], $error['message']);
    }

    public function open(string $url, array $config = [], bool $forceNew = false): string
    {
        $request = ['command' => 'open', 'endpointUrl' => $url, 'config' => $config];
        $data = $this->ask($forceNew ? $request + ['forceNew' => true] : $request);
        if (!is_string($data['sessionId'] ?? null) || !preg_match('/^[0-9a-f]{32}$/D', $data['sessionId'])) {
            throw new RuntimeException('open: no session id in ' . json_encode($data));
        }
        return $data['sessionId'];
    }

    public function query(string $session, string $method, array $params): mixed
    {
        return $this->ask(['command' => 'query', 'sessionId' => $session, 'method' => $method, 'params' => $params]);
    }

    public function invoke(string $session, string $method, array $args): mixed
    {
        $data = $this->ask(['command' => 'invoke', 'sessionId' => $session, 'method' => $method, 'args' => $args]);
        if (!is_array($data) || array_keys($data) !== ['data']) {
            throw new RuntimeException("invoke $method: data is not {\"data\":…}");
        }
        return $data['data'];
    }
}
