/** A gateway with some accesses on record, for tests of the review page: real process, real ledger. */
import { startFakeUpstream, type FakeUpstream } from './fake-upstream.ts';
import { startGateway, type GatewayProcess } from './gateway-process.ts';

/** What a test works with. */
export interface ClinicMorning {
  readonly gateway: GatewayProcess;
  readonly upstream: FakeUpstream;
  /** Reads through the gateway so many observations of a patient, as a user in a session. */
  read(user: string, session: string, patient: string, times?: number): Promise<void>;
  close(): Promise<void>;
}

const names: Readonly<Record<string, string>> = {
  'ana-souza': 'Dr Ana Souza',
  'kenji-mori': 'Dr Kenji Mori',
  mallory: '<img src=x onerror="document.title = 1">',
};

/** A token that nobody has checked, as an upstream would accept it. */
function token(user: string, session: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = {
    iss: 'https://ehr.example.org/oauth',
    sub: user,
    name: names[user] ?? user,
    fhirUser: `Practitioner/${user}`,
    client_id: 'vitals',
    sid: session,
    scope: 'user/*.rs launch',
    exp: 4_000_000_000,
  };
  return `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.c2lnbmF0dXJl`;
}

/** Starts it with four accesses: two of Zoë by Ana, one of Zoë by Kenji, one refused. */
export async function startClinicMorning(): Promise<ClinicMorning> {
  const upstream = await startFakeUpstream(({ path }) => {
    const [type = '', id = ''] = path.split('/');
    if (type === 'Condition') return { status: 403, body: { resourceType: 'OperationOutcome' } };
    const patient = id.replace(/-\d+$/u, '');
    return {
      status: 200,
      body: { resourceType: type, id, subject: { reference: `Patient/${patient}` } },
    };
  });
  const gateway = await startGateway({ upstream: upstream.base });
  const ask = async (user: string, session: string, path: string): Promise<void> => {
    const response = await fetch(`${gateway.appUrl}/${path}`, {
      headers: { Authorization: `Bearer ${token(user, session)}` },
    });
    await response.arrayBuffer();
  };
  const morning: ClinicMorning = {
    gateway,
    upstream,
    async read(user, session, patient, times = 1) {
      for (let i = 1; i <= times; i++) {
        await ask(user, session, `Observation/${patient}-${String(i)}`);
      }
    },
    async close() {
      await gateway.stop();
      await upstream.close();
    },
  };
  await morning.read('ana-souza', 'morning-1', 'zoe', 2);
  await morning.read('kenji-mori', 'morning-2', 'zoe');
  await ask('kenji-mori', 'morning-2', 'Condition/tomas-1');
  return morning;
}
