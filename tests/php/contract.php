<?php
// SPDX-License-Identifier: MIT
//
// Is every answer what a strictly typed PHP client takes? Plain PHP, no packages:
//
//   php tests/php/contract.php <endpoint> demo=<url> types=<url> history=<url> files=<url>
//
// The endpoint is unix://… or tcp://…; the urls are those of the test servers. Every method of
// query and every registered method of invoke has rows: parameters and the kind of the result
// (kinds.php, tagged.php). A method that this version of the daemon does not offer counts as
// later. Prints what failed, then `N passed, N failed, N later`; exits 0 if nothing failed.
declare(strict_types=1);

foreach (['client', 'kinds', 'tagged', 'query_rows', 'invoke_rows'] as $part) {
    require __DIR__ . "/$part.php";
}

const TYPE_NAMES = ['Boolean', 'SByte', 'Byte', 'Int16', 'UInt16', 'Int32', 'UInt32', 'Int64', 'UInt64', 'Float', 'Double',
    'String', 'DateTime', 'Guid', 'ByteString', 'XmlElement', 'NodeId', 'ExpandedNodeId', 'StatusCode', 'QualifiedName',
    'LocalizedText', 'ExtensionObject', 'DataValue', 'Variant', 'DiagnosticInfo'];
// nodes of the types server
const EDGES = ['Float_nan', 'Float_one', 'Double_inf', 'Double_1e21', 'Double_negzero', 'Double_denorm', 'String_null', 'String_nul',
    'String_escapes', 'DateTime_1950', 'DateTime_min', 'DateTime_9999', 'ByteString_null', 'ByteString_nonutf8', 'NodeId_g', 'NodeId_b',
    'ExpandedNodeId_uri_server', 'LocalizedText_locale', 'ExtObj_Range', 'ExtObj_null', 'DataValue_scalar', 'DiagnosticInfo', 'Null',
    'Array_UInt64', 'Array_Float_nan', 'Array_String', 'Array_DateTime', 'Array_ByteString_nonutf8', 'Array_NodeId', 'Array_QualifiedName',
    'Array_ExtObj', 'Array_Variant', 'Array_DataValue', 'Array_Int32_empty', 'Matrix_Int32_2x3', 'Matrix_String_1x2', 'DV_uncertain',
    'DV_bad_value', 'DV_bad_novalue', 'DV_no_ts', 'DV_pico'];

/** What is expected when a refusal is right, with or without a kind for the other case. */
final class Refused
{
    public array $types;

    public function __construct(public ?Closure $kind, string ...$types)
    {
        $this->types = $types;
    }
}

function refused(string ...$types): Refused { return new Refused(null, ...$types); }
function orRefused(Closure $kind, string ...$types): Refused { return new Refused($kind, ...$types); }

final class Run
{
    public int $passed = 0;
    public int $failed = 0;
    public int $later = 0;
    private array $sessions = ['none' => '0123456789abcdef0123456789abcdef'];
    private array $results = [];
    private array $covered = [];

    public function __construct(private Daemon $daemon, public array $urls)
    {
        foreach ($urls as $name => $url) {
            $this->sessions[$name] = $daemon->open($url);
        }
    }

    /** A part of what a method has last returned to an earlier row. */
    public function result(string $method, int|string|null $key, mixed $default): mixed
    {
        $result = $this->results[$method] ?? $default;
        return $key === null || !isset($this->results[$method]) ? $result : ($result[$key] ?? $default);
    }

    private function count(string $what, ?string $complaint): void
    {
        if ($complaint === null) {
            $this->passed++;
        } else {
            $this->failed++;
            echo "FAILED $what: $complaint\n";
        }
    }

    public function check(string $what, mixed $value, Closure $kind): void
    {
        $this->count($what, $kind($value, '$'));
    }

    /** Runs one row of `query` or `invoke`. */
    public function row(string $command, string $method, array|Closure $params, Closure|Refused $kind, string $server = 'demo'): void
    {
        $this->covered[$command][$method] = true;
        $params = $params instanceof Closure ? $params($this) : $params;
        $what = "$command $method " . substr(json_encode($params), 0, 160);
        $types = $kind instanceof Refused ? $kind->types : [];
        try {
            $result = $this->daemon->$command($this->sessions[$server], $method, $params);
            $this->results[$command === 'query' ? $method : "invoke $method"] = $result;
            $expected = $kind instanceof Refused ? $kind->kind : $kind;
            $this->count($what, $expected ? $expected($result, '$') : 'no refusal, but ' . substr(json_encode($result), 0, 120));
        } catch (Refusal $e) {
            if ($e->type === 'unknown_method' && str_contains($e->getMessage(), 'not offered by this version')) {
                $this->later++;
                return;
            }
            $this->count($what, in_array($e->type, $types, true) ? null : "refused as {$e->type}: {$e->getMessage()}");
        } catch (RuntimeException | JsonException $e) {
            $this->count($what, $e->getMessage());
        }
    }

    public function describe(): array
    {
        $data = $this->daemon->ask(['command' => 'describe', 'sessionId' => $this->sessions['demo']]);
        $list = listOf(text(), 5);
        $this->check('describe', $data, obj(['methods' => $list, 'modules' => $list, 'wireClasses' => $list,
            'enumClasses' => $list, 'wireTypeIds' => $list]));
        $names = fn (array $classes) => array_map(fn ($c) => substr(strrchr($c, '\\'), 1), $classes);
        $this->check('describe', $data['wireTypeIds'], exactly([...$names($data['wireClasses']), ...$names($data['enumClasses'])]));
        return $data['methods'];
    }

    public function everyMethodHasARow(string $command, array $methods): void
    {
        $missing = array_diff($methods, array_keys($this->covered[$command] ?? []));
        $this->count("$command: every method has a row", $missing ? 'none for ' . implode(' ', $missing) : null);
    }

    public function life(): void
    {
        $float = which('a float of microseconds', fn ($v) => is_float($v) && abs($v - microtime(true)) < 60);
        $this->check('ping', $this->daemon->ask(['command' => 'ping']),
            obj(['status' => exactly('ok'), 'sessions' => int(), 'time' => $float]));
        $entry = obj(['id' => like('/^[0-9a-f]{32}$/D'), 'endpointUrl' => text(), 'lastUsed' => float(),
            'config' => which('a map', 'is_array')]);
        $this->check('list', $this->daemon->ask(['command' => 'list']), obj(['count' => int(), 'sessions' => listOf($entry, 1)]));
        $id = $this->daemon->open($this->urls['demo'], ['opcuaTimeout' => 5.0, 'autoAccept' => false, 'autoAcceptForce' => false], true);
        $this->check('close', $this->daemon->ask(['command' => 'close', 'sessionId' => $id]), nothing());
    }
}

function main(array $argv): int
{
    if (count($argv) < 3) {
        fwrite(STDERR, "usage: php contract.php <endpoint> demo=<url> types=<url> history=<url> files=<url>\n");
        return 2;
    }
    $urls = [];
    foreach (array_slice($argv, 2) as $word) {
        [$name, $url] = explode('=', $word, 2);
        $urls[$name] = $url;
    }
    $run = new Run(new Daemon($argv[1]), $urls);
    $run->life();
    foreach (queryRows() as $row) {
        $run->row('query', ...$row);
    }
    $run->everyMethodHasARow('query', preg_split('/\s+/', QUERY_METHODS));
    $methods = $run->describe();
    foreach (invokeRows() as $row) {
        $run->row('invoke', ...$row);
    }
    $run->everyMethodHasARow('invoke', $methods);
    echo "{$run->passed} passed, {$run->failed} failed, {$run->later} later\n";
    return $run->failed === 0 ? 0 : 1;
}

exit(main($argv));
