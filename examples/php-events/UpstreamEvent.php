<?php
/* SPDX-License-Identifier: MIT */
declare(strict_types=1);

use PhpOpcua\SessionManager\Serialization\TypeSerializer;

/**
 * A line of events becomes the event class of php-opcua/opcua-client that has its name, with what its
 * constructor asks for. Classes of other versions work as well: what they do not ask for is left out,
 * what the line does not tell keeps its default.
 */
final class UpstreamEvent
{
    /** @param Closure(?string $endpointUrl): object $client who is to be $event->client */
    public function __construct(private Closure $client, private TypeSerializer $types = new TypeSerializer())
    {
    }

    /** Null when upstream has no such event: EventsLost and other things only this daemon tells. */
    public function of(array $line): ?object
    {
        $class = 'PhpOpcua\Client\Event\\' . $line['event'];
        if (!class_exists($class)) {
            return null;
        }
        if (isset($line['eventTime'])) { // "time" is when the daemon heard of it
            $line['time'] = $line['eventTime'];
        }
        $arguments = [];
        foreach ((new ReflectionClass($class))->getConstructor()?->getParameters() ?? [] as $parameter) {
            $name = $parameter->getName();
            if ($name === 'client') {
                $arguments[$name] = ($this->client)($line['endpointUrl'] ?? null);
            } elseif (array_key_exists($name, $line)) {
                $arguments[$name] = $this->value($name, ltrim((string) $parameter->getType(), '?'), $line[$name]);
            }
        }

        return new $class(...$arguments);
    }

    private function value(string $name, string $type, mixed $value): mixed
    {
        return match (true) {
            $value === null => null,
            $name === 'eventFields' => array_map($this->types->deserializeVariant(...), $value),
            $type === DateTimeImmutable::class => new DateTimeImmutable($value),
            $type === 'float' => (float) $value,
            is_array($value) && str_starts_with($type, 'PhpOpcua\Client\Types\\') =>
                $this->types->{'deserialize' . substr($type, strrpos($type, '\\') + 1)}($value),
            default => $value,
        };
    }
}
