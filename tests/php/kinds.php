<?php
// SPDX-License-Identifier: MIT
//
// Kinds of results. A kind is a function (value, where) that returns a complaint, or null. The
// checks are those of a strictly typed PHP client: 5.0 is no int, 5 is no float, a map has exactly
// its keys, a list has the keys 0, 1, ….
declare(strict_types=1);

const BUILTIN_TYPES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25];
const NODE_CLASSES = [0, 1, 2, 4, 8, 16, 32, 64, 128];
const STATES = ['Disconnected', 'Connected', 'Broken'];
const TIME = '/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/D';
const TAGGED_TIME = '/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d\d:\d\d$/D';
const GUID = '/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/D';
const BASE64 = '#^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$#D';

/** A kind by a condition. */
function which(string $what, callable $holds): Closure
{
    return fn (mixed $v, string $at): ?string => $holds($v) ? null
        : "$at: expected $what, got " . get_debug_type($v) . ' ' . substr((string) json_encode($v), 0, 120);
}

function nothing(): Closure { return which('null', 'is_null'); }
function bool(): Closure { return which('a bool', 'is_bool'); }
function int(): Closure { return which('an int', 'is_int'); }
function uint32(): Closure { return which('an int of 32 bits', fn ($v) => is_int($v) && $v >= 0 && $v <= 0xFFFFFFFF); }
function float(): Closure { return which('a float', 'is_float'); }
function real(): Closure { return which('a float or NaN', fn ($v) => is_float($v) || in_array($v, ['NaN', 'Infinity', '-Infinity'], true)); }
function text(): Closure { return which('a string', 'is_string'); }
function like(string $pattern): Closure { return which("a string like $pattern", fn ($v) => is_string($v) && preg_match($pattern, $v)); }
function oneOf(array $members): Closure { return which('one of ' . json_encode($members), fn ($v) => in_array($v, $members, true)); }
function exactly(mixed $value): Closure { return which('exactly ' . json_encode($value), fn ($v) => $v === $value); }
function base64(): Closure { return like(BASE64); }
function status(): Closure { return uint32(); }

function orNull(Closure $kind): Closure
{
    return fn (mixed $v, string $at): ?string => $v === null ? null : $kind($v, $at);
}

/** One of several kinds; the complaint is that of the last. */
function either(Closure ...$kinds): Closure
{
    return function (mixed $v, string $at) use ($kinds): ?string {
        $complaint = null;
        foreach ($kinds as $kind) {
            $complaint = $kind($v, $at);
            if ($complaint === null) {
                break;
            }
        }
        return $complaint;
    };
}

function listOf(Closure $kind, int $least = 0): Closure
{
    return function (mixed $v, string $at) use ($kind, $least): ?string {
        if (!is_array($v) || !array_is_list($v) || count($v) < $least) {
            return "$at: expected a list of at least $least, got " . substr((string) json_encode($v), 0, 120);
        }
        foreach ($v as $i => $element) {
            if (($complaint = $kind($element, "{$at}[$i]")) !== null) {
                return $complaint;
            }
        }
        return null;
    };
}

/** A map with exactly these keys; a key that begins with `?` may be absent. */
function obj(array $kinds): Closure
{
    return function (mixed $v, string $at) use ($kinds): ?string {
        if (!is_array($v)) {
            return "$at: expected a map, got " . get_debug_type($v);
        }
        $known = [];
        foreach ($kinds as $key => $kind) {
            $name = ltrim($key, '?');
            $known[] = $name;
            if (!array_key_exists($name, $v)) {
                if ($name === $key) {
                    return "$at: key $key is missing, there are " . implode(' ', array_keys($v));
                }
            } elseif (($complaint = $kind($v[$name], "$at.$name")) !== null) {
                return $complaint;
            }
        }
        $surplus = array_diff(array_keys($v), $known);
        return $surplus ? "$at: unknown key " . implode(' ', $surplus) : null;
    };
}

// --- the objects of query -----------------------------------------------------------------------

function nodeId(): Closure
{
    $ns = which('a namespace index', fn ($v) => is_int($v) && $v >= 0 && $v <= 65535);
    return either(
        obj(['ns' => $ns, 'id' => like(GUID), 'type' => exactly('guid')]),
        obj(['ns' => $ns, 'id' => like('/^([0-9a-f]{2})*$/D'), 'type' => exactly('opaque')]),
        obj(['ns' => $ns, 'id' => text(), 'type' => exactly('string')]),
        obj(['ns' => $ns, 'id' => uint32(), 'type' => exactly('numeric')]),
    );
}

function qualifiedName(): Closure { return obj(['ns' => int(), 'name' => text()]); }
function localizedText(): Closure { return obj(['locale' => orNull(text()), 'text' => orNull(text())]); }

function extensionObject(): Closure
{
    return obj(['typeId' => nodeId(), 'encoding' => oneOf([0, 1, 2]), 'body' => orNull(base64()),
        'value' => which('a map', fn ($v) => $v === null || is_array($v))]);
}

/** The kind of one element of a value of this builtin type. */
function element(int $type): Closure
{
    return match (true) {
        $type === 1 => bool(),
        $type <= 9 => int(),
        $type <= 11 => real(),
        $type === 13 => orNull(like(TIME)),
        $type === 14 => like(GUID),
        $type <= 16 => orNull(text()),
        $type <= 18 => nodeId(),
        $type === 19 => status(),
        $type === 20 => qualifiedName(),
        $type === 21 => localizedText(),
        $type === 22 => extensionObject(),
        $type === 23 => dataValue(),
        $type === 24 => either(nothing(), variant()),
        default => which('a map', 'is_array'),
    };
}

/** Checks `value` of a DataValue or Variant against its `type` and `dimensions`. */
function typed(array $v, string $at): ?string
{
    if ($v['type'] === null) {
        return $v['value'] === null && $v['dimensions'] === null ? null : "$at: a value without type";
    }
    $kind = element($v['type']);
    $isList = is_array($v['value']) && array_is_list($v['value']);
    if (!$isList || ($v['type'] === 25 && $v['value'] === [])) {
        return $v['dimensions'] === null ? $kind($v['value'], "$at.value") : "$at: dimensions of a scalar";
    }
    if ($v['dimensions'] !== null && array_product($v['dimensions']) !== count($v['value'])) {
        return "$at: dimensions do not fit " . count($v['value']) . ' elements';
    }
    return listOf($kind)($v['value'], "$at.value");
}

function dataValue(): Closure
{
    return function (mixed $v, string $at): ?string {
        return obj(['value' => fn () => null, 'type' => orNull(oneOf(BUILTIN_TYPES)), 'dimensions' => orNull(listOf(uint32())),
            'statusCode' => status(), 'sourceTimestamp' => orNull(like(TIME)), 'serverTimestamp' => orNull(like(TIME)),
            '?base64' => exactly(true)])($v, $at) ?? typed($v, $at);
    };
}

/** A DataValue of one builtin type, scalar or list, with status Good. */
function goodValue(int $type, ?bool $list = null): Closure
{
    return fn (mixed $v, string $at): ?string => dataValue()($v, $at) ?? exactly($type)($v['type'], "$at.type")
        ?? exactly(0)($v['statusCode'], "$at.statusCode")
        ?? ($list === null || $list === (is_array($v['value']) && array_is_list($v['value'])) ? null : "$at.value: wrong shape");
}

function variant(): Closure
{
    return fn (mixed $v, string $at): ?string => obj(['type' => oneOf(BUILTIN_TYPES), 'value' => fn () => null,
        'dimensions' => orNull(listOf(uint32())), '?base64' => exactly(true)])($v, $at)
        ?? ($v['type'] === 24 && $v['value'] === null ? null : typed($v, $at));
}

function reference(): Closure
{
    return obj(['referenceTypeId' => nodeId(), 'isForward' => bool(), 'nodeId' => nodeId(), 'browseName' => qualifiedName(),
        'displayName' => localizedText(), 'nodeClass' => oneOf(NODE_CLASSES), 'typeDefinition' => nodeId()]);
}

function browseNode(): Closure
{
    return fn (mixed $v, string $at): ?string =>
        obj(['reference' => reference(), 'children' => listOf(browseNode())])($v, $at);
}

function browseResultSet(): Closure
{
    return obj(['references' => listOf(reference()), 'continuationPoint' => orNull(base64())]);
}

function endpoint(): Closure
{
    $token = obj(['policyId' => orNull(text()), 'tokenType' => oneOf([0, 1, 2, 3]), 'issuedTokenType' => orNull(text()),
        'issuerEndpointUrl' => orNull(text()), 'securityPolicyUri' => orNull(text())]);
    return obj(['endpointUrl' => text(), 'serverCertificate' => orNull(base64()), 'securityMode' => oneOf([1, 2, 3]),
        'securityPolicyUri' => text(), 'securityLevel' => int(), 'transportProfileUri' => text(),
        'userIdentityTokens' => listOf($token)]);
}

function pathResult(): Closure
{
    return obj(['statusCode' => status(), 'targets' => listOf(obj(['targetId' => nodeId(), 'remainingPathIndex' => uint32()]))]);
}

function callResult(): Closure
{
    return obj(['statusCode' => status(), 'inputArgumentResults' => listOf(status()), 'outputArguments' => listOf(variant())]);
}

function subscription(): Closure
{
    return obj(['subscriptionId' => uint32(), 'revisedPublishingInterval' => float(), 'revisedLifetimeCount' => uint32(),
        'revisedMaxKeepAliveCount' => uint32()]);
}

function modifiedItem(array $more = []): Closure
{
    return obj(['statusCode' => exactly(0), 'revisedSamplingInterval' => float(), 'revisedQueueSize' => uint32()] + $more);
}

function monitoredItem(): Closure { return modifiedItem(['monitoredItemId' => uint32()]); }

function notification(): Closure
{
    return either(obj(['type' => exactly('Event'), 'clientHandle' => uint32(), 'eventFields' => listOf(variant())]),
        obj(['type' => exactly('DataChange'), 'clientHandle' => uint32(), 'dataValue' => dataValue()]));
}

function publishResult(): Closure
{
    return obj(['subscriptionId' => uint32(), 'sequenceNumber' => uint32(), 'moreNotifications' => bool(),
        'notifications' => listOf(notification()), 'availableSequenceNumbers' => listOf(uint32())]);
}
