<?php
// SPDX-License-Identifier: MIT
//
// The tagged objects of invoke: how arguments are built, and the kinds of results.
declare(strict_types=1);

// --- arguments ----------------------------------------------------------------------------------

function aNode(string $id): array { return ['__t' => 'NodeId', 'v' => $id]; }
function aName(string $name, int $ns = 0): array { return ['__t' => 'QualifiedName', 'ns' => $ns, 'n' => $name]; }
function aTime(string $time): array { return ['__t' => 'DateTime', 'v' => $time]; }
function anEnum(string $enum, int|string $value): array { return ['__t' => $enum, 'v' => $value]; }

function aVariant(int $type, mixed $value, ?array $dims = null): array
{
    return ['__t' => 'Variant', 'type' => anEnum('BuiltinType', $type), 'value' => $value, 'dims' => $dims, 'bytesB64' => null];
}

function aDataValue(float $value, string $time): array
{
    return ['__t' => 'DataValue', 'variant' => aVariant(11, $value), 'status' => 0, 'sourceTs' => aTime($time), 'serverTs' => null];
}

// --- results ------------------------------------------------------------------------------------

/** A map whose first key is the tag. */
function tagged(string $tag, array $kinds): Closure
{
    return fn (mixed $v, string $at): ?string => obj(['__t' => exactly($tag)] + $kinds)($v, $at)
        ?? (array_key_first($v) === '__t' ? null : "$at: __t does not come first");
}

function tNodeId(): Closure { return tagged('NodeId', ['v' => like('/^(ns=\d+;)?[isgb]=/')]); }
function tName(): Closure { return tagged('QualifiedName', ['ns' => int(), 'n' => text()]); }
function tText(): Closure { return tagged('LocalizedText', ['locale' => orNull(text()), 'text' => orNull(text())]); }
function tTime(): Closure { return tagged('DateTime', ['v' => like(TAGGED_TIME)]); }
function tEnum(string $enum, array $members): Closure { return tagged($enum, ['v' => oneOf($members)]); }

function tExtension(): Closure
{
    return tagged('ExtensionObject', ['typeId' => tNodeId(), 'encoding' => oneOf([0, 1, 2]), 'bodyB64' => orNull(base64()),
        'value' => which('a map', fn ($v) => $v === null || is_array($v))]);
}

function tElement(int $type): Closure
{
    return match (true) {
        $type === 13 => orNull(tTime()),
        $type === 17, $type === 18 => tNodeId(),
        $type === 20 => tName(),
        $type === 21 => tText(),
        $type === 22 => tExtension(),
        $type === 23 => tDataValue(),
        $type === 24 => either(nothing(), tVariant()),
        default => element($type),
    };
}

function tVariant(): Closure
{
    return function (mixed $v, string $at): ?string {
        $complaint = tagged('Variant', ['type' => tEnum('BuiltinType', BUILTIN_TYPES), 'value' => fn () => null,
            'dims' => orNull(listOf(uint32())), 'bytesB64' => orNull(base64()), '?base64' => exactly(true)])($v, $at);
        if ($complaint !== null) {
            return $complaint;
        }
        $type = $v['type']['v'];
        if ($type === 15 && !is_array($v['value'])) {
            return $v['value'] === null ? null : "$at: the bytes of a ByteString stand in bytesB64";
        }
        if ($v['bytesB64'] !== null) {
            return "$at: bytesB64 of type $type";
        }
        $isList = is_array($v['value']) && array_is_list($v['value']) && $type !== 25;
        return ($isList ? listOf(tElement($type)) : tElement($type))($v['value'], "$at.value");
    };
}

function tDataValue(): Closure
{
    return tagged('DataValue', ['variant' => orNull(fn ($v, $at) => tVariant()($v, $at)), 'status' => status(),
        'sourceTs' => orNull(tTime()), 'serverTs' => orNull(tTime())]);
}

/** A tagged DataValue of this builtin type. */
function tGood(int $type): Closure
{
    return fn (mixed $v, string $at): ?string => tDataValue()($v, $at) ?? exactly(0)($v['status'], "$at.status")
        ?? exactly($type)($v['variant']['type']['v'] ?? null, "$at.variant.type");
}

function tReference(): Closure
{
    return tagged('ReferenceDescription', ['refType' => tNodeId(), 'isForward' => bool(), 'nodeId' => tNodeId(),
        'browseName' => tName(), 'displayName' => tText(), 'nodeClass' => tEnum('NodeClass', NODE_CLASSES),
        'typeDef' => orNull(tNodeId())]);
}

function tBrowseNode(): Closure
{
    return fn (mixed $v, string $at): ?string =>
        tagged('BrowseNode', ['reference' => tReference(), 'children' => listOf(tBrowseNode())])($v, $at);
}

function tBrowseResultSet(): Closure
{
    return tagged('BrowseResultSet', ['refs' => listOf(tReference()), 'cpB64' => orNull(base64())]);
}

function tEndpoint(): Closure
{
    $token = tagged('UserTokenPolicy', ['policyId' => orNull(text()), 'tokenType' => oneOf([0, 1, 2, 3]),
        'issuedType' => orNull(text()), 'issuer' => orNull(text()), 'policy' => orNull(text())]);
    return tagged('EndpointDescription', ['url' => text(), 'cert' => orNull(base64()), 'mode' => oneOf([1, 2, 3]),
        'policy' => text(), 'tokens' => listOf($token), 'profile' => text(), 'level' => int()]);
}

/** A float field, which may also come as an int. */
function tNumber(): Closure { return either(int(), float()); }

function tSubscription(): Closure
{
    return tagged('SubscriptionResult', ['subId' => uint32(), 'interval' => tNumber(), 'lifetime' => uint32(), 'keepAlive' => uint32()]);
}

function tModifiedItem(): Closure
{
    return tagged('MonitoredItemModifyResult', ['status' => exactly(0), 'interval' => tNumber(), 'queue' => uint32()]);
}

function tItem(): Closure
{
    return tagged('MonitoredItemResult', ['status' => exactly(0), 'id' => uint32(), 'interval' => tNumber(), 'queue' => uint32()]);
}

function tNotification(): Closure
{
    return either(obj(['type' => exactly('Event'), 'clientHandle' => uint32(), 'eventFields' => listOf(tVariant())]),
        obj(['type' => exactly('DataChange'), 'clientHandle' => uint32(), 'dataValue' => tDataValue()]));
}

function tPublishResult(): Closure
{
    return tagged('PublishResult', ['subId' => uint32(), 'seq' => uint32(), 'more' => bool(),
        'notif' => listOf(tNotification()), 'avail' => listOf(uint32())]);
}

function tCallResult(): Closure
{
    return tagged('CallResult', ['status' => status(), 'inputResults' => listOf(status()), 'output' => listOf(tVariant())]);
}

function tPathResult(): Closure
{
    return tagged('BrowsePathResult', ['status' => status(),
        'targets' => listOf(tagged('BrowsePathTarget', ['target' => tNodeId(), 'remaining' => uint32()]))]);
}

function tBuildInfo(): Closure
{
    return tagged('BuildInfo', ['product' => orNull(text()), 'manufacturer' => orNull(text()), 'version' => orNull(text()),
        'build' => orNull(text()), 'date' => orNull(tTime())]);
}
