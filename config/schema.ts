/**
 * The schema of the configuration file: every key, its default, its documentation. The only place
 * where defaults live.
 */
import { z } from 'zod';
import { key } from './key-doc.ts';
import {
  baseUrl,
  byteSize,
  corsOrigin,
  hostName,
  httpUrl,
  ipRange,
  issuerName,
  keySetUrl,
  listenAddress,
  path,
  patternText,
  wholeNumber,
} from './value-schemas.ts';

const listDocs = { unit: 'list' } as const;

function yesNo() {
  return z.boolean({ error: 'Write true or false.' });
}

function listOf<S extends z.ZodType>(element: S) {
  return z.array(element, { error: 'Write a list.' });
}

function choice<const T extends readonly [string, ...string[]]>(values: T) {
  const names = values.map((value) => `"${value}"`).join(' or ');
  return z.enum(values, { error: `Write ${names}.` });
}

function section<S extends z.ZodRawShape>(shape: S) {
  return z.strictObject(shape);
}

function tls(directory: string) {
  return section({
    certificateFile: key(path(directory), {
      text: 'PEM file with the certificate of this listener, followed by its intermediates. Needs `keyFile`.',
      unit: 'path',
    }),
    keyFile: key(path(directory), {
      text: 'PEM file with the private key of the certificate. Needs `certificateFile`.',
      unit: 'path',
      danger: 'Whoever reads this file can pose as the gateway: keep it readable by its user only.',
    }),
  }).optional();
}

const behindTlsProxyDoc = {
  unit: '`true` or `false`',
  text: 'Says that a proxy in front of this listener does TLS.',
  danger:
    'With `true` and no such proxy, patient data and tokens cross the network in the clear: nothing checks it.',
};

function gateway(directory: string) {
  return section({
    listen: key(listenAddress().prefault('localhost:8080'), {
      text: 'Where apps reach the gateway. Beyond loopback it needs `tls` or `behindTlsProxy`. Port 0 takes any free port.',
      unit: '`host:port`, IPv6 in brackets',
    }),
    publicBaseUrl: key(baseUrl().optional(), {
      text: 'The FHIR base URL that apps use. Left out: the bound address with `/fhir`.',
      unit: 'URL',
      danger: 'Links in answers are rewritten to it: a wrong one leads apps astray.',
    }),
    allowedHosts: key(listOf(hostName()).prefault([]), {
      ...listDocs,
      text: 'Further values of the `Host` header that are accepted, beside those of the public base and of the listener.',
    }),
    behindTlsProxy: key(yesNo().prefault(false), behindTlsProxyDoc),
    trustedProxies: key(listOf(ipRange()).prefault([]), {
      unit: 'list of IP addresses and CIDR ranges',
      text: 'Peers whose `X-Forwarded-For` and `Forwarded` headers are believed for the address of the client.',
      danger: 'Whoever sends from such an address can choose the client address in the record.',
    }),
    cookieAllowList: key(
      listOf(
        patternText(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'Write the name of a cookie, without value.'),
      ).prefault([]),
      {
        unit: 'list of cookie names',
        text: 'Cookies that pass the gateway; all others are dropped both ways.',
        danger: 'A cookie can be a credential that no token in the record accounts for.',
      },
    ),
    cors: section({
      allowedOrigins: key(listOf(corsOrigin()).prefault([]), {
        unit: 'list of origins, or `*`',
        text: 'Web origins whose scripts may read answers. Preflight requests are answered from this list and never forwarded.',
        danger: '`*` lets every web page that holds a token use the gateway from a browser.',
      }),
    }).prefault({}),
    tls: tls(directory),
  }).prefault({});
}

function upstream(directory: string) {
  return section({
    baseUrl: key(baseUrl(), {
      text: 'FHIR base URL of the EHR. The only place that the gateway sends requests to.',
      unit: 'URL',
      danger: 'With http:// the link to the EHR is not encrypted: for protected networks only.',
    }),
    aliases: key(listOf(baseUrl()).prefault([]), {
      unit: 'list of URLs',
      text: 'Other base URLs by which the EHR names itself in links; they are rewritten too.',
      danger: 'A missing one lets an app follow a link around the gateway, unrecorded.',
    }),
    caFile: key(path(directory).optional(), {
      text: 'PEM file with the authorities to trust for the EHR, instead of those of the system.',
      unit: 'path',
    }),
  });
}

function review(directory: string) {
  return section({
    listen: key(listenAddress().prefault('localhost:8090'), {
      text: 'Where reviewers reach the record. Must differ from `gateway.listen`.',
      unit: '`host:port`, IPv6 in brackets',
      danger: 'Apps must not be able to reach this listener.',
    }),
    publicBaseUrl: key(baseUrl().optional(), {
      text: 'The FHIR base URL that reviewers use. Left out: the bound address with `/fhir`.',
      unit: 'URL',
    }),
    behindTlsProxy: key(yesNo().prefault(false), behindTlsProxyDoc),
    tls: tls(directory),
    readers: key(
      listOf(
        section({
          name: key(
            patternText(/^\P{C}{1,100}$/u, 'Write a name of 1 to 100 characters, on one line.'),
            {
              text: 'Who this is. Each read is recorded with this name, so one reader is one person or one program.',
              unit: 'text',
            },
          ),
          role: key(choice(['auditor', 'operator']), {
            unit: '`auditor` or `operator`',
            text: '`auditor` reads AuditEvents; `operator` sees the state of the gateway and no event.',
          }),
          tokenFile: key(path(directory), {
            text: 'File whose content, without white space around it, is the bearer token of this reader. Mode 0600.',
            unit: 'path',
            danger: 'Whoever reads this file can read the record in the name of this reader.',
          }),
        }),
      ).prefault([]),
      { ...listDocs, text: 'Who may use the review face. An empty list lets nobody in.' },
    ),
  }).prefault({});
}

function smart() {
  return section({
    issuers: key(
      listOf(
        section({
          issuer: key(issuerName(), {
            text: 'The `iss` of its access tokens, character by character.',
            unit: 'URI',
          }),
          jwksUri: key(keySetUrl().optional(), {
            text: 'Where its public keys are. Left out: taken from `/.well-known/openid-configuration` below the issuer.',
            unit: 'URL, https (http on loopback only)',
          }),
          audience: key(listOf(patternText(/^\S+$/, 'Write one audience.')).prefault([]), {
            unit: 'list of texts',
            text: 'Accepted `aud` values. An empty list: the audience is not checked.',
            danger: 'Unchecked, a token that was issued for another server counts as verified.',
          }),
          preset: key(choice(['generic']).prefault('generic'), {
            unit: '`generic`',
            text: 'Which claim names it uses.',
          }),
        }),
      ).prefault([]),
      {
        ...listDocs,
        text: 'Authorization servers whose signatures count. Tokens of others are recorded as unverified; none is ever refused for it.',
      },
    ),
    discovery: section({
      configurationUrl: key(httpUrl().optional(), {
        text: 'Where the smart-configuration of the EHR is, when it is not at `.well-known/smart-configuration` below `upstream.baseUrl`. Fetched without any credential of an app.',
        unit: 'URL',
      }),
      authorizationEndpoint: key(httpUrl().optional(), {
        text: 'The real authorization endpoint. Left out: taken from the smart-configuration of the EHR, or else from its CapabilityStatement.',
        unit: 'URL',
        danger: 'Browsers are sent there with the authorization requests of all apps.',
      }),
      audience: key(httpUrl().optional(), {
        text: 'What stands in `aud` and `resource` of an authorization request in the place of the base URL of the gateway, character by character: a slash at the end can matter. Left out: `upstream.baseUrl` as it is written.',
        unit: 'URL',
      }),
    }).prefault({}),
    launches: key(
      listOf(
        section({
          name: key(
            patternText(
              /^[A-Za-z0-9_-]{1,64}$/,
              'Write a name of 1 to 64 letters, digits, "-" and "_".',
            ),
            { text: 'Last part of the launch URL: `{base}/launch/{name}`.', unit: 'text' },
          ),
          launchUrl: key(httpUrl(), {
            text: 'Launch URL of the app.',
            unit: 'URL',
            danger: 'Browsers are sent there with launch handles of the EHR.',
          }),
        }),
      ).prefault([]),
      {
        ...listDocs,
        text: 'Apps that the EHR launches through the gateway: in the EHR, enter `{base}/launch/{name}` as the launch URL of the app.',
      },
    ),
    identityBudgetMs: key(wholeNumber(0).prefault(250), {
      text: 'How long an answer waits for the check of a token that is not finished yet. After that it is recorded as unresolved, and an addendum follows.',
      unit: 'milliseconds',
    }),
  }).prefault({});
}

function limits() {
  const size = (value: string, text: string, danger?: string) =>
    key(byteSize().prefault(value), {
      text,
      unit: 'bytes, or a size with KiB, MiB, GiB',
      ...(danger !== undefined && { danger }),
    });
  const count = (value: number, text: string) =>
    key(wholeNumber(1).prefault(value), { text, unit: 'whole number' });
  const duration = (value: number, text: string) =>
    key(wholeNumber(1).prefault(value), { text, unit: 'milliseconds' });
  return section({
    headerCount: count(100, 'Most headers of a request.'),
    headerBytes: size('16 KiB', 'Largest head of a request, its target included.'),
    requestBodyBytes: size('10 MiB', 'Largest request body.'),
    heldAnswerBytes: size(
      '32 MiB',
      'Largest answer of the EHR that is held in memory until it is recorded; a larger one is refused with 502.',
    ),
    heldTotalBytes: size(
      '256 MiB',
      'Most bytes held for all exchanges together; beyond it requests are refused with 503 before the EHR is asked.',
      'More than the memory of the machine lets load end the process.',
    ),
    inFlight: count(512, 'Most exchanges at one time.'),
    ledgerQueueBytes: size(
      '64 MiB',
      'Most bytes of records that wait to be stored; beyond it requests are refused with 503.',
    ),
    appendTimeoutMs: duration(5000, 'Longest wait for records to be on stable storage.'),
    connectTimeoutMs: duration(2000, 'Longest wait for a connection to the EHR.'),
    answerTimeoutMs: duration(60_000, 'Longest wait for the complete answer of the EHR.'),
    drainTimeoutMs: duration(
      30_000,
      'Longest wait for a client to take its answer, and for exchanges in flight when the gateway stops.',
    ),
    refusalsPerPeerPerMinute: count(
      60,
      'Refusals recorded one by one per peer and minute; beyond it they are recorded in aggregate. On the review face the same for requests without the credential of a reader.',
    ),
  }).prefault({});
}

function buildSchema(directory: string) {
  return z.strictObject({
    gateway: gateway(directory),
    upstream: upstream(directory),
    inspect: section({
      onUninspectable: key(choice(['refuse', 'flag']).prefault('refuse'), {
        unit: '`refuse` or `flag`',
        text: 'What happens to an answer that should be FHIR and cannot be understood: refused with 502, or released and flagged in the record.',
        danger: 'With `flag` the record of such an answer does not name the patients in it.',
      }),
    }).prefault({}),
    review: review(directory),
    audit: section({
      directory: key(path(directory).prefault('./chaperone-data/ledger'), {
        text: 'Folder of the ledger: the record itself.',
        unit: 'path',
        danger: 'Losing it is losing the record. It is safe to copy: no key is kept in it.',
      }),
      origin: key(
        patternText(
          /^[a-z0-9][a-z0-9.-]*(?::\d{1,5})?(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/,
          'Write a name such as "chaperone.example.org/main": a host name, then path segments.',
        ).prefault('localhost/chaperone'),
        {
          text: 'Name of this ledger, without a scheme. No two gateways may share one.',
          unit: 'text',
          danger: 'It is part of the signed record: choose it once, before the first start.',
        },
      ),
    }).prefault({}),
    keys: section({
      directory: key(path(directory).prefault('./chaperone-data/keys'), {
        text: 'Folder of the secret keys. Must not be inside `audit.directory`, which gets copied.',
        unit: 'path',
        danger: 'Whoever has these keys can test guesses of tokens against the record.',
      }),
    }).prefault({}),
    smart: smart(),
    limits: limits(),
  });
}

/** Schema of the whole file. */
export type ConfigSchema = ReturnType<typeof buildSchema>;

/** Makes the schema for a file in `directory`, which relative paths are resolved against. */
export function createConfigSchema(directory: string): ConfigSchema {
  return buildSchema(directory);
}

type DeepReadonly<T> = T extends readonly (infer E)[]
  ? readonly DeepReadonly<E>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/**
 * The configuration: the keys of the file, sizes in bytes, durations in milliseconds, paths
 * absolute, base URLs without trailing slash. Deeply frozen.
 */
export type Config = DeepReadonly<z.output<ConfigSchema>>;
