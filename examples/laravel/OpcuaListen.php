<?php
/* SPDX-License-Identifier: MIT
 *
 * `php artisan opcua:listen`: events of the daemon become Laravel events. To app/Console/Commands, with
 * UpstreamEvent.php of ../php-events beside it; the daemon starts it, and again whenever it ends:
 *
 *   opcua-session-manager --event-command 'php /var/www/app/artisan opcua:listen' --event-command-ack
 *
 * Listeners get the classes of php-opcua/opcua-client, as from `php artisan opcua:session`. An event is
 * acknowledged when all listeners have run; if one throws, it comes again, after 1, 2, 4 … 60 seconds. What
 * upstream has no class for (a gap, a subscription made anew) is dispatched as `opcua.<name>`.
 */
declare(strict_types=1);

namespace App\Console\Commands;

use Illuminate\Console\Command;
use Illuminate\Contracts\Events\Dispatcher;
use PhpOpcua\SessionManager\Client\ManagedClient;

require_once is_file(__DIR__ . '/UpstreamEvent.php') ? __DIR__ . '/UpstreamEvent.php'
    : __DIR__ . '/../php-events/UpstreamEvent.php';

final class OpcuaListen extends Command
{
    protected $signature = 'opcua:listen';
    protected $description = 'Dispatch the events opcua-session-manager sends on standard input';

    /** @var array<string, object> by URL of the server */
    private array $clients = [];

    public function handle(Dispatcher $dispatcher): int
    {
        $events = new \UpstreamEvent($this->client(...));
        while (($text = fgets(STDIN)) !== false) {
            $line = json_decode($text, true, 512, JSON_THROW_ON_ERROR);
            try {
                $event = $events->of($line);
                $event ? $dispatcher->dispatch($event) : $dispatcher->dispatch("opcua.{$line['event']}", [$line]);
            } catch (\Throwable $error) {
                fwrite(STDERR, "cannot handle {$line['event']} at {$line['cursor']}: {$error->getMessage()}\n");

                return self::FAILURE;
            }
            fwrite(STDOUT, "ack {$line['cursor']}\n");
        }

        return self::SUCCESS;
    }

    /**
     * The application's own connection to that server, which shares the daemon's session if its configuration is
     * the same; a client without connection where config/opcua.php knows none or it is not to be reached.
     */
    private function client(?string $url): object
    {
        return $this->clients[$url ?? ''] ??= $this->connected($url) ?? new ManagedClient(
            config('opcua.session_manager.socket_path'),
            authToken: config('opcua.session_manager.auth_token'),
        );
    }

    private function connected(?string $url): ?object
    {
        foreach (config('opcua.connections', []) as $name => $connection) {
            if (($connection['endpoint'] ?? null) === $url && app()->bound('PhpOpcua\LaravelOpcua\OpcuaManager')) {
                try {
                    return app('PhpOpcua\LaravelOpcua\OpcuaManager')->connection($name);
                } catch (\Throwable $error) {
                    fwrite(STDERR, "connection $name: {$error->getMessage()}\n");
                }
            }
        }

        return null;
    }
}
