/**
 * Who is source and who is destination, by interaction: the one table that BALP's profiles demand.
 * Read is the only one where data flows to the client and the roles say so.
 *
 * Spec: IHE BALP 1.1.4 content profile, 3:5.7.3 (one column per profile).
 */
import { agentTypes, restful, type RestfulCode } from './codes.ts';
import type { Answer } from './exchange.ts';
import type { Coding } from './fhir.ts';
import { restfulCode, type Interaction } from './interaction.ts';
import { vocabulary } from './vocabulary.ts';
import { upstreamAnswer } from './exchange-so-far.ts';

/** Agent types of the three BALP slices. */
export interface Roles {
  readonly client: readonly Coding[];
  readonly server: readonly Coding[];
  readonly user: readonly Coding[];
}

// The client is always DCM#110150 too, and the user UserOauthAgent: so that the same agents satisfy
// the OAuth token profiles. Delete has 110150 as its REST code already.
const { application, source, destination, custodian, recipient, author, oauthUser } = agentTypes;
const read: Roles = {
  client: [destination, application],
  server: [source],
  user: [recipient, oauthUser],
};
const query: Roles = {
  client: [source, application],
  server: [destination],
  user: [recipient, oauthUser],
};
const write: Roles = {
  client: [source, application],
  server: [destination],
  user: [author, oauthUser],
};
const remove: Roles = { client: [application], server: [custodian], user: [author, oauthUser] };

/** The part of an event that the interaction (and its effect) decides. */
export interface Plan {
  readonly roles: Roles;
  readonly subtype: Coding[];
  readonly action: 'C' | 'R' | 'U' | 'D' | 'E';
  /** BALP profile to claim on success: `Read` stands for Read and PatientRead. */
  readonly profile: 'Create' | 'Read' | 'Update' | 'Delete' | 'Query' | undefined;
  /** What the effect was, where the interaction alone does not tell. */
  readonly effect: 'created' | 'matched' | undefined;
}

const unrecognised: Coding = { system: vocabulary.eventSubtype.url, code: 'unrecognised' };

function plan(
  roles: Roles,
  codes: readonly RestfulCode[],
  action: Plan['action'],
  profile: Plan['profile'],
  effect?: Plan['effect'],
): Plan {
  return { roles, subtype: codes.map(restful), action, profile, effect };
}

/** Decides type of event, roles and profile. An update that created is a create, by its effect. */
export function planOf(
  interaction: Interaction,
  answer: Answer | undefined,
  changes: boolean,
): Plan {
  const status = upstreamAnswer(answer)?.status;
  switch (interaction.kind) {
    case 'read':
    case 'vread':
      return plan(read, [interaction.kind], 'R', 'Read');
    case 'search':
      return plan(query, [restfulCode(interaction) ?? 'search-type'], 'E', 'Query');
    case 'create':
      return interaction.conditional && status === 200
        ? plan(write, ['create'], 'C', undefined, 'matched')
        : plan(write, ['create'], 'C', 'Create');
    case 'update':
    case 'patch':
      return status === 201
        ? plan(write, ['create', interaction.kind], 'C', 'Create', 'created')
        : plan(write, [interaction.kind], 'U', 'Update');
    case 'delete':
      return plan(remove, ['delete'], 'D', 'Delete');
    case 'capabilities':
      return plan(read, ['capabilities'], 'R', undefined);
    case 'batch':
    case 'transaction':
    case 'operation':
    case 'history':
    case 'conditional-delete':
    case 'unrecognised': {
      const code = restfulCode(interaction);
      const known = plan(changes ? write : query, code === undefined ? [] : [code], 'E', undefined);
      const isDelete = interaction.kind === 'conditional-delete';
      return {
        ...known,
        roles: isDelete ? remove : known.roles,
        action: isDelete ? 'D' : 'E',
        subtype: [...known.subtype, unrecognised],
      };
    }
  }
}
