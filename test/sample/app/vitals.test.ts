/** From Observations to what the sample app draws, and back to an Observation. */
import { describe, expect, it } from 'vitest';
import { pageModule } from './page-module.ts';

interface Reading {
  readonly at: Date;
  readonly systolic?: number;
  readonly diastolic?: number;
  readonly heartRate?: number;
}
const { bloodPressureObservation, bloodPressureProblem, pointsOf, readingsOf } = await pageModule<{
  readonly bloodPressureObservation: (input: object) => object;
  readonly bloodPressureProblem: (systolic: number, diastolic: number) => string | undefined;
  readonly pointsOf: (
    readings: readonly Reading[],
    name: string,
  ) => readonly { at: Date; value: number }[];
  readonly readingsOf: (observations: readonly unknown[]) => readonly Reading[];
}>('vitals');

const recorded = (systolic: number, diastolic: number, at: string): object => ({
  ...bloodPressureObservation({ systolic, diastolic, at: new Date(at), patient: 'zoe' }),
  id: at,
});
const heartRate = {
  resourceType: 'Observation',
  id: 'hr',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
  effectiveDateTime: '2026-10-02T08:00:00Z',
  valueQuantity: { value: 71 },
};

describe('readings', () => {
  it('of a blood pressure that the app recorded have both values', () => {
    expect(readingsOf([recorded(142, 91, '2026-10-01T08:00:00.000Z')])).toMatchObject([
      { systolic: 142, diastolic: 91, heartRate: undefined },
    ]);
  });

  it('of one instant are one', () => {
    const pressure = recorded(142, 91, heartRate.effectiveDateTime);
    expect(readingsOf([pressure, heartRate])).toMatchObject([
      { systolic: 142, diastolic: 91, heartRate: 71 },
    ]);
  });

  it('are in the order of time, and each line has its own points', () => {
    const readings = readingsOf([
      heartRate,
      recorded(150, 95, '2026-10-03T08:00:00.000Z'),
      recorded(142, 91, '2026-10-01T08:00:00.000Z'),
    ]);
    expect(readings.map((one) => one.at.getUTCDate())).toEqual([1, 2, 3]);
    expect(pointsOf(readings, 'systolic').map((point) => point.value)).toEqual([142, 150]);
    expect(pointsOf(readings, 'heartRate').map((point) => point.value)).toEqual([71]);
  });

  it.each([
    ['no resource', null],
    ['another type', { ...heartRate, resourceType: 'Condition' }],
    ['an error', { ...heartRate, status: 'entered-in-error' }],
    ['no instant', { ...heartRate, effectiveDateTime: undefined }],
    ['a wrong instant', { ...heartRate, effectiveDateTime: 'yesterday' }],
    [
      'another code',
      { ...heartRate, code: { coding: [{ system: 'http://loinc.org', code: '1' }] } },
    ],
    ['another system', { ...heartRate, code: { coding: [{ system: 'urn:x', code: '8867-4' }] } }],
    ['no value', { ...heartRate, valueQuantity: undefined }],
    ['a text as value', { ...heartRate, valueQuantity: { value: '71' } }],
  ])('leave out what has %s', (_, observation) => {
    expect(
      readingsOf([observation, { ...heartRate, effectiveDateTime: '2026-10-09T08:00:00Z' }]),
    ).toHaveLength(1);
  });
});

describe('a recorded blood pressure', () => {
  it('says whose it is, by whom, in which encounter', () => {
    const observation = bloodPressureObservation({
      systolic: 142,
      diastolic: 91,
      at: new Date('2026-11-25T10:00:00Z'),
      patient: 'zoe',
      encounter: 'enc-zoe-today',
      performer: 'Practitioner/ana-souza',
    });
    expect(observation).toMatchObject({
      subject: { reference: 'Patient/zoe' },
      encounter: { reference: 'Encounter/enc-zoe-today' },
      performer: [{ reference: 'Practitioner/ana-souza' }],
      effectiveDateTime: '2026-11-25T10:00:00.000Z',
    });
  });

  it('has no empty references', () => {
    const text = JSON.stringify(recorded(120, 80, '2026-10-01T08:00:00Z'));
    expect(text).not.toContain('encounter');
    expect(text).not.toContain('undefined');
  });

  it.each([
    [120, 80, undefined],
    [Number.NaN, 80, 'Systolic pressure is a whole number from 50 to 300.'],
    [120.5, 80, 'Systolic pressure is a whole number from 50 to 300.'],
    [49, 30, 'Systolic pressure is a whole number from 50 to 300.'],
    [120, 201, 'Diastolic pressure is a whole number from 20 to 200.'],
    [80, 80, 'Diastolic pressure is lower than systolic pressure.'],
  ])('%d over %d: %s', (systolic, diastolic, expected) => {
    expect(bloodPressureProblem(systolic, diastolic)).toBe(expected);
  });
});
