/**
 * The purposes of use that a token states, as codings. Pure.
 *
 * Spec: IHE IUA `extensions.ihe_iua.purpose_of_use` (ITI TF-2 3.71.4.2.2), UDAP `hl7-b2b`.
 */
import type { Coding } from './identity.ts';
import { asList, boundedText, isJsonObject, member, objectMember } from './untrusted-json.ts';
import type { JsonObject } from './untrusted-json.ts';

const actReason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';
const actReasonOid = '2.16.840.1.113883.5.8';
const maxPurposes = 20;

/** The stated purposes, IUA's before UDAP's, without doubles; at most 20. */
export function pickPurposeOfUse(payload: JsonObject): readonly Coding[] {
  const extensions = objectMember(payload, 'extensions');
  const stated = [
    ...asList(member(objectMember(extensions, 'ihe_iua'), 'purpose_of_use')),
    ...asList(member(objectMember(extensions, 'hl7-b2b'), 'purpose_of_use')),
  ];
  const codings = new Map<string, Coding>();
  for (const value of stated.slice(0, maxPurposes)) {
    const coding = toCoding(value);
    if (coding !== undefined) codings.set(JSON.stringify(coding), coding);
  }
  return [...codings.values()];
}

function toCoding(value: unknown): Coding | undefined {
  if (isJsonObject(value)) {
    const system = boundedText(member(value, 'system'));
    const code = boundedText(member(value, 'code'));
    const display = boundedText(member(value, 'display'));
    if (code === undefined && display === undefined) return undefined;
    return {
      ...(system !== undefined && { system: systemUri(system) }),
      ...(code !== undefined && { code }),
      ...(display !== undefined && { display }),
    };
  }
  const text = boundedText(value);
  if (text === undefined) return undefined;
  const parts = /^(?<system>[A-Za-z][A-Za-z0-9+.-]*:[^#\s]+|[0-9][0-9.]+)#(?<code>\S+)$/.exec(text);
  const system = parts?.groups?.['system'];
  const code = parts?.groups?.['code'];
  if (system !== undefined && code !== undefined) return { system: systemUri(system), code };
  // A bare word belongs to no code system: it is text, not a code.
  return { display: text };
}

function systemUri(system: string): string {
  const oid = /^(?:urn:oid:)?([0-9]+(?:\.[0-9]+)+)$/.exec(system)?.[1];
  if (oid === undefined) return system;
  return oid === actReasonOid ? actReason : `urn:oid:${oid}`;
}
