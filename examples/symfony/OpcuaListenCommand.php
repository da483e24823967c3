<?php
/* SPDX-License-Identifier: MIT
 *
 * `php bin/console opcua:listen`: events of the daemon become Symfony events. To the folder of commands, with
 * UpstreamEvent.php of ../php-events beside it; the daemon starts it, and again whenever it ends:
 *
 *   opcua-session-manager --event-command 'php /var/www/app/bin/console opcua:listen' --event-command-ack
 *
 * Listeners get the classes of php-opcua/opcua-client, as from `bin/console opcua:session`. An event is
 * acknowledged when all listeners have run; if one throws, it comes again, after 1, 2, 4 … 60 seconds. What
 * upstream has no class for (a gap, a subscription made anew) is a GenericEvent called `opcua.<name>`.
 */
declare(strict_types=1);

namespace App\Command;

use PhpOpcua\SessionManager\Client\ManagedClient;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Command\Command;
use Symfony\Component\Console\Input\InputInterface;
use Symfony\Component\Console\Output\OutputInterface;
use Symfony\Component\EventDispatcher\GenericEvent;
use Symfony\Contracts\EventDispatcher\EventDispatcherInterface;

require_once is_file(__DIR__ . '/UpstreamEvent.php') ? __DIR__ . '/UpstreamEvent.php'
    : __DIR__ . '/../php-events/UpstreamEvent.php';

#[AsCommand('opcua:listen', 'Dispatch the events opcua-session-manager sends on standard input')]
final class OpcuaListenCommand extends Command
{
    private ?ManagedClient $client = null;

    public function __construct(
        private readonly EventDispatcherInterface $dispatcher,
        private readonly string $socket = '/tmp/opcua-session-manager.sock', // bind both in services.yaml
        private readonly ?string $authToken = null,
    ) {
        parent::__construct('opcua:listen');
    }

    protected function execute(InputInterface $input, OutputInterface $output): int
    {
        $events = new \UpstreamEvent($this->client(...));
        while (($text = fgets(STDIN)) !== false) {
            $line = json_decode($text, true, 512, JSON_THROW_ON_ERROR);
            try {
                $event = $events->of($line);
                $event ? $this->dispatcher->dispatch($event)
                    : $this->dispatcher->dispatch(new GenericEvent(null, $line), "opcua.{$line['event']}");
            } catch (\Throwable $error) {
                fwrite(STDERR, "cannot handle {$line['event']} at {$line['cursor']}: {$error->getMessage()}\n");

                return Command::FAILURE;
            }
            fwrite(STDOUT, "ack {$line['cursor']}\n");
        }

        return Command::SUCCESS;
    }

    /** Not connected: a listener that wants to talk to the server calls connect() with its configuration first. */
    private function client(?string $url): ManagedClient
    {
        return $this->client ??= new ManagedClient($this->socket, authToken: $this->authToken);
    }
}
