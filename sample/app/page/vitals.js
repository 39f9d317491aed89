// @ts-check
/** From FHIR Observations to the series of the chart. Pure. LOINC codes throughout. */

/**
 * @typedef {object} Reading One instant with what was measured then.
 * @property {Date} at
 * @property {number | undefined} systolic mmHg.
 * @property {number | undefined} diastolic mmHg.
 * @property {number | undefined} heartRate Beats a minute.
 */
/** @typedef {'systolic' | 'diastolic' | 'heartRate'} SeriesName */
/** @typedef {{ readonly at: Date, readonly value: number }} Point */

const loinc = 'http://loinc.org';
const systolic = '8480-6';
const diastolic = '8462-4';
const bloodPressure = '85354-9';
const heartRate = '8867-4';

/** @param {any} concept @param {string} code @returns {boolean} */
function hasCode(concept, code) {
  const codings = Array.isArray(concept?.coding) ? concept.coding : [];
  return codings.some(
    (/** @type {any} */ coding) => coding?.system === loinc && coding?.code === code,
  );
}

/** @param {any} quantity @returns {number | undefined} */
function valueOf(quantity) {
  const value = quantity?.value;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** @param {any} observation @param {string} code @returns {number | undefined} */
function measured(observation, code) {
  if (hasCode(observation?.code, code)) return valueOf(observation.valueQuantity);
  const components = Array.isArray(observation?.component) ? observation.component : [];
  const found = components.find((/** @type {any} */ one) => hasCode(one?.code, code));
  return valueOf(found?.valueQuantity);
}

/**
 * The readings in time order, oldest first; what was measured at one instant is one reading. What is
 * not a blood pressure or heart rate, was entered in error, or has no instant is left out.
 *
 * @param {readonly unknown[]} observations
 * @returns {readonly Reading[]}
 */
export function readingsOf(observations) {
  /** @type {Map<number, Reading>} */
  const readings = new Map();
  for (const one of /** @type {readonly any[]} */ (observations)) {
    if (one?.resourceType !== 'Observation' || one.status === 'entered-in-error') continue;
    const at = new Date(one.effectiveDateTime ?? one.effectiveInstant ?? Number.NaN);
    if (Number.isNaN(at.getTime())) continue;
    const before = readings.get(at.getTime());
    const reading = {
      at,
      systolic: measured(one, systolic) ?? before?.systolic,
      diastolic: measured(one, diastolic) ?? before?.diastolic,
      heartRate: measured(one, heartRate) ?? before?.heartRate,
    };
    const values = [reading.systolic, reading.diastolic, reading.heartRate];
    if (values.some((value) => value !== undefined)) readings.set(at.getTime(), reading);
  }
  return [...readings.values()].sort((a, b) => a.at.getTime() - b.at.getTime());
}

/**
 * @param {readonly Reading[]} readings
 * @param {SeriesName} name
 * @returns {readonly Point[]}
 */
export function pointsOf(readings, name) {
  return readings.flatMap((reading) => {
    const value = reading[name];
    return value === undefined ? [] : [{ at: reading.at, value }];
  });
}

/**
 * A blood pressure as an Observation to be created.
 *
 * @param {object} input
 * @param {number} input.systolic mmHg.
 * @param {number} input.diastolic mmHg.
 * @param {Date} input.at
 * @param {string} input.patient Logical id.
 * @param {string | undefined} input.encounter Logical id.
 * @param {string | undefined} input.performer `Practitioner/<id>`.
 */
export function bloodPressureObservation(input) {
  return {
    resourceType: 'Observation',
    status: 'final',
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/observation-category',
            code: 'vital-signs',
            display: 'Vital Signs',
          },
        ],
      },
    ],
    code: coded(bloodPressure, 'Blood pressure panel with all children optional'),
    subject: { reference: `Patient/${input.patient}` },
    ...(input.encounter === undefined
      ? {}
      : { encounter: { reference: `Encounter/${input.encounter}` } }),
    effectiveDateTime: input.at.toISOString(),
    ...(input.performer === undefined ? {} : { performer: [{ reference: input.performer }] }),
    component: [
      component(systolic, 'Systolic blood pressure', input.systolic),
      component(diastolic, 'Diastolic blood pressure', input.diastolic),
    ],
  };
}

/** @param {string} code @param {string} display */
function coded(code, display) {
  return { coding: [{ system: loinc, code, display }] };
}

/** @param {string} code @param {string} display @param {number} value */
function component(code, display, value) {
  return {
    code: coded(code, display),
    valueQuantity: {
      value,
      unit: 'mmHg',
      system: 'http://unitsofmeasure.org',
      code: 'mm[Hg]',
    },
  };
}

/**
 * What is wrong with a blood pressure that somebody typed.
 *
 * @param {number} systolicValue
 * @param {number} diastolicValue
 * @returns {string | undefined} A sentence; undefined when it can be true.
 */
export function bloodPressureProblem(systolicValue, diastolicValue) {
  if (!Number.isInteger(systolicValue) || systolicValue < 50 || systolicValue > 300) {
    return 'Systolic pressure is a whole number from 50 to 300.';
  }
  if (!Number.isInteger(diastolicValue) || diastolicValue < 20 || diastolicValue > 200) {
    return 'Diastolic pressure is a whole number from 20 to 200.';
  }
  return diastolicValue < systolicValue
    ? undefined
    : 'Diastolic pressure is lower than systolic pressure.';
}
