<?php
/* SPDX-License-Identifier: MIT */
declare(strict_types=1);

interface Listener
{
    public function handle(Event $event): void;
}

/** Who listens to what; events nobody listens to are passed over. */
final class Dispatcher
{
    /** @var array<string, list<Listener>> */
    private array $listeners = [];

    public function listen(string $name, Listener $listener): void
    {
        $this->listeners[$name][] = $listener;
    }

    public function dispatch(Event $event): void
    {
        foreach ($this->listeners[$event->name] ?? [] as $listener) {
            $listener->handle($event);
        }
    }
}
