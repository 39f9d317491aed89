/**
 * What a schema of single keys cannot see: keys that must fit each other, and files that must be
 * there. Sections that are wrong in themselves are left out, the others are still checked.
 */
import { realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import type { Config } from './schema.ts';
import { findFileFault, findSecretFileFault } from './secret-file.ts';
import { isLoopback } from './value-schemas.ts';
import type { HostPort } from './value-schemas.ts';
import type { KeyPath } from './yaml-source.ts';

/** A problem at the value of a key. */
export interface Finding {
  readonly path: KeyPath;
  readonly sentence: string;
}

/** The sections that are right in themselves. */
export type Sections = Partial<Config>;

/** Checks the sections against each other, without touching the disk. */
export function findConflicts(sections: Sections): readonly Finding[] {
  return [
    ...findOpenListener('gateway', sections.gateway),
    ...findOpenListener('review', sections.review),
    ...findSharedListener(sections),
    ...findLoop(sections),
    ...findKeysInLedger(sections),
    ...findDoubles(
      sections.review?.readers.map(({ name }) => name),
      (index) => ['review', 'readers', index, 'name'],
      'Give each reader a name of its own: this one is there twice.',
    ),
    ...findDoubles(
      sections.review?.readers.map(({ tokenFile }) => tokenFile),
      (index) => ['review', 'readers', index, 'tokenFile'],
      'Give each reader a token of its own: this file is there twice.',
    ),
    ...findDoubles(
      sections.smart?.issuers.map(({ issuer }) => issuer),
      (index) => ['smart', 'issuers', index, 'issuer'],
      'Keep one entry for each issuer: this one is there twice.',
    ),
    ...findDoubles(
      sections.smart?.launches.map(({ name }) => name),
      (index) => ['smart', 'launches', index, 'name'],
      'Give each app a name of its own: this one is there twice.',
    ),
    ...findUndiscoverable(sections),
  ];
}

/** Checks the files that the configuration points at. */
export function findFileFaults({ gateway, upstream, review }: Sections): readonly Finding[] {
  const findings: Finding[] = [];
  const check = (
    path: KeyPath,
    file: string | undefined,
    findFault: (file: string) => string | undefined,
  ) => {
    const sentence = file === undefined ? undefined : findFault(file);
    if (sentence !== undefined) findings.push({ path, sentence });
  };
  for (const [name, tls] of [
    ['gateway', gateway?.tls],
    ['review', review?.tls],
  ] as const) {
    check([name, 'tls', 'certificateFile'], tls?.certificateFile, findFileFault);
    check([name, 'tls', 'keyFile'], tls?.keyFile, findFileFault);
  }
  check(['upstream', 'caFile'], upstream?.caFile, findFileFault);
  for (const [index, { tokenFile }] of (review?.readers ?? []).entries()) {
    check(['review', 'readers', index, 'tokenFile'], tokenFile, findSecretFileFault);
  }
  return findings;
}

function findOpenListener(
  name: 'gateway' | 'review',
  face: Pick<Config['gateway'], 'listen' | 'tls' | 'behindTlsProxy'> | undefined,
): readonly Finding[] {
  if (face === undefined || isLoopback(face.listen.host)) return [];
  if (face.tls !== undefined || face.behindTlsProxy) return [];
  const sentence =
    'Listen on a loopback address, or set tls.certificateFile and tls.keyFile, or set ' +
    'behindTlsProxy to true when a proxy in front does TLS: this listener has no encryption.';
  return [{ path: [name, 'listen'], sentence }];
}

function findSharedListener({ gateway, review }: Sections): readonly Finding[] {
  if (gateway === undefined || review === undefined) return [];
  const isShared =
    gateway.listen.port !== 0 &&
    gateway.listen.port === review.listen.port &&
    overlap(gateway.listen, review.listen);
  return isShared
    ? [
        {
          path: ['review', 'listen'],
          sentence: 'Choose another port: the gateway listens on this one.',
        },
      ]
    : [];
}

function overlap(left: HostPort, right: HostPort): boolean {
  const hosts = [left, right].map(({ host }) => (isLoopback(host) ? 'loopback' : host));
  return hosts[0] === hosts[1] || hosts.some((host) => host === '0.0.0.0' || host === '::');
}

function findLoop({ gateway, upstream }: Sections): readonly Finding[] {
  const own = gateway?.publicBaseUrl;
  if (own === undefined || upstream === undefined) return [];
  return [upstream.baseUrl, ...upstream.aliases].includes(own)
    ? [
        {
          path: ['gateway', 'publicBaseUrl'],
          sentence: 'Choose another URL: this is one of the EHR itself.',
        },
      ]
    : [];
}

function findKeysInLedger({ audit, keys }: Sections): readonly Finding[] {
  if (audit === undefined || keys === undefined) return [];
  const inside = relative(realPath(audit.directory), realPath(keys.directory));
  const isInside = inside === '' || (!/^\.\.(?:[/\\]|$)/.test(inside) && !isAbsolute(inside));
  const sentence =
    'Choose a folder outside audit.directory: that one gets copied, keys must not be.';
  return isInside ? [{ path: ['keys', 'directory'], sentence }] : [];
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // What does not exist yet is judged by the nearest folder that does.
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), basename(path));
  }
}

function findDoubles(
  values: readonly string[] | undefined,
  path: (index: number) => KeyPath,
  sentence: string,
): readonly Finding[] {
  return (values ?? []).flatMap((value, index, all) =>
    all.indexOf(value) < index ? [{ path: path(index), sentence }] : [],
  );
}

function findUndiscoverable({ smart }: Sections): readonly Finding[] {
  const sentence = 'Add jwksUri: this issuer is no web address, so its keys cannot be found.';
  return (smart?.issuers ?? []).flatMap(({ issuer, jwksUri }, index) =>
    jwksUri === undefined && !/^https?:/.test(issuer)
      ? [{ path: ['smart', 'issuers', index, 'issuer'], sentence }]
      : [],
  );
}
