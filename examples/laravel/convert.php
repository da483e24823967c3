<?php
/* SPDX-License-Identifier: MIT
 *
 * config/opcua.php of a Laravel application, or php_opcua_symfony_opcua.yaml of a Symfony one, as a
 * configuration file of opcua-session-manager:
 *
 *   php convert.php /var/www/app/config/opcua.php > opcua-session-manager.yaml
 *   opcua-session-manager --check --config opcua-session-manager.yaml
 *
 * Values of env() come from the environment and from .env beside config/. Connections with auto_connect
 * and subscriptions are kept up by the daemon, as upstream's does; the others are opened by who uses them,
 * and --all keeps them up as well. What has no place there is said on standard error. The file holds the
 * passwords that were in yours: keep it to its owner (mode 0600).
 */
declare(strict_types=1);

const SESSION_MANAGER = [ // ours => theirs
    'socket' => 'socket_path', 'timeout' => 'timeout', 'cleanup_interval' => 'cleanup_interval',
    'auth_token' => 'auth_token', 'max_sessions' => 'max_sessions', 'socket_mode' => 'socket_mode',
    'allowed_cert_dirs' => 'allowed_cert_dirs', 'auto_publish' => 'auto_publish',
];
const CONNECTION = [ // ours => theirs, and their kind
    'securityPolicy' => ['security_policy', 'policy'], 'securityMode' => ['security_mode', 'mode'],
    'username' => ['username', 'string'], 'password' => ['password', 'string'],
    'clientCertPath' => ['client_certificate', 'string'], 'clientKeyPath' => ['client_key', 'string'],
    'caCertPath' => ['ca_certificate', 'string'], 'userCertPath' => ['user_certificate', 'string'],
    'userKeyPath' => ['user_key', 'string'], 'opcuaTimeout' => ['timeout', 'float'],
    'autoRetry' => ['auto_retry', 'int'], 'batchSize' => ['batch_size', 'int'],
    'defaultBrowseMaxDepth' => ['browse_max_depth', 'int'], 'trustStorePath' => ['trust_store_path', 'string'],
    'trustPolicy' => ['trust_policy', 'string'], 'autoAccept' => ['auto_accept', 'true'],
    'autoAcceptForce' => ['auto_accept_force', 'true'], 'autoDetectWriteType' => ['auto_detect_write_type', 'bool'],
    'readMetadataCache' => ['read_metadata_cache', 'bool'],
];
const HERE_ALREADY = ['endpoint', 'auto_connect', 'subscriptions'];
const POLICIES = 'http://opcfoundation.org/UA/SecurityPolicy#';
const NAMES = ['Aes128Sha256RsaOaep' => 'Aes128_Sha256_RsaOaep', 'Aes256Sha256RsaPss' => 'Aes256_Sha256_RsaPss'];
const MODES = ['None' => 1, 'Sign' => 2, 'SignAndEncrypt' => 3];

function env(string $name, mixed $default = null): mixed
{
    global $dotenv;
    $value = getenv($name) !== false ? getenv($name) : $dotenv[$name] ?? null;

    return match (is_string($value) ? strtolower($value) : $value) {
        null => $default instanceof Closure ? $default() : $default,
        'true', '(true)' => true, 'false', '(false)' => false, 'null', '(null)' => null, 'empty', '(empty)' => '',
        default => $value,
    };
}

function storage_path(string $path = ''): string { global $base; return "$base/storage/$path"; }
function base_path(string $path = ''): string { global $base; return "$base/$path"; }
function config_path(string $path = ''): string { global $base; return "$base/config/$path"; }

function note(string $text): void { fwrite(STDERR, "convert: $text\n"); }
function fail(string $text): never { note($text); exit(1); }

function dotenv(string $path): array
{
    $values = [];
    foreach (is_file($path) ? file($path, FILE_IGNORE_NEW_LINES) : [] as $line) {
        if (preg_match('/^\s*(?:export\s+)?(\w+)\s*=\s*(?:"((?:[^"\\\\]|\\\\.)*)"|\'([^\']*)\'|([^#]*?))\s*(?:#.*)?$/', $line, $is)) {
            $values[$is[1]] = ($is[2] ?? '') !== '' ? stripcslashes($is[2]) : (($is[3] ?? '') !== '' ? $is[3] : $is[4] ?? '');
        }
    }

    return $values;
}

function read(string $path): array
{
    global $base;
    if (!is_file($path)) {
        fail("there is no file $path. The configuration of Laravel is config/opcua.php in the application's folder");
    }
    if (!str_ends_with($path, '.php')) {
        if (!class_exists('Symfony\Component\Yaml\Yaml')) {
            @include_once "$base/../vendor/autoload.php";
            @include_once 'Symfony/Component/Yaml/autoload.php';
        }
        class_exists('Symfony\Component\Yaml\Yaml') || fail("$path is YAML: install symfony/yaml (php-symfony-yaml)");
        $config = Symfony\Component\Yaml\Yaml::parseFile($path)['php_opcua_symfony_opcua'] ?? null;
    } else {
        $config = require $path;
    }
    is_array($config) && is_array($config['connections'] ?? []) || fail("$path holds no configuration of OPC UA connections");

    return $config;
}

/** One value of a connection as the daemon takes it; null = not there. */
function value(string $kind, mixed $value): mixed
{
    return match ($value === null || $value === '' ? null : $kind) {
        null => null,
        'policy' => $value === 'None' ? null
            : (str_contains($value, '#') ? $value : POLICIES . (NAMES[$value] ?? $value)),
        'mode' => $value === 'None' || $value === 1 ? null : (MODES[$value] ?? (int) $value),
        'float' => (float) $value, 'int' => (int) $value, 'bool' => (bool) $value, 'true' => $value ? true : null,
        default => (string) $value,
    };
}

function connection(string $name, array $theirs): array
{
    $config = [];
    foreach (CONNECTION as $ours => [$key, $kind]) {
        $value = value($kind, $theirs[$key] ?? null);
        $value === null || $config[$ours] = $value;
    }
    foreach (array_diff(array_keys(array_filter($theirs)), array_column(CONNECTION, 0), HERE_ALREADY) as $key) {
        note("connections.$name.$key: has no place in the daemon, left out");
    }
    isset($theirs['endpoint']) || fail("connections.$name has no endpoint");

    return array_filter(['endpoint' => $theirs['endpoint'], 'config' => $config,
        'subscriptions' => $theirs['subscriptions'] ?? []], fn ($part) => $part !== []);
}

/** YAML of which every scalar is JSON, which YAML contains. */
function yaml(mixed $value, int $depth = 0): string
{
    if (!is_array($value) || $value === []) {
        return ' ' . json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR) . "\n";
    }
    $text = "\n";
    foreach ($value as $key => $part) {
        $start = str_repeat('  ', $depth) . (array_is_list($value) ? '-' : yaml_key((string) $key) . ':');
        $text .= $start . (is_array($part) && $part !== [] && array_is_list($value)
            ? ' ' . ltrim(yaml($part, $depth + 1)) : yaml($part, $depth + 1));
    }

    return $text;
}

function yaml_key(string $key): string
{
    return preg_match('/^[A-Za-z][\w-]*$/', $key) ? $key : json_encode($key, JSON_UNESCAPED_UNICODE);
}

$arguments = array_values(array_diff(array_slice($argv, 1), ['--all']));
count($arguments) === 1 || fail('usage: php convert.php [--all] <config/opcua.php> > opcua-session-manager.yaml');
$base = dirname($arguments[0], 2);
$dotenv = dotenv("$base/.env");
$theirs = read($arguments[0]);

$ours = [];
foreach (SESSION_MANAGER as $key => $name) {
    $value = $theirs['session_manager'][$name] ?? null;
    if ($value !== null && $value !== '' && $value !== []) {
        $ours[$key] = match ($key) {
            'socket_mode' => is_int($value) ? sprintf('0%o', $value) : $value,
            'socket' => str_replace('%kernel.project_dir%', $base, $value),
            'timeout', 'cleanup_interval', 'max_sessions' => (int) $value,
            'auto_publish' => (bool) $value,
            default => $value,
        };
    }
}
foreach (['log_channel', 'cache_store', 'cache_pool'] as $key) {
    empty($theirs['session_manager'][$key]) || note("session_manager.$key: the daemon has --log-file and --cache-driver instead");
}
foreach ($theirs['connections'] ?? [] as $name => $connection) {
    if (in_array('--all', $argv, true) || (!empty($connection['auto_connect']) && !empty($connection['subscriptions']))) {
        $ours['connections'][$name] = connection((string) $name, $connection);
    } else {
        note("connections.$name: not kept up (auto_connect), callers open it; --all keeps it");
    }
}
echo '# made from ', $arguments[0], ltrim(yaml($ours), "\0"), '';
