<?php
/* SPDX-License-Identifier: MIT
 * As much of php-opcua/opcua-client and opcua-session-manager as a listener sees: their names and
 * constructors. The packages themselves cannot be installed where the tests run. */
declare(strict_types=1);

namespace PhpOpcua\Client\Types {
    final readonly class NodeId { public function __construct(public int $namespaceIndex, public int|string $identifier, public string $type) {} }
    final readonly class Variant { public function __construct(public int $type, public mixed $value) {} }
    final readonly class DataValue
    {
        public function __construct(public ?Variant $variant, public int $statusCode, public ?\DateTimeImmutable $sourceTimestamp) {}
        public function getValue(): mixed { return $this->variant?->value; }
    }
}

namespace PhpOpcua\SessionManager\Client {
    final class ManagedClient
    {
        public function __construct(public string $socketPath = '', public float $timeout = 30.0, public ?string $authToken = null) {}
    }
}

namespace PhpOpcua\SessionManager\Serialization {
    use PhpOpcua\Client\Types\{DataValue, NodeId, Variant};

    final class TypeSerializer
    {
        public function deserializeDataValue(array $data): DataValue
        {
            return new DataValue(isset($data['type']) ? $this->deserializeVariant($data) : null, $data['statusCode'],
                isset($data['sourceTimestamp']) ? new \DateTimeImmutable($data['sourceTimestamp']) : null);
        }
        public function deserializeVariant(array $data): Variant { return new Variant($data['type'], $data['value']); }
        public function deserializeNodeId(array $data): NodeId { return new NodeId($data['ns'], $data['id'], $data['type']); }
    }
}

namespace PhpOpcua\Client\Event {
    use PhpOpcua\Client\Types\{DataValue, NodeId};

    final readonly class DataChangeReceived
    {
        public function __construct(public object $client, public int $subscriptionId, public int $sequenceNumber,
            public int $clientHandle, public DataValue $dataValue, public bool $republished = false) {}
    }
    final readonly class MonitoredItemCreated
    {
        public function __construct(public object $client, public int $subscriptionId, public int $monitoredItemId,
            public NodeId $nodeId, public int $statusCode) {}
    }
    final readonly class AlarmEventReceived
    {
        public function __construct(public object $client, public int $subscriptionId, public int $clientHandle,
            public array $eventFields, public ?int $severity = null, public ?string $sourceName = null,
            public ?string $message = null, public ?NodeId $eventType = null, public ?\DateTimeImmutable $time = null,
            public bool $republished = false) {}
    }
}
