<?php
/* SPDX-License-Identifier: MIT */
declare(strict_types=1);

/** One event: what all have, and the rest as it came. */
final class Event
{
    private function __construct(
        public readonly string $name,
        public readonly int $cursor,
        public readonly float $time,
        public readonly ?string $sessionId,
        public readonly ?string $endpointUrl,
        public readonly array $fields,
    ) {
    }

    public static function fromLine(string $line): self
    {
        $fields = json_decode($line, true, 512, JSON_THROW_ON_ERROR);

        return new self($fields['event'], $fields['cursor'], (float) $fields['time'],
            $fields['sessionId'] ?? null, $fields['endpointUrl'] ?? null, $fields);
    }
}
