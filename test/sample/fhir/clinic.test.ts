/** The charts of the clinic are loaded unchecked: each could have been written by a client too. */
import { beforeAll, describe, expect, it } from 'vitest';
import { clinicDirectory, listPatients, readClinic } from '../../../sample/clinic-data.ts';
import { loadDefinitions } from '../../../sample/fhir/definitions.ts';
import { checkReferences } from '../../../sample/fhir/references.ts';
import { checkShape } from '../../../sample/fhir/shape.ts';
import { Store } from '../../../sample/fhir/store.ts';

beforeAll(loadDefinitions);

describe('the charts of the clinic', () => {
  it('hold nothing that the server would refuse', async () => {
    const resources = readClinic(clinicDirectory);
    const store = new Store({ clock: () => new Date(0), newId: () => 'none' });
    for (const resource of resources) await store.load(resource);
    for (const resource of resources) {
      checkShape(resource);
      checkReferences(resource, store);
    }
    expect(resources.length).toBeGreaterThan(2000);
    expect(store.changes(undefined)).toHaveLength(resources.length);
  });

  it('list the patients with number and the encounter of today', () => {
    const patients = listPatients(readClinic(clinicDirectory));
    expect(patients.length).toBeGreaterThanOrEqual(40);
    expect(patients.find(({ id }) => id === 'zoe')).toEqual({
      id: 'zoe',
      name: 'Zoë Nuñez',
      birthDate: '1984-03-09',
      mrn: 'S-1001',
      encounter: 'enc-zoe-today',
    });
    for (const { name, mrn, birthDate } of patients) {
      expect(name).not.toBe('');
      expect(mrn).toMatch(/^S-\d+$/);
      expect(birthDate).toMatch(/^\d{4}/);
    }
  });
});
